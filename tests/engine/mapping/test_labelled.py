"""Maps as an `xarray.Dataset`: the same values as in the files, with what describes them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio

from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.mapping.prediction import predict
from wco2_engine.progress import Silent

xarray = pytest.importorskip("xarray")

FIJI_SIDE = Grid.from_extent((150.0, 50.0, -150.0, 80.0), 2.0)
POLE = Grid.from_extent((-4e6, -4e6, 4e6, 4e6), 2e5, "EPSG:6931")
EVERYTHING = {"monthly": True, "interval": 0.9, "applicability": True, "members": True}
BAND_OF = {"dissimilarity_index": 1, "months_outside": 2, "local_point_density": 3}


def maps_of(able: SimpleNamespace, grid: Grid, output: Path | None, **options: Any) -> Any:
    return predict(able.model, able.catalogue, grid, (2001,), output, **options)


@pytest.mark.parametrize("grid", [FIJI_SIDE, POLE], ids=["antimeridian", "pole"])
def test_a_dataset_holds_the_values_of_the_files(
    able: SimpleNamespace, tmp_path: Path, grid: Grid
) -> None:
    found = maps_of(able, grid, None, tile_size=16, **EVERYTHING)
    files = maps_of(able, grid, tmp_path / "maps", **EVERYTHING)
    compared = 0
    for path in files.maps:
        quantity, _, time = path.stem.rpartition("_")
        with rasterio.open(path) as source:
            stored = source.read(masked=True).filled(np.nan)
        if quantity == "applicability":
            values = [found[name].sel(winter=int(time)).values for name in BAND_OF]
        elif quantity.startswith("monthly_flux"):
            values = [found[quantity].sel(time=f"{time}-01").values]
        else:
            values = found[quantity].sel(winter=int(time)).values.reshape(-1, *grid.shape)
        assert np.array_equal(np.stack(list(values)), stored, equal_nan=True), path.name
        compared += 1
    assert compared == 5 + 3 * len(found.time)
    assert found.winter_flux.dtype == np.float32


def test_its_coordinates_are_the_centres_of_cells(able: SimpleNamespace) -> None:
    found = maps_of(able, FIJI_SIDE, None)
    assert found.winter_flux.dims == ("winter", "lat", "lon")
    assert found.lat.values[[0, -1]].tolist() == [79.0, 51.0]
    assert found.lon.values[[0, 1, -1]].tolist() == [151.0, 153.0, 209.0]  # it never falls
    assert found.winter.values.tolist() == [2001]
    assert found.lon.attrs["units"] == "degrees_east"


def test_a_projected_dataset_tells_where_its_cells_lie_on_earth(able: SimpleNamespace) -> None:
    found = maps_of(able, POLE, None, interval=0.9)
    assert found.winter_flux.dims == ("winter", "y", "x")
    assert found.x.attrs["standard_name"] == "projection_x_coordinate"
    # In EPSG:6931 90 E runs to the right of the pole, at y = 0 between two rows.
    east = found.isel(y=20, x=39)
    assert 80 < float(east.lon) < 90
    assert found.crs.attrs["grid_mapping_name"] == "lambert_azimuthal_equal_area"
    assert found.winter_flux.attrs["grid_mapping"] == "crs"
    assert found.winter_flux.attrs["units"] == "g m-2"
    assert "lower bound of 0.9" in found.winter_flux_lower.attrs["long_name"]
    assert found.winter_flux_lower.attrs["interval_level"] == "0.9"
    assert found.attrs["Conventions"] == "CF-1.8"
    assert able.model.fingerprint in found.attrs["source"]
    assert any("not calibrated" in note for note in found.attrs["comment"].split(". "))


def test_a_dataset_goes_into_a_netcdf_file_and_back(able: SimpleNamespace, tmp_path: Path) -> None:
    pytest.importorskip("netCDF4")
    found = maps_of(able, FIJI_SIDE, None, **EVERYTHING)
    found.to_netcdf(tmp_path / "maps.nc", engine="netcdf4")
    with xarray.open_dataset(tmp_path / "maps.nc", engine="netcdf4") as again:
        assert again.winter_flux.equals(found.winter_flux)
        assert again.time.values.tolist() == found.time.values.tolist()


def test_nothing_stays_on_the_disk(
    able: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    maps_of(able, FIJI_SIDE, None)
    assert list(tmp_path.iterdir()) == []

    class Impatient(Silent):
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        maps_of(able, FIJI_SIDE, None, progress=Impatient())
    assert list(tmp_path.iterdir()) == []


def test_maps_that_do_not_fit_into_memory_are_to_become_files(able: SimpleNamespace) -> None:
    whole = Grid.from_extent((-180.0, 0.0, 180.0, 90.0), 0.01)  # 36000 x 9000 cells
    with pytest.raises(Wco2Error, match=r"1 bands of maps take 1\.30 GB of memory, and 0\.50 GB"):
        maps_of(able, whole, None, memory=1.0)


def test_files_are_predicted_without_xarray() -> None:
    script = "import sys, wco2_engine.mapping.prediction; print('xarray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "False"
