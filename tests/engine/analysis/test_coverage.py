from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from wco2_engine.analysis.coverage import Everything, fraction_cover, region_cover
from wco2_engine.analysis.zones import zone_cover
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile

LAYOUT = Grid.of_pixels("EPSG:4326", 10.0, 70.0, 1.0, 1.0, 3, 2)


def test_everything_is_all_of_each_cell() -> None:
    assert Everything().shares(Tile(0, 0, 2, 2)).toarray().tolist() == [[1, 1, 1, 1]]


def test_a_cell_belongs_to_the_first_region_that_holds_its_centre(
    world: SimpleNamespace,
) -> None:
    regions = [
        world.box("a", (1,), (10, 69, 11.5, 70)),
        world.box("b", (1,), (11, 69, 20, 70)),
    ]
    record = {"regions": [region.to_json() for region in regions]}
    cover = region_cover(None, record, LAYOUT)
    assert cover is not None
    assert cover.names == ("a", "b")
    assert cover.shares(LAYOUT.whole).toarray().tolist() == [[1, 1, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0]]
    assert region_cover(None, {}, LAYOUT) is None


def test_regions_come_from_a_toml_file_or_a_model(
    tmp_path: Path, world: SimpleNamespace, wide: SimpleNamespace
) -> None:
    toml = tmp_path / "regions.toml"
    toml.write_text('[[region]]\nname = "all"\nbbox = [0, 60, 40, 80]\n', encoding="utf-8")
    cover = region_cover(str(toml), {}, LAYOUT)
    assert cover is not None
    assert cover.names == ("all",)
    cover = region_cover(str(wide.folder / "model.wco2"), {}, LAYOUT)
    assert cover is not None
    assert cover.names == ("plateau", "arctic")


def test_classes_share_a_cell_by_their_pixels(tmp_path: Path, world: SimpleNamespace) -> None:
    """Pixels of half a degree, four of which make a cell."""
    values = [[1, 2, 2, 2, 3, 3], [1, 1, 2, 2, np.nan, 3]] + [[3.0] * 6] * 2
    raster = world.write_raster(tmp_path / "zones.tif", values, 10.0, 70.0, 0.5)
    cover = zone_cover({"path": str(raster), "names": {"2": "two", "1": "one"}}, LAYOUT)
    assert cover.names == ("two", "one")
    assert cover.shares(LAYOUT.whole).toarray() == pytest.approx(
        np.array([[0.25, 1, 0, 0, 0, 0], [0.75, 0, 0, 0, 0, 0]])
    )
    cover = zone_cover({"path": str(raster)}, LAYOUT)
    assert cover.names == ("1", "2", "3")
    assert cover.shares(LAYOUT.whole).toarray()[2] == pytest.approx([0, 0, 0.75, 1, 1, 1])


def test_a_coarser_raster_of_classes_is_looked_up_at_centres(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    raster = world.write_raster(tmp_path / "zones.tif", [[1, 2]], 8.0, 72.0, 4.0)
    cover = zone_cover({"path": str(raster)}, LAYOUT)
    assert cover.shares(LAYOUT.whole).toarray().tolist() == [[1, 1, 0] * 2, [0, 0, 1] * 2]


def test_a_raster_of_measurements_is_no_raster_of_classes(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    values = np.random.default_rng(0).normal(size=(20, 20))
    raster = world.write_raster(tmp_path / "t.tif", values, 10.0, 70.0, 0.5)
    with pytest.raises(Wco2Error, match="more than 256 values, so they are no classes"):
        zone_cover({"path": str(raster)}, LAYOUT)
    with pytest.raises(Wco2Error, match="is a raster, and has no column 'name'"):
        zone_cover({"path": str(raster), "name_field": "name"}, LAYOUT)


def test_a_fraction_is_averaged_in_the_cell(tmp_path: Path, world: SimpleNamespace) -> None:
    values = [[1, 0, 0.5, 0.5, np.nan, np.nan], [1, 1, 0.5, 0.5, np.nan, np.nan]] + [[0.2] * 6] * 2
    raster = world.write_raster(tmp_path / "land.tif", values, 10.0, 70.0, 0.5)
    found = fraction_cover(str(raster), LAYOUT).of(LAYOUT.whole)
    assert found == pytest.approx([0.75, 0.5, np.nan, 0.2, 0.2, 0.2], nan_ok=True)


def test_percent_is_no_fraction(tmp_path: Path, world: SimpleNamespace) -> None:
    raster = world.write_raster(tmp_path / "land.tif", [[80.0] * 3] * 2, 10.0, 70.0, 1.0)
    with pytest.raises(Wco2Error, match=r"land.tif holds 80, .*-scale 0.01"):
        fraction_cover(str(raster), LAYOUT).of(LAYOUT.whole)
