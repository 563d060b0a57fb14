"""The catalogue of predictors: what each one is called, where it is stored, in which units."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.escaping import is_plain_name, one_line
from wco2_engine.grid import parse_crs
from wco2_engine.inputs.details import (
    KEYS as DETAILS,
)
from wco2_engine.inputs.details import (
    MAX_LAYERS,
    OPERANDS,
    PLAIN,
    Details,
    parse_details,
)
from wco2_engine.inputs.patterns import Pattern
from wco2_engine.inputs.rasters import (
    AS_STORED,
    Encoding,
    Resampling,
    check_resampling,
    is_local,
)
from wco2_engine.inputs.toml import read_toml
from wco2_engine.options import GROUPS
from wco2_engine.products.keys import with_product
from wco2_engine.schema import check_path
from wco2_engine.season import Month
from wco2_engine.units import Conversion, conversion

When = Literal["static", "yearly", "climatology", "monthly"]
Missing = Literal["error", "nearest", "climatology"]
Reduce = Literal["max", "min", "mean", "sum"]
Kind = Literal["number", "class", "month"]
OF_CLASSES = ("nearest", "mode")  # ways to look codes up, which are not averaged
# Columns of observations, training tables and their rejected rows, which a predictor stands beside.
# GeoPackage does not tell capitals from small letters, and has columns of its own.
TAKEN_NAMES = (
    *("site", "longitude", "latitude", "year", "month", "flux_g_m2_month", "n", "method"),
    *("source", "target", "region", "cell_size", "cell_crs", "reason", "detail"),
    *("fid", "geom", "geometry", "ogc_fid"),
)
_KEYS = (
    *("name", "label", "group", "path", "root", "variable", "band", "when", "units", "to"),
    *("scale", "offset", "crs", "resampling", "lag", "missing", "valid", "window", "layers"),
    *("derive", "product", "kind", *DETAILS),
)
_OF_THE_WHOLE = (
    *("kind", "name", "label", "group", "resampling", "lag", "missing", "valid", "window"),
    "product",
)
MAX_NAME = 60  # letters of a predictor's name, which files and columns are named by
MAX_PREDICTORS = 1000
MAX_PATHS = 100  # of one predictor
MAX_LAG = 1200  # months


@dataclass(frozen=True)
class Window:
    """A run of months that stands for a predicted month, e.g. the summer before.

    Parameters
    ----------
    months : calendar months in order, each following the last.
    of : "previous" is the last such run that was over before the month predicted; "same" is the run
        that begins in the calendar year of the month predicted.
    reduce : how the run's values become one.
    """

    months: tuple[int, ...]
    of: Literal["previous", "same"]
    reduce: Reduce

    def run(self, month: Month) -> tuple[Month, ...]:
        """The months to reduce for a predicted month."""
        if self.of == "same":
            first = Month(month.year, self.months[0])
        else:
            last = Month(month.year, self.months[-1])
            end = last if last < month else last.shift(-12)
            first = end.shift(1 - len(self.months))
        return tuple(first.shift(k) for k in range(len(self.months)))


@dataclass(frozen=True)
class Predictor:
    """One predictor: its name, its files, and what the model is to see.

    See `docs/study-file.md` for the meaning of each key of the catalogue.

    Attributes
    ----------
    paths : patterns of its files, the first that has a month wins; none where it is made of others.
    units_said, to_said : whether the catalogue says the units; else they are those of the file.
    layers : what it is the mean of, with the weight of each.
    label : what figures call it; empty for its name in words.
    operation : what is done with `operands`, by their names, where it is no file's variable.
    kind : "number"; "class" for codes without an order; "month" for the month of the year, which
        needs no file.
    """

    name: str
    path: str
    when: When
    group: str = "climate"
    variable: str | None = None
    band: int | None = None
    units: str = "1"
    to: str = "1"
    encoding: Encoding = AS_STORED
    resampling: Resampling = "bilinear"
    lag: int = 0
    missing: Missing = "error"
    valid: tuple[float, float] | None = None
    window: Window | None = None
    details: Details = PLAIN
    more_paths: tuple[str, ...] = ()
    units_said: bool = False
    to_said: bool = False
    layers: tuple[tuple[float, Predictor], ...] = ()
    operation: str = ""
    operands: tuple[tuple[str, Predictor], ...] = ()
    product: str = ""
    kind: Kind = "number"
    label: str = ""
    origin: str = field(default="", compare=False)  # what a prepared one was made of, for messages
    convert: Conversion = field(default=Conversion(1.0, 0.0, 0), compare=False)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        return tuple(Pattern(text) for text in (self.path, *self.more_paths) if text)

    @property
    def fields(self) -> frozenset[str]:
        """Which of year and month the path names."""
        return Pattern(self.path).fields

    def path_at(self, month: Month) -> str:
        """The path with its year and month filled in."""
        return Pattern(self.path).at(year=month.year, month=month.month)

    def months_for(self, month: Month) -> tuple[Month, ...]:
        """The months whose values make up this predictor for a predicted month."""
        if self.window is not None:
            return self.window.run(month)
        return (month.shift(-self.lag),)


_SHOWN, _MOST_ROWS = 8, 40  # predictors on a line, and in a table


@dataclass(frozen=True)
class Catalogue:
    """The predictors of a study, in the order that the model sees them."""

    predictors: tuple[Predictor, ...]
    folder: Path
    file: Path | None = None

    def __repr__(self) -> str:
        names = ", ".join(predictor.name for predictor in self.predictors[:_SHOWN])
        more = len(self.predictors) - _SHOWN
        rest = f" and {more} more" if more > 0 else ""
        return f"<Catalogue of {len(self.predictors)} predictors: {names}{rest}; {self.file}>"

    def _repr_html_(self) -> str:
        """The catalogue in a notebook: a row a predictor."""
        heads = ("predictor", "group", "when", "units", "path")
        rows = "".join(
            "<tr>"
            + "".join(
                f"<td>{escape(one_line(str(value))[:80])}</td>"
                for value in (p.name, p.group, p.when, p.to, p.path)
            )
            + "</tr>"
            for p in self.predictors[:_MOST_ROWS]
        )
        more = len(self.predictors) - _MOST_ROWS
        return (
            f"<p>Catalogue <code>{escape(one_line(str(self.file or '')))}</code></p><table><thead>"
            f"<tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead>"
            f"<tbody>{rows}</tbody></table>" + (f"<p>and {more} more</p>" if more > 0 else "")
        )

    @classmethod
    def read(cls, path: Path | str) -> Catalogue:
        """The catalogue in a TOML file; paths in it are relative to its folder.

        Raises
        ------
        Wco2Error : for unknown keys, names or units, with the nearest right one.
        """
        path = Path(path)
        data = read_toml(path, "Catalogue")
        check_names(data, ("predictor",), str(path))
        return cls.from_tables(data.get("predictor", []), path.parent, path)

    @classmethod
    def from_tables(
        cls, tables: Sequence[Mapping[str, Any]], folder: Path, file: Path | None = None
    ) -> Catalogue:
        """A catalogue from its `[[predictor]]` tables."""
        where = str(file or "The catalogue")
        if not isinstance(tables, Sequence) or not tables:
            raise Wco2Error(f"{where} names no predictor.", "Add a [[predictor]] table.")
        if len(tables) > MAX_PREDICTORS:
            raise Wco2Error(f"{where} names more than {MAX_PREDICTORS} predictors.")
        predictors = tuple(
            parse_predictor(with_product(table, Path(folder), where), where) for table in tables
        )
        names = [p.name for p in predictors]
        lowered = [name.lower() for name in names]  # all that a GeoPackage tells apart
        twice = sorted({name for name in names if lowered.count(name.lower()) > 1})
        if twice:
            raise Wco2Error(
                f"{where}: predictor '{twice[0]}' is there twice.", "Give each a name of its own."
            )
        return cls(predictors, Path(folder), file)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.predictors)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of those that are classes."""
        return tuple(p.name for p in self.predictors if p.kind == "class")

    def predictor(self, name: str) -> Predictor:
        """The predictor of that name.

        Raises
        ------
        Wco2Error : when there is none, with the nearest one.
        """
        for predictor in self.predictors:
            if predictor.name == name:
                return predictor
        raise Wco2Error(
            f"{self.file or 'The catalogue'} has no predictor '{name}'.",
            nearest_name(name, self.names),
        )

    def only(self, names: Sequence[str]) -> Catalogue:
        """These predictors, in this order."""
        return Catalogue(tuple(self.predictor(n) for n in names), self.folder, self.file)


def parse_predictor(table: Mapping[str, Any], file: str) -> Predictor:
    """One `[[predictor]]` table, checked.

    Raises
    ------
    Wco2Error : naming the file, the predictor and the key that is wrong.
    """
    if not isinstance(table, Mapping):
        raise Wco2Error(f"{file}: predictor is no table.", "Write [[predictor]] above its keys.")
    name = table.get("name")
    if not isinstance(name, str) or not name.isidentifier():
        raise Wco2Error(
            f"{file}: a predictor is named {name!r}.",
            "A name is letters, digits and _, e.g. soil_temperature_1.",
        )
    if name.lower() in TAKEN_NAMES:
        raise Wco2Error(
            f"{file}: a predictor is named '{name}', which is a column of the observations.",
            f"Name it otherwise, e.g. {name}_predictor.",
        )
    if len(name) > MAX_NAME:
        raise Wco2Error(
            f"{file}: predictor '{name[:MAX_NAME]}…' has a name of {len(name)} letters.",
            f"Use {MAX_NAME} at most.",
        )
    where = f"{file}: predictor '{name}'"
    check_names(table, _KEYS, where)
    take = _Taker(table, where)
    kind: Any = take.choice("kind", get_args(Kind), "number")
    if kind == "month":
        return _month(take)
    when: Any = take.choice("when", get_args(When), "static")
    layers, (operation, operands) = _layers(table, where), _derived(table, where)
    if layers and operation:
        raise Wco2Error(f"{where} has both layers and derive.", "Keep one of them.")
    made = layers or operands
    paths = [] if made else _paths(take)
    units, to = _units(take, operation, where)
    nodata = table.get("nodata")
    predictor = Predictor(
        name=name,
        path=paths[0] if paths else "",
        more_paths=tuple(paths[1:]),
        when=when,
        group=take.choice("group", GROUPS, "climate"),
        variable=take.text("variable", "") or None,
        band=take.whole("band", None, 1),
        units=units or "1",
        to=to or units or "1",
        units_said=bool(units),
        to_said=bool(to or units),
        encoding=Encoding(
            crs=take.crs("crs"),
            nodata=None if isinstance(nodata, list | str) else take.number("nodata"),
            scale=take.factor("scale"),
            offset=take.finite("offset"),
        ),
        kind=kind,
        resampling=check_resampling(
            take.text("resampling", "nearest" if kind == "class" else "bilinear"), where
        ),
        lag=take.whole("lag", 0, 0, MAX_LAG) or 0,
        missing=take.choice("missing", get_args(Missing), "error"),  # type: ignore[arg-type]
        valid=take.range("valid"),
        window=_parse_window(table["window"], where) if "window" in table else None,
        details=parse_details(table, where),
        layers=layers,
        operation=operation,
        operands=operands,
        product=str(table.get("product", "")),
        label=_label(take),
        convert=conversion(units, to or units, where) if units else Conversion(),
    )
    _check_together(predictor, where)
    if kind == "class":
        _check_class(predictor, where)
    return predictor


def _month(take: _Taker) -> Predictor:
    """The month predicted, as a predictor by itself."""
    check_names(take.table, ("name", "label", "kind", "group"), f'{take.where} (kind = "month")')
    group = take.choice("group", GROUPS, "climate")
    name = take.table["name"]
    return Predictor(name, "", "climatology", group, kind="month", label=_label(take))


def _check_class(predictor: Predictor, where: str) -> None:
    """Raise for keys that would make numbers of codes."""
    if predictor.resampling not in OF_CLASSES:
        raise Wco2Error(
            f"{where} is a class, and resampling = '{predictor.resampling}' would mix its codes.",
            'Take "nearest", or "mode" where pixels are finer than cells.',
        )
    encoding = predictor.encoding
    mixed = {
        "units": predictor.units != "1" or predictor.to != "1",
        "scale": encoding.scale is not None or encoding.offset is not None,
        "layers": bool(predictor.layers),
        "derive": bool(predictor.operation),
        "steps": bool(predictor.details.steps),
        "window": predictor.window is not None,
        "missing": predictor.missing == "climatology",
    }
    wrong = [key for key, is_there in mixed.items() if is_there]
    if wrong:
        raise Wco2Error(
            f"{where} is a class: {wrong[0]} is for numbers.",
            f"Leave {wrong[0]} out, or kind.",
        )


def _label(take: _Taker) -> str:
    """What figures call a predictor; empty for its name.

    Raises
    ------
    Wco2Error : when it is no short text on one line.
    """
    label = take.text("label", "")
    if label and not is_plain_name(label):
        raise Wco2Error(
            f"{take.where}: label = {label[:MAX_NAME]!r} is no short text on one line.",
            'Write e.g. label = "air temperature".',
        )
    return label


def _paths(take: _Taker) -> list[str]:
    """The patterns of a predictor's files, each below its root."""
    value = take.table.get("path")
    paths = value if isinstance(value, list) and value else [take.text("path")]
    if len(paths) > MAX_PATHS:
        raise Wco2Error(f"{take.where}: path has more than {MAX_PATHS} parts.")
    root = take.text("root", "")
    if root:
        check_path(root, f"{take.where}: root")
    for path in paths:
        if not isinstance(path, str) or not path:
            raise Wco2Error(f"{take.where}: path = {path!r} is not a text in quotes.")
        Pattern.parse(path, f"{take.where}: path")
    literal = root.replace("{", "{{").replace("}", "}}").rstrip("/")
    return [f"{literal}/{path}" if root and _is_relative(path) else path for path in paths]


def _is_relative(path: str) -> bool:
    return is_local(path) and not Path(path).expanduser().is_absolute()


def _units(take: _Taker, operation: str, where: str) -> tuple[str, str]:
    """Units as stored and as the model sees them; empty where the file is to say them."""
    units, to = take.text("units", ""), take.text("to", "")
    if operation == "snow_depth":
        if units:
            raise Wco2Error(f"{where}: derive gives m, so units is not needed.", "Leave it out.")
        return "m", to
    if operation and not units:
        raise Wco2Error(
            f"{where}: derive needs units: what its operands are turned into before.",
            'Add e.g. units = "mm".',
        )
    if operation == "ratio":
        return "1", to
    per = take.table.get("per")
    if units and isinstance(per, str) and not units.endswith(f"{per}-1"):
        units = f"{units} {'s' if per == 'second' else per}-1"
    return units, to


def _layers(table: Mapping[str, Any], where: str) -> tuple[tuple[float, Predictor], ...]:
    """Layers as a table of thickness by variable, or a list of tables with a thickness each."""
    entries = table.get("layers")
    if entries is None:
        return ()
    if isinstance(entries, Mapping):
        entries = [{"variable": name, "thickness": value} for name, value in entries.items()]
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_LAYERS:
        raise Wco2Error(f"{where}: layers is no list.", "Write layers = { swvl1 = 7, swvl2 = 21 }.")
    found = []
    for entry in entries:
        thickness: Any = entry.get("thickness") if isinstance(entry, Mapping) else None
        if type(thickness) not in (int, float) or not 0 < thickness < math.inf:
            raise Wco2Error(
                f"{where}: layers: thickness = {thickness!r} is no positive number.",
                "Write layers = { swvl1 = 7, swvl2 = 21 }.",
            )
        own = {key: value for key, value in entry.items() if key != "thickness"}
        inherited = {key: value for key, value in table.items() if key != "layers"}
        found.append((float(thickness), _part(inherited, own, where)))
    return tuple(found)


def _derived(table: Mapping[str, Any], where: str) -> tuple[str, tuple[tuple[str, Predictor], ...]]:
    """What a predictor is computed from others by: `{ what = "snow_depth", water = …, … }`."""
    entry = table.get("derive")
    if entry is None:
        return "", ()
    what = entry.get("what") if isinstance(entry, Mapping) else None
    if not isinstance(what, str) or what not in OPERANDS:
        raise Wco2Error(
            f"{where}: derive: what = {what!r}.",
            nearest_name(str(what)[:40], OPERANDS),
        )
    names = OPERANDS[what]
    check_names(entry, ("what", *names), f"{where}: derive")
    lacking = [name for name in names if name not in entry]
    if lacking:
        raise Wco2Error(f"{where}: derive: {what} needs {', '.join(lacking)}.")
    whole = ("layers", "derive", "variable", "band", "units", "to", "scale", "offset")
    inherited = {key: value for key, value in table.items() if key not in whole}
    wanted = {"water": "mm", "density": "kg m-3"} if what == "snow_depth" else {}
    operands = []
    for name in names:
        own = entry[name] if isinstance(entry[name], Mapping) else {"variable": entry[name]}
        to = wanted.get(name, str(table.get("units", "")))
        part = _part({**inherited, "to": to} if to else inherited, own, f"{where}: {name}")
        operands.append((name, part))
    return what, tuple(operands)


def _part(inherited: Mapping[str, Any], own: Mapping[str, Any], where: str) -> Predictor:
    """What a predictor is made of: a table of its own keys, beside those of the whole."""
    for key in own:
        if key in (*_OF_THE_WHOLE, "when", "layers", "derive"):
            raise Wco2Error(f"{where}: {key} belongs to the whole predictor.", "Move it there.")
    taken = {k: v for k, v in inherited.items() if k == "name" or k not in _OF_THE_WHOLE}
    variable = own.get("variable")
    merged = {**taken, **own}
    paths: Any = merged.get("path")
    if isinstance(variable, str) and "{variable}" in str(paths):
        literal = variable.replace("{", "{{").replace("}", "}}")
        merged["path"] = (
            paths.replace("{variable}", literal)
            if isinstance(paths, str)
            else [str(each).replace("{variable}", literal) for each in paths]
        )
        del merged["variable"]
    file = where.partition(": predictor ")[0]
    return parse_predictor({k: v for k, v in merged.items() if k != "product"}, file)


def _check_together(predictor: Predictor, where: str) -> None:
    allowed: dict[str, set[str]] = {
        "static": set(),
        "yearly": {"year", "doy"},
        "climatology": {"month", "half", "day", "doy"},
        "monthly": {"year", "month", "half", "day", "doy"},
    }
    for pattern in predictor.patterns:
        _check_fields(predictor, pattern, allowed[predictor.when], where)
    over_months = predictor.when in ("monthly", "climatology")
    if (predictor.lag or predictor.window) and not over_months:
        raise Wco2Error(f"{where} is {predictor.when}: lag and window need months.")
    if predictor.lag and predictor.window:
        raise Wco2Error(f"{where} has both lag and window.", "Keep one of them.")
    if predictor.details.steps and not over_months:
        raise Wco2Error(f"{where} is {predictor.when}: steps need months.")
    if predictor.convert.month_power and not over_months:
        raise Wco2Error(
            f"{where}: {predictor.units} to {predictor.to} needs a month's number of days, "
            f"but the predictor is {predictor.when}.",
            "Convert to units without month.",
        )


def _check_fields(predictor: Predictor, pattern: Pattern, allowed: set[str], where: str) -> None:
    fields = pattern.fields
    extra = fields - allowed
    if extra:
        raise Wco2Error(
            f"{where} is {predictor.when}, but its path has {{{min(extra)}}}.",
            "Change when, or the path.",
        )
    if fields and "year" not in fields and predictor.when == "monthly":
        raise Wco2Error(
            f"{where} is monthly, but its path has no {{year}}.",
            'Add {year}, or say when = "climatology".',
        )
    if fields & {"half", "day"} and "month" not in fields:
        raise Wco2Error(
            f"{where}: path '{pattern.text}' has {{{min(fields & {'half', 'day'})}}} and no "
            "{month:02d}.",
            "Name the month too, or use {doy:03d}.",
        )
    needed = {"yearly": {"year"}, "climatology": {"month"}, "monthly": {"year", "month"}}
    steps = needed.get(predictor.when, set()) - fields
    if "doy" in fields:
        steps.discard("month")
    if predictor.band is not None and steps:
        raise Wco2Error(
            f"{where} is {predictor.when}: band = {predictor.band} would be the same for every "
            f"{min(steps)}.",
            f"Name the {min(steps)} in the path, or leave out band: a time axis is used by itself.",
        )


def _parse_window(table: Any, where: str) -> Window:
    where = f"{where}: window"
    if not isinstance(table, Mapping):
        raise Wco2Error(f"{where} is no table.", 'Write { months = [6, 7, 8], reduce = "max" }.')
    check_names(table, ("months", "of", "reduce"), where)
    take = _Taker(table, where)
    months = table.get("months")
    if (
        not isinstance(months, list)
        or not 1 <= len(months) <= 12
        or any(type(m) is not int or not 1 <= m <= 12 for m in months)
        or any(b != a % 12 + 1 for a, b in pairwise(months))
    ):
        raise Wco2Error(
            f"{where}: months {months} are not a run of months.", "Write e.g. months = [6, 7, 8]."
        )
    return Window(
        months=tuple(months),
        of=take.choice("of", ("previous", "same"), "previous"),  # type: ignore[arg-type]
        reduce=take.choice("reduce", get_args(Reduce), "mean"),  # type: ignore[arg-type]
    )


@dataclass(frozen=True)
class _Taker:
    """Takes values of the right kind out of a table, or says which key is wrong."""

    table: Mapping[str, Any]
    where: str

    def text(self, key: str, default: str | None = None) -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self._wrong(key, value, "a text in quotes")
        return value

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise Wco2Error(f"{self.where}: {key} = '{value}'.", nearest_name(value, choices))
        return value

    def number(self, key: str) -> float | None:
        value = self.table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, value, "a number")
        return float(value)

    def finite(self, key: str) -> float | None:
        value = self.number(key)
        if value is not None and not math.isfinite(value):
            raise self._wrong(key, value, "a number")
        return value

    def factor(self, key: str) -> float | None:
        value = self.finite(key)
        if value == 0.0:
            raise self._wrong(key, value, "a number other than 0")
        return value

    def crs(self, key: str) -> str | None:
        text = self.text(key, "")
        try:
            return text if text and parse_crs(text) else None
        except Wco2Error as error:
            raise Wco2Error(f"{self.where}: {key}: {error.message}", error.hint) from error

    def whole(
        self, key: str, default: int | None, smallest: int, largest: int = 1_000_000
    ) -> int | None:
        value = self.table.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < smallest:
            raise self._wrong(key, value, f"a whole number of {smallest} or more")
        if value > largest:
            raise self._wrong(key, value, f"a whole number of {largest} or less")
        return value

    def range(self, key: str) -> tuple[float, float] | None:
        value = self.table.get(key)
        if value is None:
            return None
        numbers = isinstance(value, list) and all(type(v) in (int, float) for v in value)
        if not numbers or len(value) != 2 or not -math.inf < value[0] < value[1] < math.inf:
            raise self._wrong(key, value, "two numbers, [low, high]")
        return float(value[0]), float(value[1])

    def _wrong(self, key: str, value: Any, kind: str) -> Wco2Error:
        return Wco2Error(f"{self.where}: {key} = {value!r} is not {kind}.")
