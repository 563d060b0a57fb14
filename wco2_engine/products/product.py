"""What a description of a public product says: the values of one TOML file in this folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wco2_engine.errors import Wco2Error, nearest_name

Codes = tuple[float | str, ...]  # single values, and ranges as "low..high"
Step = Literal["static", "climatology", "year", "month", "half-month", "8-day", "week", "day"]
Login = Literal["none", "cds", "earthdata", "tpdc", "by mail", "other"]
Client = Literal["cdsapi", "earthaccess", "addresses", "page"]
Checked = Literal["documents", "file"]


@dataclass(frozen=True)
class Citation:
    """What to cite; `doi` without its resolver, "" where none is known."""

    text: str
    doi: str = ""


@dataclass(frozen=True)
class Licence:
    """Under which terms a product may be used, and what these ask to write."""

    name: str
    attribution: str = ""
    note: str = ""


@dataclass(frozen=True)
class Access:
    """How people get a product themselves.

    `dataset` and `request` are those of the provider's client: the data set and the fixed keys of
    a request to the Climate Data Store, or the short name and version that Earthdata searches by.
    `request_by_years` has the keys that differ by years: {"1992-2015" = {…}}. `addresses` are
    patterns of whole files, with the tokens of `FileSet.match`.
    """

    login: Login
    client: Client
    page: str
    dataset: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    request_by_years: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class GridFacts:
    """The grid of a product: what a file of it has to agree with.

    `crs` is an EPSG code or a PROJ text, `cell` in its units. `rows` and `columns` are of the whole
    product; a part of it that was cut out at download has fewer. `other_cells` are resolutions that
    it comes in too. `state_crs` means that files state
    no CRS, or one that is wrong: this one counts.
    """

    crs: str
    cell: float
    columns: int = 0
    rows: int = 0
    other_cells: tuple[float, ...] = ()
    state_crs: bool = False
    about: str = ""


@dataclass(frozen=True)
class FileSet:
    """One kind of file of a product.

    Parameters
    ----------
    form : netcdf, grib, geotiff, vrt, hdf4, ascii, zarr or raw.
    match : patterns of names, below the folder of the download. {year}, {month:02d}, {doy:03d},
        {day:02d} and {half:02d} are dates; {file} is `Variable.file`; * and ** stand for anything.
    holds : how much time one file holds: all, decade, year, half-year, month, half-month, 8-day,
        week, day, or static.
    years : the years that come in this kind, "" for all.
    variables : names of the variables in it, () for all.
    pack : "zip" or "gz" where the files come packed.
    any_name : whether people name the file, so that only its content tells what it is.
    bands : what bands without names stand for, as in a catalogue.
    """

    form: Literal["netcdf", "grib", "geotiff", "vrt", "hdf4", "ascii", "zarr", "raw"]
    match: tuple[str, ...]
    holds: str
    years: str = ""
    variables: tuple[str, ...] = ()
    pack: str = ""
    any_name: bool = False
    bands: str = ""


@dataclass(frozen=True)
class Variable:
    """One variable of a product.

    Parameters
    ----------
    name : how a catalogue asks for it.
    measures : what it is, in words that all products share ("snow_depth").
    group : of the predictors, as in a catalogue.
    units, to : as stored after scale and offset, and as a model is to see it.
    read : the variable's name in the file, or `band` its number; `read_as` where a form of files
        has another name, by form.
    file : what {file} of the patterns is; as `read` where it is left out.
    request : the provider's name of it, for a request.
    file_units : how files spell the unit; `per` what they leave out ("day" for accumulations).
    scale, offset : instead of what the file says of itself.
    nodata, zero, keep : codes that mean missing, that mean 0, and that are values though the file's
        own valid range leaves them out.
    valid : possible values, in the units of `to`.
    usual : where the middle of all land north of 45 N lies in any month that has values, in the
        units of `to`. A middle outside is nearly always another unit, or another scale.
    depth : top and bottom of the layer, m.
    reduce, least : how steps within a month become the month, and the share of its days that must
        have a value.
    layers : variables to average, each by its thickness in cm, in place of `read`.
    derive : a closed operation on other variables, in place of `read`.
    draft : whether a draft of a catalogue takes it where nobody asks for a variable.
    """

    name: str
    title: str
    measures: str
    group: str
    units: str
    to: str = ""
    read: str = ""
    band: int = 0
    read_as: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    request: str = ""
    file_units: tuple[str, ...] = ()
    per: str = ""
    scale: float | None = None
    offset: float | None = None
    nodata: Codes = ()
    zero: Codes = ()
    keep: Codes = ()
    valid: tuple[float, float] | None = None
    usual: tuple[float, float] | None = None
    depth: tuple[float, float] | None = None
    resampling: str = "bilinear"
    reduce: str = ""
    least: float = 0.5
    select: Mapping[str, Any] = field(default_factory=dict)
    window: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""
    layers: Mapping[str, float] = field(default_factory=dict)
    derive: Mapping[str, Any] = field(default_factory=dict)
    draft: bool = False
    years: str = ""
    traps: tuple[str, ...] = ()

    @property
    def used_units(self) -> str:
        """The unit that a model sees."""
        return self.to or self.units


@dataclass(frozen=True)
class Product:
    """One public product: who made it, how its files look, what is in them.

    Parameters
    ----------
    years : the years that it covers, e.g. "1982-2015", "1950-" or, of no time, "".
    absent_years, absent_months : what does not exist within them.
    checked : whether a real file was ever read, or only documents about it.
    doubtful : keys of this description that no public document confirmed; a key of a variable is
        "variables.NAME.KEY".
    unreadable : why its files can't be read here as they come; "" where they can.
    """

    id: str
    title: str
    producer: str
    version: str
    step: Step
    checked: Checked
    cite: tuple[Citation, ...]
    licence: Licence
    access: Access
    grid: GridFacts
    files: tuple[FileSet, ...]
    variables: tuple[Variable, ...]
    years: str = ""
    absent_years: tuple[int, ...] = ()
    absent_months: tuple[int, ...] = ()
    time: str = ""
    traps: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    superseded_by: str = ""
    unreadable: str = ""

    def variable(self, name: str) -> Variable:
        """The variable of that name.

        Raises
        ------
        Wco2Error : when there is none, with the nearest one.
        """
        for variable in self.variables:
            if variable.name == name:
                return variable
        names = [variable.name for variable in self.variables]
        raise Wco2Error(f"Product '{self.id}' has no variable '{name}'.", nearest_name(name, names))

    def files_of(self, variable: Variable) -> tuple[FileSet, ...]:
        """The kinds of files that hold a variable."""
        return tuple(k for k in self.files if variable.name in (k.variables or (variable.name,)))
