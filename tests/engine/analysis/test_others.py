"""Products of monthly fluxes, as netCDF or GeoTIFF, become maps of winters that can be compared."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from wco2_engine.analysis.others import FluxProduct
from wco2_engine.analysis.series import MapSeries
from wco2_engine.cli import main
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.progress import Silent

NEAR = Grid.of_pixels("EPSG:4326", 100.0, 70.0, 1.0, 1.0, 6, 4)
LAYOUT = """
title = "An inversion"
path = "flux_{year}.nc"
variable = "bio_flux"
units = "mol CO2 m-2 s-1"
positive = "uptake"
months = [11, 12, 1]
"""


def write_inversion(folder: Path, years: tuple[int, ...]) -> Path:
    """A year a file, 2 degrees, from south to north; -1e-8 mol m-2 s-1 and a bit by longitude."""
    xarray = pytest.importorskip("xarray")
    latitude, longitude = np.arange(61.0, 73, 2), np.arange(97.0, 113, 2)
    flux = -1e-8 - np.zeros((12, 6, 8)) - 1e-10 * (longitude - 100)
    for year in years:
        time = np.array([f"{year}-{month:02d}-15" for month in range(1, 13)], "datetime64[ns]")
        data = xarray.Dataset(
            {"bio_flux": (("time", "latitude", "longitude"), flux)},
            {"time": time, "latitude": latitude, "longitude": longitude},
        )
        data["bio_flux"].attrs["units"] = "mol m-2 s-1"
        data["latitude"].attrs["units"] = "degrees_north"
        data["longitude"].attrs["units"] = "degrees_east"
        data.to_netcdf(folder / f"flux_{year}.nc")
    (folder / "inversion.toml").write_text(LAYOUT, encoding="utf-8")
    return folder / "inversion.toml"


def test_a_winter_is_the_sum_of_its_months_in_grams_of_carbon_and_of_the_right_sign(
    tmp_path: Path,
) -> None:
    product = FluxProduct.read(write_inversion(tmp_path, (2000, 2001)))
    paths = product.winters([2000, 2001], NEAR, tmp_path / "winters", Silent())
    # Winter 2000 begins in 1999, of which there is no file.
    assert [path.name for path in paths] == ["winter_flux_2001.tif"]
    series = MapSeries.read(tmp_path / "winters")
    values = series.map_of(2001)
    column = int((101.0 - series.grid.bounds[0]) / 2)
    # 1.01e-8 mol m-2 s-1 over 30 + 31 + 31 days, 12.011 g C a mole.
    expected = 1.01e-8 * 12.011 * 86400 * 92
    assert values[:, column] == pytest.approx(expected, rel=1e-5)
    assert series.grid.dx == 2.0 and series.grid.bounds[3] >= 70.0


def test_maps_are_compared_with_a_product_as_it_comes(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    for year in (2001, 2002):
        values = np.full((4, 6), 2.0)
        world.write_raster(tmp_path / f"ours/flux_{year}.tif", values, 100.0, 70.0, 1.0)
    product = write_inversion(tmp_path, (2000, 2001, 2002))
    call = ["compare", str(tmp_path / "ours"), str(product), "-o", str(tmp_path / "c.html")]
    said = CliRunner().invoke(main, [*call, "--units-a", "g C m-2", "--units-b", "g C m-2"])
    assert said.exit_code == 2 and "Write units into that file" in said.output
    done = CliRunner().invoke(main, [*call, "--units-a", "g C m-2"])
    assert done.exit_code == 0, done.output
    page = (tmp_path / "c.html").read_text("utf-8")
    assert "ours and inversion compared" in page
    maps = {path.name for path in (tmp_path / "c_winters/inversion").glob("*.tif")}
    assert maps == {"winter_flux_2001.tif", "winter_flux_2002.tif"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('units = "mol CO2 m-2 s-1"', "", "the unit of the flux is not given"),
        ("mol CO2 m-2 s-1", "degC", "is no unit of a CO2 flux"),
        ('"uptake"', '"up"', "positive = 'up'"),
        ('"uptake"', '["up"]', r"positive = \['up'\]"),
        ("title", "overrule = 3\ntitle", "is not a text, or a list of texts"),
        ("months = [11, 12, 1]", "months = [11, 1]", "not one run of months"),
        ("title", "lag = 1\ntitle", "lag is not a key of a product"),
        ("title", "colour = 1\ntitle", "unknown key 'colour'"),
    ],
)
def test_what_a_product_can_not_say_is_refused(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "inversion.toml"
    path.write_text(LAYOUT.replace(old, new), encoding="utf-8")
    with pytest.raises(Wco2Error, match=message):
        FluxProduct.read(path)


def test_two_products_are_no_comparison(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(LAYOUT, encoding="utf-8")
    call = ["compare", str(tmp_path / "a.toml"), str(tmp_path / "a.toml"), "-o"]
    result = CliRunner().invoke(main, [*call, str(tmp_path / "c.html")])
    assert result.exit_code == 2 and "are both files that describe a product" in result.output
