from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wco2_engine.analysis.zoning import AllCells, cell_fraction, region_zoning, zoning_of
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile

LAYOUT = Grid.of_pixels("EPSG:4326", 10.0, 70.0, 1.0, 1.0, 3, 2)


def test_everything_is_all_of_each_cell() -> None:
    assert AllCells().fractions(Tile(0, 0, 2, 2)).toarray().tolist() == [[1, 1, 1, 1]]


def test_a_cell_belongs_to_the_first_region_that_holds_its_centre(
    world: SimpleNamespace,
) -> None:
    regions = [
        world.box("a", (1,), (10, 69, 11.5, 70)),
        world.box("b", (1,), (11, 69, 20, 70)),
    ]
    record = {"regions": [region.to_json() for region in regions]}
    zoning = region_zoning(None, record, LAYOUT)
    assert zoning is not None
    assert zoning.names == ("a", "b")
    assert zoning.fractions(LAYOUT.whole).toarray().tolist() == [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0],
    ]
    assert region_zoning(None, {}, LAYOUT) is None


def test_regions_come_from_a_toml_file_or_a_model(
    tmp_path: Path, world: SimpleNamespace, wide: SimpleNamespace
) -> None:
    toml = tmp_path / "regions.toml"
    toml.write_text('[[region]]\nname = "all"\nbbox = [0, 60, 40, 80]\n', encoding="utf-8")
    zoning = region_zoning(str(toml), {}, LAYOUT)
    assert zoning is not None
    assert zoning.names == ("all",)
    zoning = region_zoning(str(wide.folder / "model.wco2"), {}, LAYOUT)
    assert zoning is not None
    assert zoning.names == ("plateau", "arctic")


def test_classes_share_a_cell_by_their_pixels(tmp_path: Path, world: SimpleNamespace) -> None:
    """Pixels of half a degree, four of which make a cell."""
    values = [[1, 2, 2, 2, 3, 3], [1, 1, 2, 2, np.nan, 3]] + [[3.0] * 6] * 2
    raster = world.write_raster(tmp_path / "zones.tif", values, 10.0, 70.0, 0.5)
    zoning = zoning_of({"path": str(raster), "names": {"2": "two", "1": "one"}}, LAYOUT)
    assert zoning.names == ("two", "one")
    assert zoning.fractions(LAYOUT.whole).toarray() == pytest.approx(
        np.array([[0.25, 1, 0, 0, 0, 0], [0.75, 0, 0, 0, 0, 0]])
    )
    zoning = zoning_of({"path": str(raster)}, LAYOUT)
    assert zoning.names == ("1", "2", "3")
    assert zoning.fractions(LAYOUT.whole).toarray()[2] == pytest.approx([0, 0, 0.75, 1, 1, 1])


def test_a_coarser_raster_of_classes_is_looked_up_at_centres(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    raster = world.write_raster(tmp_path / "zones.tif", [[1, 2]], 8.0, 72.0, 4.0)
    zoning = zoning_of({"path": str(raster)}, LAYOUT)
    assert zoning.fractions(LAYOUT.whole).toarray().tolist() == [[1, 1, 0] * 2, [0, 0, 1] * 2]


def test_a_raster_of_measurements_is_no_raster_of_classes(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    values = np.random.default_rng(0).normal(size=(20, 20))
    raster = world.write_raster(tmp_path / "t.tif", values, 10.0, 70.0, 0.5)
    with pytest.raises(Wco2Error, match="more than 256 values, so they are no classes"):
        zoning_of({"path": str(raster)}, LAYOUT)
    with pytest.raises(Wco2Error, match="is a raster, and has no column 'name'"):
        zoning_of({"path": str(raster), "name_field": "name"}, LAYOUT)


def test_a_fraction_is_averaged_in_the_cell(tmp_path: Path, world: SimpleNamespace) -> None:
    values = [[1, 0, 0.5, 0.5, np.nan, np.nan], [1, 1, 0.5, 0.5, np.nan, np.nan]] + [[0.2] * 6] * 2
    raster = world.write_raster(tmp_path / "land.tif", values, 10.0, 70.0, 0.5)
    found = cell_fraction(str(raster), LAYOUT).of(LAYOUT.whole)
    assert found == pytest.approx([0.75, 0.5, np.nan, 0.2, 0.2, 0.2], nan_ok=True)


def test_percent_is_no_fraction(tmp_path: Path, world: SimpleNamespace) -> None:
    raster = world.write_raster(tmp_path / "land.tif", [[80.0] * 3] * 2, 10.0, 70.0, 1.0)
    with pytest.raises(Wco2Error, match=r"land.tif holds 80, .*-scale 0.01"):
        cell_fraction(str(raster), LAYOUT).of(LAYOUT.whole)
