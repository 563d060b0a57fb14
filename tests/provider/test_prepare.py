"""Downloads become GeoTIFFs through qgis_process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from scipy.io import netcdf_file

pytestmark = pytest.mark.qgis


def test_downloads_are_prepared_and_kept(qgis, tmp_path):
    with netcdf_file(tmp_path / "t2m_2001.nc", "w") as file:
        for axis, values, unit in (
            ("time", np.arange(12.0), "months since 2001-01-01"),
            ("lat", np.arange(69.5, 59.0, -1.0), "degrees_north"),
            ("lon", np.arange(100.5, 111.0), "degrees_east"),
        ):
            file.createDimension(axis, len(values))
            file.createVariable(axis, "f8", (axis,))[:] = values
            file.variables[axis].units = unit
        variable = file.createVariable("t2m", "f4", ("time", "lat", "lon"))
        variable[:] = 260 + np.arange(12)[:, None, None]
        variable.units = "K"
    catalogue = tmp_path / "catalogue.toml"
    catalogue.write_text(
        '[[predictor]]\nname = "air"\npath = "t2m_{year}.nc"\nwhen = "monthly"\nto = "degC"\n'
    )
    given = {"CATALOGUE": catalogue, "YEARS": "2001", "OUTPUT": tmp_path / "stack"}
    found = qgis.run("preparepredictors", EXTENT="100,110,60,69 [EPSG:4326]", **given).ok()
    assert (found["PREPARED"], found["MADE"]) == (1, 1)
    with rasterio.open(Path(found["OUTPUT"]) / "air/air_2001.tif") as source:
        assert source.descriptions[0] == "2001-01"
        # The file's units are used: January is 260 K.
        assert source.read(1)[3, 3] == np.float32(260 - 273.15)
    again = qgis.run("preparepredictors", EXTENT="100,110,60,69 [EPSG:4326]", **given).ok()
    assert again["MADE"] == 0
