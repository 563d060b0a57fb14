"""FLUXNET, AmeriFlux and ICOS: monthly files of towers, one or several a site, and a site table.

The files are those of the ONEFlux pipeline: `FLX_US-Ivo_FLUXNET2015_FULLSET_MM_2004-2007_1-4.csv`,
`AMF_CA-NS1_FLUXNET_FULLSET_MM_2001-2005_3-5.csv`, `ICOSETC_FI-Ken_FLUXNET_MM_L2.csv`, and with
`SUBSET` or `FLUXMET` in place of `FULLSET`. TIMESTAMP is YYYYMM, missing is -9999, fluxes are mean
rates in g C m-2 day-1, positive when CO2 leaves the ground. A file says its site only in its name
and not where that is: a second table has to, with a row a site (`SITE_ID`, `LOCATION_LAT`,
`LOCATION_LONG`, or plain names for these), or as the long BADM list (SITE_ID, VARIABLE, DATAVALUE).

Net exchange is `NEE_VUT_REF` (friction-velocity threshold varying by year: every site has it, not
every site has the constant one). Respiration is `RECO_NT_VUT_REF`, partitioned by nights: the
daytime method fits a light response, for which an Arctic winter has no light. `NEE_VUT_REF_QC` is
the share of the month that was measured or filled with confidence, 0 to 1.

Sources: https://fluxnet.org/data/fluxnet2015-dataset/fullset-data-product/; Pastorello et al. 2020,
https://doi.org/10.1038/s41597-020-0534-3.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file
from wco2_engine.inputs.formats.mapping import Format, texts_of
from wco2_engine.inputs.tables import Table, read_table

if TYPE_CHECKING:
    import pandas

_SITE = r"(?:^|_)(?P<site>[A-Z]{2}-[A-Za-z0-9]{3})_"
_NAME = re.compile(
    _SITE + r"FLUXNET\d*_(?:(?:FULLSET|SUBSET|FLUXMET)_)?(?P<step>HH|HR|DD|WW|MM|YY)_"
    r"(?:\d{4}-\d{4}_.+|L2)\.csv$"
)
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


def is_fluxnet(path: Path) -> bool:
    """Whether a path is a monthly file by its name, or a folder that holds files of FLUXNET."""
    if path.is_dir():
        return any(_NAME.search(file.name) for file in path.rglob("*.csv"))
    return _NAME.search(path.name) is not None


def monthly_files(path: Path) -> list[Path]:
    """The monthly files of a folder and those below it, or the one file itself.

    Raises
    ------
    Wco2Error : when there is none, naming what there is instead.
    """
    if not path.exists():
        existing_file(path, "Table")  # says so, with what is there instead
    named = [
        (file, match)
        for file in (sorted(path.rglob("*.csv")) if path.is_dir() else [path])
        if (match := _NAME.search(file.name))
    ]
    files = [file for file, match in named if match["step"] == "MM"]
    if files:
        return files
    others = sorted({_STEPS[match["step"]] for _, match in named})
    raise Wco2Error(
        f"{path} is no monthly file of FLUXNET, AmeriFlux or ICOS, nor a folder with any"
        + (f"; it holds {' and '.join(others)} values." if others else "."),
        "Give files named as FLX_US-Ivo_FLUXNET2015_FULLSET_MM_2004-2007_1-4.csv or "
        "ICOSETC_FI-Ken_FLUXNET_MM_L2.csv, as they were downloaded.",
    )


def read_monthly(path: Path, site_table: str | None) -> Table:
    """The rows of all monthly files of a folder, with their sites and coordinates as columns.

    Raises
    ------
    Wco2Error : without files or a site table, for one that lacks columns or all of the sites, and
        for a file that is no table.
    """
    import pandas

    files = monthly_files(path)
    if site_table is None:
        raise Wco2Error(f"{path}: files of FLUXNET don't say where their sites are.", _EXAMPLE)
    places = _places(Path(site_table))
    parts, lines, names = [], [], []
    for file in files:
        table = read_table(file)
        match = _NAME.search(file.name)
        site = match["site"] if match else ""
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
    return Table(path, cells, np.concatenate(lines), "line", files=tuple(names))


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
