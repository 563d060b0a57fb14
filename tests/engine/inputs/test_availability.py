"""What of a catalogue is there, before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from wco2_engine.errors import Cancelled
from wco2_engine.inputs.availability import Availability, availability
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.progress import Silent
from wco2_engine.season import Winter

WINTER = Winter((12, 1))


def tif(path: Path, value: float = 1.0, height: int = 40) -> Path:
    profile = {
        "driver": "GTiff",
        "width": 30,
        "height": height,
        "count": 1,
        "dtype": "float64",
        "crs": "EPSG:4326",
        "transform": Affine(0.25, 0, 10, 0, -0.25, 62),
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(np.full((height, 30), value), 1)
    return path


def look(folder: Path, years: range, *tables: dict[str, Any]) -> tuple[Availability, ...]:
    catalogue = Catalogue.from_tables(
        [{"name": f"p{k}", **t} for k, t in enumerate(tables)], folder
    )
    return availability(catalogue, {year: WINTER.months_of(year) for year in years}, Silent())


def test_a_table_says_what_is_there(tmp_path: Path) -> None:
    tif(tmp_path / "clay.tif")
    for name in ("1999-12", "2000-01", "2001-01"):
        tif(tmp_path / f"{name}.tif", 270.0)
    static, monthly = look(
        tmp_path,
        range(2000, 2002),
        {"path": "clay.tif"},
        {"path": "{year}-{month:02d}.tif", "when": "monthly", "units": "K", "to": "degC"},
    )
    assert static.name == "p0"
    assert static.years == {2000: "ok", 2001: "ok"}
    assert static.grid == "0.25 deg, 30 x 40, EPSG:4326"
    assert monthly.units == "K -> degC"
    assert monthly.years == {2000: "ok", 2001: "no 2000-12"}
    assert not static.problems
    assert not monthly.problems


def test_all_years_that_are_missing_are_listed(tmp_path: Path) -> None:
    (row,) = look(tmp_path, range(1990, 1995), {"path": "{year}.tif", "when": "yearly"})
    assert row.years[1990] == "no 1989-1990"
    assert all(text.startswith("no ") for text in row.years.values())


def test_what_is_replaced_is_told(tmp_path: Path) -> None:
    tif(tmp_path / "1990.tif")
    table = {"path": "{year}.tif", "when": "yearly", "missing": "nearest"}
    (row,) = look(tmp_path, range(1991, 1993), table)
    assert row.years == {1991: "replaced", 1992: "replaced"}
    assert "1991 from 1990" in "; ".join(row.instead)


def test_a_problem_is_a_row_and_not_the_end(tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_text("no raster")
    tif(tmp_path / "fine.tif")
    broken, fine = look(tmp_path, range(2000, 2002), {"path": "broken.tif"}, {"path": "fine.tif"})
    assert broken.years == {2000: "unreadable", 2001: "unreadable"}
    assert len(broken.problems) == 1
    assert "broken.tif" in broken.problems[0]
    assert fine.years == {2000: "ok", 2001: "ok"}


def test_a_truncated_file_is_found(tmp_path: Path) -> None:
    path = tif(tmp_path / "cut.tif", height=400)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (row,) = look(tmp_path, range(2000, 2001), {"path": "cut.tif"})
    assert row.years == {2000: "unreadable"}
    assert "cut.tif" in row.problems[0]


def test_values_that_cant_be_are_found(tmp_path: Path) -> None:
    tif(tmp_path / "kelvin.tif", 270.0)
    (row,) = look(tmp_path, range(2000, 2001), {"path": "kelvin.tif", "valid": [-90, 60]})
    assert row.years == {2000: "unreadable"}
    assert 'set units = "K"' in row.problems[0]


def test_it_stops_when_asked(tmp_path: Path) -> None:
    class Impatient(Silent):
        def cancelled(self) -> bool:
            return True

    tif(tmp_path / "a.tif")
    catalogue = Catalogue.from_tables([{"name": "a", "path": "a.tif"}], tmp_path)
    with pytest.raises(Cancelled):
        availability(catalogue, {2000: WINTER.months_of(2000)}, Impatient())
