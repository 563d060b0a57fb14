"""Scripts that people run themselves to download a product with its provider's own client.

Nothing here opens an address. What comes from arguments is checked, or quoted for the language of
the script.
"""

from __future__ import annotations

import shlex
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.areas import Box
from wco2_engine.products.product import Product, Variable
from wco2_engine.products.reading import product_of
from wco2_engine.season import format_years, parse_years

STUDY_YEARS = "1982-2022"
LAST_YEAR = 2100  # of a product that goes on; the provider knows how far it is


def request(
    product_id: str,
    years: str = STUDY_YEARS,
    extent: Sequence[float] | None = None,
    variables: Sequence[str] = (),
) -> str:
    """The text of a script that downloads a product.

    Parameters
    ----------
    years : e.g. "1990-1999"; what the product has is asked for, and the rest named in the script.
    extent : west, south, east, north in degrees; the whole product where it is None. Providers that
        give whole files only send these.
    variables : names of the product's variables; those that a draft of a catalogue takes, if none.

    Raises
    ------
    Wco2Error : for an unknown product or variable, years that the product has not, a wrong extent.
    """
    product = product_of(product_id)
    wanted = [product.variable(name) for name in variables]
    wanted = wanted or [v for v in product.variables if v.draft] or list(product.variables)
    box = None if extent is None else _box(extent)
    found = _years(product, years)
    return "\n".join(_WRITERS[product.access.client](product, found, box, wanted)) + "\n"


def years_of(product: Product, until: int = LAST_YEAR) -> tuple[int, ...]:
    """The years that a product has, without those that do not exist; () for one of no time."""
    if not product.years:
        return ()
    first, _, last = product.years.partition("-")
    return tuple(
        year
        for year in range(int(first), int(last or until) + 1)
        if year not in product.absent_years
    )


def _years(product: Product, text: str) -> tuple[int, ...]:
    has = years_of(product)
    asked = parse_years(text)
    found = tuple(year for year in asked if year in has)
    if has and not found:
        raise Wco2Error(f"{product.id} has none of the years {text}.", f"It has {product.years}.")
    return found


def _box(extent: Sequence[float]) -> Box:
    west, south, east, north = (float(value) for value in extent)
    box = Box(west, south, east, north)
    if not (-180 <= west <= 360 and -180 <= east <= 360 and -90 <= south < north <= 90):
        raise Wco2Error(
            f"The extent {west:g} {south:g} {east:g} {north:g} is no part of the world.",
            "Write west, south, east and north in degrees: --extent -180 27 180 84.",
        )
    return box


def _about(product: Product, years: Sequence[int], comment: str) -> Iterator[str]:
    """What stands above each script: what it gets, and what is asked of who uses it."""
    yield f"{comment} {product.title}"
    if years:
        yield f"{comment} Years {format_years(years)}."
    if product.absent_years:
        yield f"{comment} There is nothing of {format_years(product.absent_years)}."
    yield f"{comment} Licence: {product.licence.name}. {product.licence.note}".rstrip()
    for citation in product.cite:
        doi = f" https://doi.org/{citation.doi}" if citation.doi else ""
        yield f"{comment} Cite: {citation.text}{doi}"
    if product.access.note:
        yield f"{comment} {product.access.note}"


def _cdsapi(
    product: Product, years: Sequence[int], box: Box | None, variables: Sequence[Variable]
) -> Iterator[str]:
    fixed: dict[str, Any] = dict(product.access.request)
    named = [v.request for v in variables if v.request]
    if named:
        fixed["variable"] = sorted(set(named), key=named.index)
    if product.step == "month":
        fixed["month"] = [f"{month:02d}" for month in range(1, 13)]
    if box is not None:
        fixed["area"] = [box.north, box.west, box.south, box.east]
    by_years = {
        year: dict(keys)
        for text, keys in product.access.request_by_years.items()
        for year in parse_years(text)
        if year in years
    }
    yield "#!/usr/bin/env python3"
    yield from _about(product, years, "#")
    yield "# Needs: pip install cdsapi, and your token in ~/.cdsapirc; accept the licence once on"
    yield f"# {product.access.page}"
    yield "# Run it again after a break: years that are here are not fetched again."
    yield "import zipfile"
    yield "from pathlib import Path"
    yield ""
    yield "import cdsapi"
    yield ""
    yield f"FOLDER = Path({product.id!r})"
    yield f"YEARS = {_python(list(years))}"
    yield f"REQUEST = {_python(fixed)}"
    if by_years:
        yield f"OF_YEAR = {_python(by_years)}"
    yield ""
    yield "FOLDER.mkdir(exist_ok=True)"
    yield "client = cdsapi.Client()"
    yield "for year in YEARS:"
    yield f'    target = FOLDER / f"{product.id}_{{year}}.nc"'
    yield '    packed = target.with_suffix(".zip")'
    yield "    if target.exists() or packed.exists():"
    yield "        continue"
    yield '    part = target.with_suffix(".part")'
    more = ", **OF_YEAR[year]" if by_years else ""
    yield f'    order = {{**REQUEST, "year": [str(year)]{more}}}'
    yield f"    client.retrieve({product.access.dataset!r}, order).download(str(part))"
    yield "    part.rename(packed if zipfile.is_zipfile(part) else target)"


def _earthaccess(
    product: Product, years: Sequence[int], box: Box | None, variables: Sequence[Variable]
) -> Iterator[str]:
    yield "#!/usr/bin/env python3"
    yield from _about(product, years, "#")
    yield "# Needs: pip install earthaccess, and a login of NASA Earthdata"
    yield "# (https://urs.earthdata.nasa.gov)."
    yield "import earthaccess"
    yield ""
    yield "earthaccess.login()"
    yield "found = earthaccess.search_data("
    yield f"    short_name={product.access.dataset!r},"
    for key, value in product.access.request.items():
        yield f"    {key}={value!r},"
    if years:
        yield f'    temporal=("{min(years)}-01-01", "{max(years)}-12-31"),'
    if box is not None:
        yield f"    bounding_box=({box.west!r}, {box.south!r}, {box.east!r}, {box.north!r}),"
    yield ")"
    yield f"earthaccess.download(found, {product.id!r})"


def _addresses(
    product: Product, years: Sequence[int], box: Box | None, variables: Sequence[Variable]
) -> Iterator[str]:
    yield "#!/bin/sh"
    yield from _about(product, years, "#")
    if box is not None:
        yield "# The provider gives whole files: the extent is cut out when they are read."
    yield "# Run it again after a break: what is here is not fetched again."
    yield "set -eu"
    yield f"mkdir -p {shlex.quote(product.id)}"
    yield f"cd {shlex.quote(product.id)}"
    yield "get() {"
    yield '    test -e "$2" && return'
    yield '    mkdir -p "$(dirname "$2")"'
    yield '    curl --fail --location --retry 3 --output "$2.part" "$1"'
    yield '    mv "$2.part" "$2"'
    yield "}"
    for address, target in _filled(product, years, variables):
        if address.endswith("/"):
            yield f"wget --recursive --no-parent --no-host-directories {shlex.quote(address)}"
        else:
            yield f"get {shlex.quote(address)} {shlex.quote(target)}"


def _filled(
    product: Product, years: Sequence[int], variables: Sequence[Variable]
) -> Iterator[tuple[str, str]]:
    """Every address, and the name that its file gets below the folder of the product."""
    parts = [product.variable(n) for v in variables for n in v.layers] if variables else []
    files = list(dict.fromkeys(v.file or v.read for v in (*variables, *parts) if not v.layers))
    for pattern in product.access.addresses:
        named = {name for _, name, _, _ in string.Formatter().parse(pattern) if name}
        for file in files if "file" in named else [""]:
            for year in years if "year" in named else [0]:
                for month in range(1, 13) if "month" in named else [0]:
                    address = pattern.format(file=file, year=year, month=month)
                    name = address.rpartition("/")[2]
                    yield address, f"{file.rpartition('/')[0]}/{name}" if "/" in file else name


def _page(
    product: Product, years: Sequence[int], box: Box | None, variables: Sequence[Variable]
) -> Iterator[str]:
    yield from _about(product, years, "#")
    yield "# There is no client for it: get the files by hand from"
    yield f"# {product.access.page}"
    login = {"none": "no login", "tpdc": "a login of the data centre (some files on application)"}
    yield f"# It needs {login.get(product.access.login, 'a login: ' + product.access.login)}."
    names = [match for kind in product.files for match in kind.match]
    yield f"# Keep the names of the files as they come: {', '.join(names)}"


def _python(value: Any) -> str:
    """A value as Python writes it; a table with a line for each key."""
    if isinstance(value, dict):
        return "{\n" + "".join(f"    {key!r}: {each!r},\n" for key, each in value.items()) + "}"
    return repr(value)


_WRITERS: Mapping[str, Callable[..., Iterator[str]]] = {
    "cdsapi": _cdsapi,
    "earthaccess": _earthaccess,
    "addresses": _addresses,
    "page": _page,
}
