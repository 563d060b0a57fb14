"""The keys of a catalogue that a product gives to a predictor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.patterns import Found, Pattern
from wco2_engine.products.headers import header
from wco2_engine.products.names import literal, series_of_names
from wco2_engine.products.product import FileSet, Product, Variable
from wco2_engine.products.reading import product_of
from wco2_engine.units import conversion

WITHIN_A_MONTH = ("half-month", "8-day", "week", "day")
_ENDINGS = {"netcdf": (".nc", ".nc4", ".cdf", ".netcdf"), "grib": (".grib", ".grb", ".grib2")}


def with_product(table: Mapping[str, Any], folder: Path, where: str) -> Mapping[str, Any]:
    """A `[[predictor]]` table with the keys of the product that it names; its own keys win.

    Parameters
    ----------
    folder : what a relative `root` starts from.

    Raises
    ------
    Wco2Error : for an unknown product or variable, or when its files are not there.
    """
    if not isinstance(table, Mapping) or "product" not in table:
        return table
    name = table["product"]
    where = f"{where}: predictor '{table.get('name')}'"
    variable = table.get("variable")
    for key, value in (("product", name), ("variable", variable), ("root", table.get("root", ""))):
        if not isinstance(value, str):
            raise Wco2Error(
                f"{where}: {key} = {value!r} is not a text in quotes.",
                'Write product = "era5-land-monthly", variable = "air_temperature", root = "…".',
            )
    own = {key: value for key, value in table.items() if key != "variable"}
    try:
        keys = keys_of(
            str(name), str(variable), table.get("root", ""), folder, paths=table.get("path")
        )
    except Wco2Error as error:
        raise Wco2Error(f"{where}: {error.message}", error.hint) from error
    if {"layers", "derive"} & own.keys():
        for key in ("layers", "derive", "variable", "band", "units"):
            keys.pop(key, None)
    return {**keys, **own}


def keys_of(
    product_id: str, variable: str, root: str, folder: Path = Path(), paths: Any = None
) -> dict[str, Any]:
    """What a catalogue would say to read a variable of a product from the files below `root`.

    Parameters
    ----------
    folder : what a relative `root` starts from.
    paths : where the files are, if that is known; then none are looked for.

    Raises
    ------
    Wco2Error : for an unknown product or variable, for one that can't be read as it comes, or when
        there is no file of it.
    """
    product = product_of(product_id)
    wanted = product.variable(variable)
    if product.unreadable and paths is None:
        raise Wco2Error(f"Files of {product.id} can't be read as they come.", product.unreadable)
    keys: dict[str, Any] = {"product": product.id, "group": wanted.group}
    if root:
        keys["root"] = root
    if paths is None:
        kind, keys["path"] = _found(product, wanted, folder / Path(root).expanduser())
    else:
        kind = _kind_of(product.files_of(wanted), str(paths))
    keys["when"] = when_of(product, kind)
    keys |= _what_to_read(product, wanted, kind)
    keys |= _how_to_read(product, wanted, kind)
    if wanted.to:
        keys["to"] = wanted.to
    if wanted.valid:
        keys["valid"] = [_plain(limit) for limit in wanted.valid]
    if wanted.resampling != "bilinear":
        keys["resampling"] = wanted.resampling
    if wanted.missing:
        keys["missing"] = wanted.missing
    if wanted.window:
        keys["window"] = dict(wanted.window)
    return keys


def when_of(product: Product, kind: FileSet) -> str:
    """How a predictor of these files varies: the `when` of a catalogue."""
    if kind.holds == "static":
        return "static"
    return {"static": "static", "climatology": "climatology", "year": "yearly"}.get(
        product.step, "monthly"
    )


def patterns_of(product: Product, variable: Variable, kind: FileSet) -> tuple[str, ...]:
    """The patterns of a variable's files below the folder of a download.

    Folders within a name are the provider's; people keep files in other ones.
    """
    name = "{variable}" if variable.layers else file_name(variable)
    return tuple(match.replace("{file}", name) for match in kind.match)


def file_name(variable: Variable) -> str:
    """What {file} of a pattern is, without a folder."""
    return (variable.file or variable.read).rpartition("/")[2]


def _kind_of(kinds: Sequence[FileSet], paths: str) -> FileSet:
    """The kind whose form the ending of paths is that of; the first where none is."""
    for kind in kinds:
        if any(f"{ending}'" in f"{paths}'".lower() for ending in _ENDINGS.get(kind.form, ())):
            return kind
    return kinds[0]


def _found(product: Product, variable: Variable, root: Path) -> tuple[FileSet, str | list[str]]:
    """The kind of files that are there, and the patterns that find them."""
    kinds: list[FileSet] = []
    found: list[str] = []
    for kind in product.files_of(variable):
        if kinds and kind.form != kinds[0].form:
            continue  # the same once more, in another form
        if kind.any_name:
            patterns = _holding(product, variable, kind, root)
        else:
            patterns = [
                pattern
                for match in patterns_of(product, variable, kind)
                for pattern in (match, f"**/*.zip/{match}")
                if _stands_for_a_file(product, variable, pattern, root)
            ]
        if patterns:
            kinds.append(kind)
            found += [each for each in patterns if each not in found]
    if not found:
        names = ", ".join(
            match
            for kind in product.files_of(variable)
            for match in patterns_of(product, variable, kind)
        )
        raise Wco2Error(
            f"{root} has no file of {product.id} with {variable.name}.",
            f"Its files are named {names}. Correct root, or add path.",
        )
    return kinds[0], found[0] if len(found) == 1 else found


def _stands_for_a_file(product: Product, variable: Variable, pattern: str, root: Path) -> bool:
    names = [pattern]
    if variable.layers:
        parts = [product.variable(each) for each in variable.layers]
        names = [pattern.replace("{variable}", file_name(part)) for part in parts]
    return all(Pattern(name).find(root) for name in names)


def _holding(product: Product, variable: Variable, kind: FileSet, root: Path) -> list[str]:
    """Patterns of files that people named themselves, and that hold what a variable is read from.

    Files whose names differ in a date only are one series: the first of it is opened.
    """
    wanted = _names_in_file(product, variable, kind)
    here: dict[str, Found] = {}
    for match in patterns_of(product, variable, kind):
        inner = [match, f"{match}/**/*.nc"] if match.endswith(".zip") else [match]
        for pattern in inner:
            for file in Pattern(pattern).find(root):
                if (file.member or file.path.name).lower().endswith(_ENDINGS[kind.form]):
                    relative = file.path.relative_to(root).as_posix()
                    name = f"{relative}/{file.member}" if file.member else relative
                    here[name] = file
    found: list[str] = []
    for pattern, names in series_of_names(here).items():
        first = here[names[0]]
        try:
            layers = {layer.name for layer in header(first.path, first.member).layers}
        except Wco2Error:
            continue  # not a file of this product; what is wrong with it is said by who reads it
        if not wanted <= layers:
            continue
        by_date = len(names) > 1 and ("{year" in pattern or "*" in pattern)
        found += [pattern] if by_date else [literal(name) for name in names]
    return found


def _names_in_file(product: Product, variable: Variable, kind: FileSet) -> set[str]:
    parts = [variable]
    if variable.layers:
        parts = [product.variable(each) for each in variable.layers]
    if variable.derive:
        parts = [product.variable(each) for key, each in variable.derive.items() if key != "what"]
    return {part.read_as.get(kind.form, part.read) for part in parts}


def _what_to_read(product: Product, variable: Variable, kind: FileSet) -> dict[str, Any]:
    if variable.layers:
        parts = [(product.variable(name), cm) for name, cm in variable.layers.items()]
        by_file = any("{file}" in match for match in kind.match)
        layers = {file_name(part) if by_file else part.read: _plain(cm) for part, cm in parts}
        return {"layers": layers, "units": variable.units, **_codes(parts[0][0])}
    if variable.derive:
        operands = {
            key: _operand(product.variable(name), kind)
            for key, name in variable.derive.items()
            if key != "what"
        }
        return {"derive": {"what": variable.derive["what"], **operands}}
    keys: dict[str, Any] = {}
    if variable.read:
        keys["variable"] = variable.read_as.get(kind.form, variable.read)
    if variable.band:
        keys["band"] = variable.band
    keys["units"] = variable.units
    if variable.per:
        keys["units"] = variable.units.removesuffix(f"{variable.per}-1").strip()
        keys["per"] = variable.per
    return keys | _codes(variable)


def _operand(variable: Variable, kind: FileSet) -> dict[str, Any]:
    return {
        "variable": variable.read_as.get(kind.form, variable.read),
        "units": variable.units,
        **_codes(variable),
    }


def _codes(variable: Variable) -> dict[str, Any]:
    """How the stored numbers of a variable are to be understood."""
    keys: dict[str, Any] = {}
    for key in ("scale", "offset"):
        value = getattr(variable, key)
        if value is not None:
            keys[key] = _plain(value)
    for key in ("nodata", "zero", "keep"):
        codes = [each if isinstance(each, str) else _plain(each) for each in getattr(variable, key)]
        if codes:
            keys[key] = codes[0] if len(codes) == 1 and key == "nodata" else codes
    return keys


def _how_to_read(product: Product, variable: Variable, kind: FileSet) -> dict[str, Any]:
    keys: dict[str, Any] = {}
    overrule = []
    if product.grid.state_crs and product.grid.crs:
        keys["crs"] = product.grid.crs
        overrule.append("crs")
    if _spelt_wrongly(variable):
        overrule.append("units")
    if variable.select:
        keys["select"] = dict(variable.select)
    if kind.bands:
        keys["bands"] = kind.bands
    if product.step in WITHIN_A_MONTH:
        keys["steps"] = {"reduce": variable.reduce or "mean", "least": variable.least}
    if overrule:
        keys["overrule"] = overrule
    return keys


def _spelt_wrongly(variable: Variable) -> bool:
    """Whether files spell a unit in a way that is no unit, so that it can't be compared."""
    plain = variable.units
    if variable.per:
        plain = plain.removesuffix(f"{variable.per}-1").strip()
    for spelling in variable.file_units:
        try:
            conversion(spelling, plain, variable.name)
        except Wco2Error:
            return True
    return False


def _plain(number: float) -> float | int:
    """A whole number without its point, as people write it."""
    return int(number) if float(number).is_integer() and abs(number) < 1e15 else number
