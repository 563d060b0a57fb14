"""A look at values shows a wrong unit, a wrong scale and a map upside down before anything runs."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from wco2_engine.drafting.sanity import look_at_values
from wco2_engine.errors import Cancelled
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.jobs import CatalogueJob
from wco2_engine.products.reading import product_of
from wco2_engine.progress import Silent


def air(path: Path, winter: float, *, upside_down: bool = False, cell: float = 1.0) -> Path:
    """Twelve months of 98 to 104 E, 25 to 80 N: colder by 0.5 a degree northward, warm in July."""
    lat = np.arange(80 - cell / 2, 25, -cell)
    lon = np.arange(98 + cell / 2, 104, cell)
    months = np.arange(1, 13)
    season = -np.cos((months - 1) / 12 * 2 * np.pi)  # -1 in January, 1 in July
    north = lat[::-1] if upside_down else lat
    values = winter + 15 * (season[:, None] + 1) - 0.5 * (north[None, :] - 50)
    with netCDF4.Dataset(path, "w") as file:
        for name, axis, units in (
            ("time", months, "months since 2000-12-15"),
            ("latitude", lat, "degrees_north"),
            ("longitude", lon, "degrees_east"),
        ):
            file.createDimension(name, len(axis))
            variable = file.createVariable(name, "f8", (name,))
            variable.units = units
            variable[:] = axis
        file["time"].units = "days since 2001-01-01"
        file["time"][:] = np.array([15 + 30.4 * (m - 1) for m in months])
        stored = file.createVariable("t2m", "f4", ("time", "latitude", "longitude"))
        stored[:] = np.repeat(values[:, :, None], len(lon), axis=2)
    return path


def look(tmp_path: Path, keys: str = "", **more):
    air(tmp_path / "t.nc", **more)
    (tmp_path / "c.toml").write_text(
        '[[predictor]]\nname = "air"\npath = "t.nc"\nvariable = "t2m"\nwhen = "monthly"\n' + keys
    )
    variable = product_of("era5-land-monthly").variable("air_temperature")
    (found,) = look_at_values(Catalogue.read(tmp_path / "c.toml"), {"air": variable}, Silent())
    return found


def test_right_values_are_told_without_a_doubt(tmp_path):
    found = look(tmp_path, 'units = "degC"\n', winter=-10)
    assert not found.doubts
    assert found.months == ("2001-01", "2001-07")
    assert (found.first, found.last, found.absent) == ("2001-01", "2001-12", ())
    # January at 79.5 N: -10 - 0.5 * 29.5; July at 25.5 N: -10 + 30 + 0.5 * 24.5
    assert found.low == pytest.approx(-24.75, abs=0.2)
    assert found.high == pytest.approx(32.25, abs=0.2)
    assert found.missing == 0.0
    assert found.north is not None and found.south is not None and found.north < found.south
    assert "degC" in found.text and "0% missing" in found.text


def test_kelvin_is_seen_as_kelvin(tmp_path):
    found = look(tmp_path, 'units = "degC"\n', winter=263.15)
    assert any("They look like K." in doubt for doubt in found.doubts)


def test_a_factor_of_ten_is_seen(tmp_path):
    found = look(tmp_path, 'units = "degC"\nscale = 10\noffset = 0\n', winter=-10)
    assert any("They look 10 times the right ones." in doubt for doubt in found.doubts)


def test_a_map_upside_down_is_seen(tmp_path):
    found = look(tmp_path, 'units = "degC"\n', winter=-10, upside_down=True)
    assert any("upside down" in doubt for doubt in found.doubts)


def test_values_that_are_not_possible_are_told_and_do_not_stop_the_others(tmp_path):
    found = look(tmp_path, 'units = "degC"\nvalid = [-5, 5]\n', winter=-10)
    assert found.low is None
    assert "t.nc" in found.doubts[0] or "valid" in found.doubts[0]


def test_looking_stops_when_it_is_cancelled(tmp_path):
    class Stopped(Silent):
        def cancelled(self) -> bool:
            return True

    air(tmp_path / "t.nc", -10)
    (tmp_path / "c.toml").write_text('[[predictor]]\nname = "air"\npath = "t.nc"\n')
    with pytest.raises(Cancelled):
        look_at_values(Catalogue.read(tmp_path / "c.toml"), {}, Stopped())


def test_missing_months_between_are_told(tmp_path):
    air(tmp_path / "t.nc", -10)
    with netCDF4.Dataset(tmp_path / "t.nc", "a") as file:
        file["time"][11] = 15 + 30.4 * 13  # February of the next year in place of December
    (tmp_path / "c.toml").write_text(
        '[[predictor]]\nname = "air"\npath = "t.nc"\nvariable = "t2m"\nwhen = "monthly"\n'
        'units = "degC"\n'
    )
    (found,) = look_at_values(Catalogue.read(tmp_path / "c.toml"), {}, Silent())
    assert found.absent == ("2001-12", "2002-01")
    assert not found.doubts


def test_the_draft_tells_values_beside_each_predictor(made_up, tmp_path):
    made_up.make_downloads(tmp_path / "d", "vcf", "obu")
    facts = CatalogueJob(str(tmp_path / "c.toml"), [str(tmp_path / "d")]).run(Silent())
    text = (tmp_path / "c.toml").read_text()
    looks = {row["name"]: row for row in facts["values"]}
    assert looks["ground_temperature"]["units"] == "degC"
    assert -7 < looks["ground_temperature"]["low"] < looks["ground_temperature"]["high"] < -4
    assert text.count("# Values") == 2
    assert not [doubt for row in facts["values"] for doubt in row["doubts"]]
