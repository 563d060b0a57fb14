"""From a catalogue of downloads to a stack: what is made, kept, made again, and read how often."""

from __future__ import annotations

import gzip
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from scipy.io import netcdf_file

from tests.engine.conftest import write_raster
from tests.engine.stack.conftest import (
    GRID,
    Downloads,
    FakeSeries,
    monthly,
    monthly_steps,
    value_of,
)
from wco2_engine.downloads.series import Step
from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.predictors import PredictorReader, Sources
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.progress import Silent
from wco2_engine.season import Month
from wco2_engine.stack.extent import Extent
from wco2_engine.stack.prepare import Prepared, prepare

EVERYWHERE = (Extent((-180.0, -90.0, 180.0, 90.0)),)
NORTH = (Extent((-60.0, 40.0, 60.0, 80.0)),)


def catalogue_of(folder: Path, *tables: dict[str, Any]) -> Catalogue:
    return Catalogue.from_tables(
        [{"name": "t2m", "path": "t2m_{year}.nc", "when": "monthly", **table} for table in tables],
        folder,
        folder / "catalogue.toml",
    )


def years(downloads: Downloads, folder: Path, *given: int, **about: Any) -> None:
    for year in given:
        (folder / f"t2m_{year}.nc").write_bytes(b"CDF")
        downloads.files[f"t2m_{year}.nc"] = monthly(Month(year, 1), 12, **about)


def winter(year: int) -> list[Month]:
    return [Month(year - 1, 10).shift(k) for k in range(7)]


def prepared(catalogue: Catalogue, months: list[Month], extents: Any = EVERYWHERE) -> Prepared:
    return prepare(catalogue, months, extents, catalogue.folder / "stack")


def looked_up(catalogue: Catalogue, name: str, month: Month) -> float:
    points = Points(np.array([5.0]), np.array([55.0]), GEOGRAPHIC)
    with Rasters() as rasters:
        reader = PredictorReader(Sources(catalogue, rasters), rasters, points)
        return float(reader.values(catalogue.predictor(name), month)[0])


def test_a_stack_holds_a_file_a_year_with_its_months_by_name(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001)
    done = prepared(catalogue_of(tmp_path, {"to": "degC"}), winter(2001))
    assert [path.name for path in done.made] == ["t2m_2000.tif", "t2m_2001.tif"]
    assert done.why == {"t2m": "netCDF"}
    with rasterio.open(tmp_path / "stack/t2m/t2m_2001.tif") as source:
        assert source.count == 12
        assert source.descriptions[:5] == (
            *("2001-01", "2001-02", "2001-03", "2001-04"),
            "2001-05 (empty)",
        )
        assert source.profile["tiled"]
        assert source.units[0] == "degC"
        assert source.tags()["WCO2_EMPTY"].startswith("2001-05 ")
        assert str(tmp_path / "t2m_2001.nc") in source.tags()["WCO2_SOURCES"]
        values = source.read(4)
        assert np.isnan(source.read(5)).all()
    # April 2001 is 104 K and a thousandth for each column.
    assert values[0, 0] == np.float32(104.0 - 273.15)
    assert looked_up(done.catalogue, "t2m", Month(2001, 4)) == pytest.approx(
        104.018 - 273.15, abs=1e-4
    )


def test_the_catalogue_of_a_stack_is_plain_and_can_be_read_by_itself(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001)
    table = {"to": "degC", "valid": [-300, 100], "lag": 1, "resampling": "nearest"}
    prepared(catalogue_of(tmp_path, table), winter(2001))
    (found,) = tomllib.loads((tmp_path / "stack/catalogue.toml").read_text("utf-8"))["predictor"]
    assert found == {
        "name": "t2m",
        "group": "climate",
        "path": "t2m/t2m_{year}.tif",
        "when": "monthly",
        "units": "degC",
        "resampling": "nearest",
        "lag": 1,
        "valid": [-300.0, 100.0],
    }
    again = Catalogue.read(tmp_path / "stack/catalogue.toml")
    # A lag of one month: what stands for April is March.
    assert looked_up(again, "t2m", Month(2001, 4)) == pytest.approx(103.018 - 273.15, abs=1e-4)


def test_what_is_fresh_is_not_opened_again(tmp_path: Path, downloads: Downloads) -> None:
    years(downloads, tmp_path, 2000, 2001)
    catalogue = catalogue_of(tmp_path, {})
    prepared(catalogue, winter(2001))
    downloads.opened.clear()
    done = prepared(catalogue, winter(2001))
    assert (len(done.made), len(done.kept)) == (0, 2)
    assert not downloads.opened


def test_a_changed_source_is_made_again_and_the_other_years_stay(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001)
    catalogue = catalogue_of(tmp_path, {})
    prepared(catalogue, winter(2001))
    (tmp_path / "t2m_2001.nc").write_bytes(b"CDF and more")
    done = prepared(catalogue, winter(2001))
    assert [path.name for path in done.made] == ["t2m_2001.tif"]
    assert [path.name for path in done.kept] == ["t2m_2000.tif"]


def test_more_months_are_made_beside_those_that_are_there(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001)
    catalogue = catalogue_of(tmp_path, {})
    prepared(catalogue, [Month(2001, 1)])
    done = prepared(catalogue, [Month(2001, 2)])
    assert [path.name for path in done.made] == ["t2m_2001.tif"]
    for month in (Month(2001, 1), Month(2001, 2)):
        assert looked_up(done.catalogue, "t2m", month) == pytest.approx(value_of(month) + 0.018)


def test_a_wider_extent_is_made_again_and_keeps_what_the_earlier_one_had(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2001)
    catalogue = catalogue_of(tmp_path, {})
    prepared(catalogue, [Month(2001, 1)], NORTH)
    path = tmp_path / "stack/t2m/t2m_2001.tif"
    with rasterio.open(path) as source:
        small = source.bounds
    assert small.bottom > -50
    done = prepared(catalogue, [Month(2001, 1)], (Extent((100.0, -80.0, 120.0, -70.0)),))
    with rasterio.open(path) as source:
        assert source.bounds.top >= small.top
        assert source.bounds.left <= small.left
        assert source.bounds.bottom <= -80
    assert done.made == (path,)
    assert not prepared(catalogue, [Month(2001, 1)], NORTH).made


def test_other_keys_make_all_years_again_and_leave_no_old_ones(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001)
    prepared(catalogue_of(tmp_path, {}), winter(2001))
    done = prepared(catalogue_of(tmp_path, {"to": "degC"}), [Month(2001, 1)])
    assert [path.name for path in done.made] == ["t2m_2001.tif"]
    assert [p.name for p in (tmp_path / "stack/t2m").glob("*.tif")] == ["t2m_2001.tif"]


def test_keys_that_do_not_touch_the_values_keep_the_files(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2001)
    prepared(catalogue_of(tmp_path, {}), [Month(2001, 1)])
    done = prepared(catalogue_of(tmp_path, {"valid": [0, 400], "group": "snow"}), [Month(2001, 1)])
    assert not done.made


def test_predictors_of_the_same_values_share_their_files(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001)
    catalogue = catalogue_of(tmp_path, {}, {"name": "before", "lag": 1})
    done = prepared(catalogue, [Month(2001, 1)])
    assert [path.name for path in done.made] == ["t2m_2000.tif", "t2m_2001.tif"]
    assert looked_up(done.catalogue, "before", Month(2001, 1)) == pytest.approx(12.018)
    assert max(downloads.inflated.values()) == 1


@pytest.mark.parametrize(
    ("block", "budget"),
    [
        ((1, 18, 36), 10**9),
        ((24, 18, 36), 10**9),
        ((24, 5, 7), 10**9),
        ((24, 5, 7), 20_000),
        ((7, 18, 36), 40_000),
        ((1, 5, 36), 4_000),
        ((24, 1, 1), 100_000),
    ],
)
def test_each_stored_block_is_inflated_once(
    tmp_path: Path,
    downloads: Downloads,
    monkeypatch: pytest.MonkeyPatch,
    block: tuple[int, int, int],
    budget: int,
) -> None:
    monkeypatch.setattr("wco2_engine.stack.prepare.BUDGET", budget)
    (tmp_path / "all.nc").write_bytes(b"CDF")
    downloads.files["all.nc"] = monthly(Month(2000, 1), 24, block=block)
    catalogue = catalogue_of(tmp_path, {"path": "all.nc"})
    done = prepared(catalogue, [Month(2000, 1).shift(k) for k in range(24)])
    assert len(done.made) == 2
    assert set(downloads.inflated.values()) == {1}
    for month in (Month(2000, 1), Month(2000, 12), Month(2001, 7)):
        assert looked_up(done.catalogue, "t2m", month) == pytest.approx(value_of(month) + 0.018)


def test_a_year_that_is_not_there_is_said_with_all_its_months(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2001, 2004)
    catalogue = catalogue_of(tmp_path, {})
    done = prepared(catalogue, [Month(y, 1) for y in range(2001, 2005)])
    with Rasters() as rasters:
        sources = Sources(done.catalogue, rasters)
        predictor = done.catalogue.predictor("t2m")
        lacking = sources.missing(predictor, [Month(y, 1) for y in range(2001, 2005)])
    assert lacking == [Month(2002, 1), Month(2003, 1)]
    assert predictor.origin == "t2m_{year}.nc"


def test_months_that_a_year_turns_out_to_lack_are_missing_and_not_looked_for_again(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001)
    downloads.files["t2m_2001.nc"] = monthly(Month(2001, 1), 2)
    catalogue = catalogue_of(tmp_path, {"missing": "nearest"})
    done = prepared(catalogue, [Month(2001, 3)])
    with Rasters() as rasters:
        composite = Sources(done.catalogue, rasters).composite(
            done.catalogue.predictor("t2m"), Month(2001, 3)
        )
    assert composite is not None
    assert composite.substitute == "2001-03 from 2000"
    assert looked_up(done.catalogue, "t2m", Month(2001, 3)) == pytest.approx(3.018)
    assert not prepared(catalogue, [Month(2001, 3)]).made


def test_a_climatology_in_place_of_a_missing_year_is_of_all_years(
    tmp_path: Path, downloads: Downloads
) -> None:
    years(downloads, tmp_path, 2000, 2001, 2003)
    catalogue = catalogue_of(tmp_path, {"missing": "climatology"})
    done = prepared(catalogue, [Month(2002, 1)])
    # Januaries of 2000, 2001 and 2003 are 1, 101 and 301.
    assert looked_up(done.catalogue, "t2m", Month(2002, 1)) == pytest.approx(403 / 3 + 0.018)


def test_parts_of_a_series_follow_each_other_and_the_first_one_wins(
    tmp_path: Path, downloads: Downloads
) -> None:
    for name, first in (("old.nc", Month(2000, 1)), ("new.nc", Month(2001, 1))):
        (tmp_path / name).write_bytes(b"CDF")
        downloads.files[name] = monthly(first, 24)
    downloads.files["new.nc"] = lambda path: _shifted(monthly(Month(2001, 1), 24)(path))
    catalogue = catalogue_of(tmp_path, {"path": ["old.nc", "new.nc"]})
    done = prepared(catalogue, [Month(2001, 6), Month(2002, 6)])
    assert looked_up(done.catalogue, "t2m", Month(2001, 6)) == pytest.approx(106.018)
    assert looked_up(done.catalogue, "t2m", Month(2002, 6)) == pytest.approx(1206.018)


def _shifted(series: Any) -> Any:
    series.values = {key: value + 1000.0 for key, value in series.values.items()}
    return series


def test_two_steps_of_one_month_are_refused_and_both_named(
    tmp_path: Path, downloads: Downloads
) -> None:
    for name in ("a_v1.nc", "a_v2.nc"):
        (tmp_path / name).write_bytes(b"CDF")
        downloads.files[name] = monthly(Month(2001, 1), 12)
    with pytest.raises(Wco2Error) as caught:
        prepared(catalogue_of(tmp_path, {"path": "a_*.nc"}), [Month(2001, 6)])
    for text in ("'t2m'", "a_v1.nc", "a_v2.nc", "2001-"):
        assert text in caught.value.message


def test_an_error_leaves_the_earlier_stack_as_it_was(tmp_path: Path, downloads: Downloads) -> None:
    years(downloads, tmp_path, 2000, 2001)
    catalogue = catalogue_of(tmp_path, {})
    prepared(catalogue, winter(2001))
    before = (tmp_path / "stack/t2m/t2m_2001.tif").read_bytes()

    def broken(path: Path) -> Any:
        raise Wco2Error(f"{path} is truncated.")

    (tmp_path / "t2m_2001.nc").write_bytes(b"CDF and more")
    downloads.files["t2m_2001.nc"] = broken
    with pytest.raises(Wco2Error, match=r"t2m_2001\.nc is truncated"):
        prepared(catalogue, winter(2001))
    assert (tmp_path / "stack/t2m/t2m_2001.tif").read_bytes() == before
    assert sorted(p.name for p in (tmp_path / "stack").rglob("*") if p.is_file()) == [
        "catalogue.toml",
        "t2m_2000.tif",
        "t2m_2001.tif",
    ]


def test_where_all_is_tame_nothing_is_made(tmp_path: Path) -> None:
    write_raster(tmp_path / "a.tif", np.ones((18, 36)), -180.0, 90.0, 10.0)
    catalogue = catalogue_of(tmp_path, {"path": "a.tif", "when": "static"})
    done = prepared(catalogue, [Month(2001, 1)])
    assert done.why == {"t2m": ""}
    assert not (tmp_path / "stack").exists()


def test_a_catalogue_may_be_named_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "study").mkdir()
    write_raster(tmp_path / "study/a.tif", np.ones((18, 36)), -180.0, 90.0, 10.0)
    monkeypatch.chdir(tmp_path)
    catalogue = catalogue_of(Path("study"), {"path": "a.tif", "when": "static"})
    assert prepared(catalogue, [Month(2001, 1)]).why == {"t2m": ""}


def test_a_file_that_does_not_exist_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "t2m.nc").write_bytes(b"CDF")
    catalogue = catalogue_of(tmp_path, {"path": "t2n.nc"})
    with pytest.raises(Wco2Error) as caught:
        prepared(catalogue, [Month(2001, 1)])
    assert "t2n.nc does not exist" in caught.value.message
    assert caught.value.hint == "Did you mean 't2m.nc'?"


def test_the_grid_of_a_stack_is_the_source_s_own(tmp_path: Path, downloads: Downloads) -> None:
    years(downloads, tmp_path, 2001)
    prepared(catalogue_of(tmp_path, {}), [Month(2001, 1)], NORTH)
    with rasterio.open(tmp_path / "stack/t2m/t2m_2001.tif") as source:
        left, top = source.transform * (0, 0)
        assert (left - GRID.corner[0]) % 10 == 0
        assert (GRID.corner[1] - top) % 10 == 0
        assert source.transform.a == 10


def real_years(folder: Path, count: int) -> Catalogue:
    """A catalogue of netCDF files that any process can read."""
    for year in range(2000, 2000 + count):
        with netcdf_file(folder / f"t2m_{year}.nc", "w") as file:
            for axis, values, unit in (
                ("time", np.arange(12.0), f"months since {year}-01-01"),
                ("lat", np.arange(85.0, -90.0, -10.0), "degrees_north"),
                ("lon", np.arange(-175.0, 180.0, 10.0), "degrees_east"),
            ):
                file.createDimension(axis, len(values))
                file.createVariable(axis, "f8", (axis,))[:] = values
                file.variables[axis].units = unit
            stored = file.createVariable("t2m", "f4", ("time", "lat", "lon"))
            stored[:] = 250 + np.arange(12)[:, None, None] + year - 2000
            stored.units = "K"
    return catalogue_of(folder, {"to": "degC"})


def test_processes_make_the_same_files(tmp_path: Path) -> None:
    catalogue = real_years(tmp_path, 5)
    months = [Month(year, 1) for year in range(2000, 2005)]
    alone = prepare(catalogue, months, EVERYWHERE, tmp_path / "one", jobs=1)
    together = prepare(catalogue, months, EVERYWHERE, tmp_path / "two", jobs=2)
    assert sorted(p.name for p in alone.made) == sorted(p.name for p in together.made)
    for path in alone.made:
        assert path.read_bytes() == (tmp_path / "two/t2m" / path.name).read_bytes()
    assert looked_up(together.catalogue, "t2m", Month(2003, 1)) == pytest.approx(253 - 273.15)


def test_what_fails_in_a_process_is_said_as_it_is(tmp_path: Path) -> None:
    catalogue = real_years(tmp_path, 5)
    whole = (tmp_path / "t2m_2003.nc").read_bytes()
    (tmp_path / "t2m_2003.nc").write_bytes(whole[: len(whole) // 2])
    months = [Month(year, 12) for year in range(2000, 2005)]
    with pytest.raises(Wco2Error, match=r"t2m_2003\.nc"):
        prepare(catalogue, months, EVERYWHERE, tmp_path / "stack", jobs=2)
    assert not list((tmp_path / "stack").rglob("*2003*"))


def test_members_of_archives_are_read_and_nothing_of_them_stays(tmp_path: Path) -> None:
    real_years(tmp_path, 2)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for year in (2000, 2001):
            archive.write(tmp_path / f"t2m_{year}.nc", f"inner/t2m_{year}.nc")
            (tmp_path / f"t2m_{year}.nc").unlink()
    catalogue = catalogue_of(tmp_path, {"path": "all.zip/*/t2m_{year}.nc"})
    done = prepared(catalogue, [Month(2000, 2), Month(2001, 2)])
    assert done.why == {"t2m": "files in archives"}
    assert looked_up(done.catalogue, "t2m", Month(2001, 2)) == 252
    assert not (tmp_path / "stack/.unpacked").exists()


def test_an_archive_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "t2m_2000.nc.gz", "wb") as file:
        for _ in range(5):
            file.write(bytes(1 << 20))
    catalogue = catalogue_of(tmp_path, {"path": "t2m_{year}.nc.gz"})
    with pytest.raises(Wco2Error) as caught:
        prepared(catalogue, [Month(2000, 2)])
    assert "t2m_2000.nc" in caught.value.message


def test_a_cancelled_preparation_goes_on_where_it_was(tmp_path: Path, downloads: Downloads) -> None:
    class Stops(Silent):
        def __init__(self) -> None:
            self.asked = 0

        def cancelled(self) -> bool:
            self.asked += 1
            return self.asked > 20

    years(downloads, tmp_path, 2000, 2001, 2002)
    catalogue = catalogue_of(tmp_path, {})
    months = [Month(year, month) for year in (2000, 2001, 2002) for month in range(1, 13)]
    with pytest.raises(Cancelled):
        prepare(catalogue, months, EVERYWHERE, tmp_path / "stack", Stops())
    assert not list((tmp_path / "stack").rglob("*partial*"))
    done = prepared(catalogue, months)
    assert len(done.kept) + len(done.made) == 3
    assert done.kept


def test_half_months_become_months_weighed_by_their_days(
    tmp_path: Path, downloads: Downloads
) -> None:
    def halves(path: Path) -> FakeSeries:
        bounds = [np.datetime64(day) for day in ("2001-02-01", "2001-02-16", "2001-03-01")]
        steps = tuple(Step(path, k, bounds[k], bounds[k + 1], Month(2001, 2)) for k in (0, 1))
        return FakeSeries(steps, {(str(path), 0): 10.0, (str(path), 1): 38.0})

    (tmp_path / "n_2001.nc").write_bytes(b"CDF")
    downloads.files["n_2001.nc"] = halves
    table = {"path": "n_{year}.nc", "resampling": "nearest"}
    with pytest.raises(Wco2Error, match="2 steps in 2001-02"):
        prepared(catalogue_of(tmp_path, table), [Month(2001, 2)])
    for reduce, expected in (("mean", (15 * 10 + 13 * 38) / 28), ("max", 38), ("last", 38)):
        catalogue = catalogue_of(tmp_path, {**table, "steps": {"reduce": reduce}})
        done = prepared(catalogue, [Month(2001, 2)])
        found = looked_up(done.catalogue, "t2m", Month(2001, 2))
        assert found == pytest.approx(expected + 0.018, abs=1e-4)


def test_snow_depth_is_water_by_density(tmp_path: Path, downloads: Downloads) -> None:
    for name, number, unit in (("sd_2001.nc", 0.1, "m"), ("rsn_2001.nc", 250.0, "kg m-3")):
        (tmp_path / name).write_bytes(b"CDF")

        def made(path: Path, number: float = number, unit: str = unit) -> FakeSeries:
            steps = monthly_steps(path, Month(2001, 1), 12)
            return FakeSeries(steps, {(str(path), k): number for k in range(12)}, unit)

        downloads.files[name] = made
    table = {
        "path": "{variable}_{year}.nc",
        "derive": {"what": "snow_depth", "water": "sd", "density": "rsn"},
        "to": "cm",
    }
    done = prepared(catalogue_of(tmp_path, table), [Month(2001, 1)])
    # 100 mm of water (and 18 mm more at the column) at 250 kg m-3 are 40 cm of snow.
    water, density = 100 + 18, 250 + 0.018
    found = looked_up(done.catalogue, "t2m", Month(2001, 1))
    assert found == pytest.approx(100 * water / density, rel=1e-5)


def test_layers_are_weighed_by_their_thickness(tmp_path: Path, downloads: Downloads) -> None:
    for name, number in (("a_2001.nc", 1.0), ("b_2001.nc", 4.0)):
        (tmp_path / name).write_bytes(b"CDF")

        def made(path: Path, number: float = number) -> FakeSeries:
            steps = monthly_steps(path, Month(2001, 1), 12)
            return FakeSeries(steps, {(str(path), k): number for k in range(12)})

        downloads.files[name] = made
    table = {"path": "{variable}_{year}.nc", "layers": {"a": 7, "b": 21}, "units": "K"}
    done = prepared(catalogue_of(tmp_path, table), [Month(2001, 1)])
    found = looked_up(done.catalogue, "t2m", Month(2001, 1))
    assert found == pytest.approx((7 * 1 + 21 * 4) / 28 + 0.018, abs=1e-5)
