"""FLUXNET, AmeriFlux and ICOS: monthly files of towers, one or several a site, and a site table.

The files are those of the ONEFlux pipeline: `FLX_US-Ivo_FLUXNET2015_FULLSET_MM_2004-2007_1-4.csv`,
`AMF_CA-NS1_FLUXNET_FULLSET_MM_2001-2005_3-5.csv`, `ICOSETC_FI-Ken_FLUXNET_MM_L2.csv` (also with
`MM_INTERIM_L2`), and with `SUBSET` or `FLUXMET` in place of `FULLSET`. A file of another naming is
known by its columns, and its site by a word such as XX-Abc in its name; what else a folder holds is
named. TIMESTAMP is YYYYMM, missing is -9999, fluxes are mean rates in g C m-2 day-1, positive when
CO2 leaves the ground. A file says its site only in its name and not where that is: a second table
has to, with a row a site (`SITE_ID`, `LOCATION_LAT`, `LOCATION_LONG`, or plain names for these), or
as the long BADM list (SITE_ID, VARIABLE, DATAVALUE).

Net exchange is `NEE_VUT_REF` (friction-velocity threshold varying by year: every site has it, not
every site has the constant one). Respiration is `RECO_NT_VUT_REF`, partitioned by nights: the
daytime method fits a light response, for which an Arctic winter has no light. `NEE_VUT_REF_QC` is
the share of the month that was measured or filled with confidence, 0 to 1.

Sources: https://fluxnet.org/data/fluxnet2015-dataset/fullset-data-product/; Pastorello et al. 2020,
https://doi.org/10.1038/s41597-020-0534-3.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file
from wco2_engine.inputs.formats.mapping import Format, texts_of
from wco2_engine.inputs.tables import Table, read_table

if TYPE_CHECKING:
    import pandas

MOST_FILES = 100_000  # below a folder
_SITE = r"(?:^|_)(?P<site>[A-Z]{2}-[A-Za-z0-9]{3})(?:_|$)"
_NAME = re.compile(
    _SITE + r"FLUXNET\d*_(?:(?:FULLSET|SUBSET|FLUXMET)_)?(?P<step>HH|HR|DD|WW|MM|YY)_"
    r"(?:INTERIM_)?(?:\d{4}-\d{4}_.+|L2)\.csv$"
)
# Files that are published beside them, of the same names but for a word.
_ASIDE = re.compile(r"_(ERAI|ERA5|AUXMETEO|AUXNEE|SITEINFO|VARINFO\w*|METEO|BIF)_", re.IGNORECASE)
_STEPS = {
    **{"HH": "half-hourly", "HR": "hourly", "DD": "daily", "WW": "weekly"},
    "YY": "yearly",
}
_WANTED = re.compile(r"(NEE|RECO|GPP)_\w+_REF(_QC)?")
_SITE_NAMES = ("SITE_ID", "site_id", "site", "Site", "station_id", "id")
_PLACE_NAMES = {
    "latitude": ("LOCATION_LAT", "location_lat", "latitude", "Latitude", "LAT", "lat"),
    "longitude": (
        *("LOCATION_LONG", "location_long", "LOCATION_LON", "longitude", "Longitude"),
        *("LON", "lon", "LONG", "long"),
    ),
}
_EXAMPLE = 'Add site_table = "sites.csv", with the columns SITE_ID, LOCATION_LAT, LOCATION_LONG.'
SOURCE = "file"

FORMAT = Format(
    name="fluxnet",
    title="FLUXNET, AmeriFlux or ICOS monthly files",
    columns={
        "site": "site",
        "longitude": "longitude",
        "latitude": "latitude",
        "date": "TIMESTAMP",
        "quality": ("NEE_VUT_REF_QC",),
        "method": "method",
        "source": SOURCE,
    },
    flux_units="g C m-2 day-1",
    signatures=(frozenset(("TIMESTAMP", "NEE_VUT_REF")),),
    targets={"reco": ("RECO_NT_VUT_REF",), "nee": ("NEE_VUT_REF",)},
    bad_rows="reject",
    kind_of=lambda method: "tower",
    monthly=True,
    hint="Look at the site table, and at min_quality of the screen.",
)


class Found(NamedTuple):
    """What a folder holds.

    Parameters
    ----------
    monthly : the monthly files and the site of each.
    steps : the steps of the other files of these networks: "daily".
    left : tables and archives that are none of these.
    """

    monthly: list[tuple[Path, str]]
    steps: list[str]
    left: list[Path]


def is_fluxnet(path: Path) -> bool:
    """Whether a path is a monthly file by its name, or a folder that holds files of FLUXNET."""
    if path.is_dir():
        found = _found(path)
        return bool(found.monthly or found.steps)
    return _NAME.search(path.name) is not None


def _found(path: Path) -> Found:
    """The files of a folder and those below it, or the one file itself.

    A file of another naming is known by its columns, and its site by a word such as XX-Abc.
    """
    monthly: list[tuple[Path, str]] = []
    steps: list[str] = []
    left: list[Path] = []
    for file in _files_below(path):
        ending = file.suffix.lower()
        if ending in (".zip", ".gz", ".7z") and file.is_file():
            left.append(file)
        if ending != ".csv" or not file.is_file():
            continue
        match = _NAME.search(file.name) or _named_otherwise(file)
        if match is None:
            if not _ASIDE.search(file.name):
                left.append(file)
        elif match["step"] == "MM":
            monthly.append((file, match["site"]))
        else:
            steps.append(_STEPS[match["step"]])
    return Found(monthly, steps, left)


def _files_below(path: Path) -> list[Path]:
    """The file, or all that a folder holds, sorted.

    Raises
    ------
    Wco2Error : for a folder that holds more than any set of towers: a whole disk was named.
    """
    if not path.is_dir():
        return [path]
    found = list(islice(path.rglob("*"), MOST_FILES + 1))
    if len(found) > MOST_FILES:
        raise Wco2Error(
            f"{path} holds more than {MOST_FILES} files.", "Name the folder of the towers' files."
        )
    return sorted(found)


def _named_otherwise(file: Path) -> Mapping[str, str] | None:
    """The site and step of a file of another naming, by its columns and its first time."""
    if _ASIDE.search(file.name):
        return None
    with file.open("rb") as opened:
        lines = opened.read(1 << 16).decode("utf-8-sig", errors="replace").splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    columns = [name.strip(' "') for name in lines[0].split(",")] if lines else []
    if columns[:1] != ["TIMESTAMP"] or not any(map(_WANTED.fullmatch, columns)):
        return None
    site = re.search(_SITE, file.stem)
    times = [line.split(",")[0].strip(' "') for line in lines[1:2]]
    step = {4: "YY", 6: "MM", 8: "DD"}.get(len(times[0])) if times else None
    if step != "MM":
        return {"site": "", "step": step or "DD"}
    if site is None:
        raise Wco2Error(
            f"{file} holds monthly values of FLUXNET, but its name doesn't say of which site.",
            "Give it the name by which it was downloaded, as ICOSETC_FI-Ken_FLUXNET_MM_L2.csv.",
        )
    return {"site": site["site"], "step": step}


def monthly_files(path: Path) -> list[Path]:
    """The monthly files of a folder and those below it, or the one file itself.

    Raises
    ------
    Wco2Error : when there is none, naming what there is instead.
    """
    return [file for file, _ in _some(path).monthly]


def _some(path: Path) -> Found:
    if not path.exists():
        existing_file(path, "Table")  # says so, with what is there instead
    found = _found(path)
    if found.monthly:
        return found
    others = sorted(set(found.steps))
    raise Wco2Error(
        f"{path} is no monthly file of FLUXNET, AmeriFlux or ICOS, nor a folder with any."
        + (f" It holds {' and '.join(others)} values." if others else "")
        + (f" It holds {_listed(found.left, path)}." if found.left and path.is_dir() else ""),
        "Give files named as FLX_US-Ivo_FLUXNET2015_FULLSET_MM_2004-2007_1-4.csv or "
        "ICOSETC_FI-Ken_FLUXNET_MM_L2.csv, as they were downloaded, and unpacked.",
    )


def _listed(files: Sequence[Path], folder: Path) -> str:
    names = [str(file.relative_to(folder)) for file in files]
    return ", ".join(names[:10]) + (", …" if len(names) > 10 else "")


def read_monthly(path: Path, site_table: str | None) -> Table:
    """The rows of all monthly files of a folder, with their sites and coordinates as columns.

    Raises
    ------
    Wco2Error : without files or a site table, for one that lacks columns or all of the sites, and
        for a file that is no table.
    """
    import pandas

    found = _some(path)
    if site_table is None:
        raise Wco2Error(f"{path}: files of FLUXNET don't say where their sites are.", _EXAMPLE)
    places = _places(Path(site_table))
    parts, lines, names = [], [], []
    for file, site in found.monthly:
        table = read_table(file)
        kept = [c for c in table.cells if c == "TIMESTAMP" or _WANTED.fullmatch(c)]
        latitude, longitude = places.get(site, ("", ""))
        parts.append(
            table.cells[kept].assign(
                site=site, latitude=latitude, longitude=longitude, method="EC", file=file.name
            )
        )
        lines.append(table.rows)
        names += [file.name] * len(table.rows)
    cells = pandas.concat(parts, ignore_index=True).fillna("").astype(object)
    sites = set(cells["site"])
    if not sites & places.keys():
        raise Wco2Error(
            f"{site_table} names none of the sites of {path}: {', '.join(sorted(sites)[:10])}.",
            "Give a table that has them in SITE_ID.",
        )
    notes = []
    if found.steps:
        notes.append(f"{len(found.steps)} files of other steps are left alone")
    left = [file for file in found.left if file.resolve() != Path(site_table).resolve()]
    if left:
        notes.append(f"left alone, as no files of FLUXNET: {_listed(left, path)}")
    nowhere = sorted(sites - places.keys())
    if nowhere:
        notes.append(f"{site_table} does not say where these sites are: {', '.join(nowhere[:20])}")
    return Table(
        *(path, cells, np.concatenate(lines), "line"), files=tuple(names), notes=tuple(notes)
    )


def _places(path: Path) -> dict[str, tuple[str, str]]:
    """Latitude and longitude, as written, of each site."""
    table = read_table(path)
    cells = table.cells
    if {"VARIABLE", "DATAVALUE"} <= set(cells.columns):
        cells = _widened(cells, path)
    site = _column(cells, _SITE_NAMES, "site", path)
    texts = {
        key: texts_of(cells, _column(cells, names, key, path))
        for key, names in _PLACE_NAMES.items()
    }
    if table.decimal_comma:
        texts = {key: text.str.replace(",", ".", regex=False) for key, text in texts.items()}
    found: dict[str, tuple[str, str]] = {}
    rows = zip(texts_of(cells, site), texts["latitude"], texts["longitude"], strict=True)
    for name, latitude, longitude in rows:
        if latitude and longitude:
            found.setdefault(name, (latitude, longitude))
    return found


def _widened(cells: pandas.DataFrame, path: Path) -> pandas.DataFrame:
    """A BADM list, a row a value, as a row a site."""
    site = _column(cells, _SITE_NAMES, "site", path)
    wanted = cells[cells["VARIABLE"].isin(("LOCATION_LAT", "LOCATION_LONG"))]
    once = wanted.drop_duplicates([site, "VARIABLE"])
    wide = once.pivot(index=site, columns="VARIABLE", values="DATAVALUE").fillna("")
    return wide.reset_index().astype(object)


def _column(cells: pandas.DataFrame, names: tuple[str, ...], key: str, path: Path) -> str:
    column = next((name for name in names if name in cells), None)
    if column is None:
        raise Wco2Error(
            f"{path}, the site table, has no column for the {key}: {', '.join(cells.columns)}.",
            f"Name it {names[0]}.",
        )
    return column
