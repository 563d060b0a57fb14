"""A published folder: readable by others' software, complete, and honest about what it lacks."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner

from wco2_engine.cli import main
from wco2_engine.errors import Cancelled, Wco2Error
from wco2_engine.grid import Grid
from wco2_engine.progress import Silent
from wco2_engine.publication.about import About
from wco2_engine.publication.dataset import read_dataset
from wco2_engine.publication.folder import publish
from wco2_engine.publication.series_files import need

xarray = pytest.importorskip("xarray", reason="the extra publish is not installed")
netcdf = pytest.importorskip("netCDF4", reason="the extra publish is not installed")
pystac = pytest.importorskip("pystac", reason="the extra publish is not installed")
pytest.importorskip("zarr", reason="the extra publish is not installed")

VALUES = np.random.default_rng(0).gamma(2, 20, (2, 6, 9)).astype(np.float32)
VALUES[0, 1, 1] = VALUES[1, 2, 3] = np.nan
FACTS = """
title = "Winter fluxes of nowhere"
licence = "CC-BY-4.0"
doi = "10.1234/abcd"
version = "1.0"
abstract_zh = "补充说明。"
keywords = ["winter"]
include = ["budget.csv"]
[[creators]]
name = "Muster"
given = "Ada Beate"
orcid = "0000-0002-1825-0097"
"""


def write_run(
    folder: Path, world: SimpleNamespace, simulated: bool = False, bounds: bool = False
) -> Path:
    """What `wco2 predict` leaves: two winters of 6 x 9 cells, and perhaps bounds."""
    from wco2_engine.mapping.writer import Band, write_cog

    grid = Grid.of_pixels("EPSG:4326", 100.0, 70.0, 0.5, 0.5, 9, 6)
    names = []
    for quantity, offset in (
        ("winter_flux", 0),
        ("winter_flux_lower", -3),
        ("winter_flux_upper", 3),
    ):
        if offset and not bounds:
            continue
        for year, values in zip((2001, 2002), VALUES, strict=True):
            names.append(f"{quantity}/{quantity}_{year}.tif")
            tags = {"WCO2_VALID_FROM": f"{year - 1}-10-01", "WCO2_VALID_TO": f"{year}-04-30"}
            band = Band("flux", "g C m-2 winter-1")
            stored = [(grid.whole, (values.astype(float) + offset)[np.newaxis])]
            write_cog(folder / names[-1], grid, [band], stored, tags)
    record = {"model": "abc", "title": "A run", "simulated": simulated, "maps": names}
    (folder / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def published(folder: Path, maps: Path, about: About | None = None, **more: Any) -> Path:
    dataset = read_dataset(maps, about or About(), **more)
    publish(dataset, folder, False, Silent())
    return folder


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, world: SimpleNamespace) -> Path:
    """A published folder with bounds and all facts."""
    folder = tmp_path_factory.mktemp("publish")
    maps = write_run(folder / "maps", world, bounds=True)
    (folder / "publication.toml").write_text(FACTS, encoding="utf-8")
    (folder / "budget.csv").write_text("a,b\n", encoding="utf-8")
    call = ["publish", maps, "-o", folder / "out", "--facts", folder / "publication.toml"]
    call += ["--page", folder / "page.html"]
    result = CliRunner().invoke(main, [str(word) for word in call])
    assert result.exit_code == 0, result.output
    return folder / "out"


def test_netcdf_and_zarr_hold_the_maps_with_time_and_place(out: Path) -> None:
    for found in (
        xarray.open_dataset(out / "winter_flux.nc"),
        xarray.open_zarr(out / "winter_flux.zarr", chunks=None),
    ):
        with found:
            np.testing.assert_array_equal(found["winter_flux"].to_numpy(), VALUES)
            np.testing.assert_allclose(found["winter_flux_lower"], VALUES - 3, rtol=1e-5)
            assert found["winter"].to_numpy().tolist() == [2001, 2002]
            np.testing.assert_allclose(found["lat"][:2], [69.75, 69.25])
            np.testing.assert_allclose(found["lon"][[0, -1]], [100.25, 104.25])
            days = found["time_bnds"].to_numpy().astype("datetime64[D]").astype(str)
            assert days.tolist() == [["2000-10-01", "2001-05-01"], ["2001-10-01", "2002-05-01"]]


def test_the_netcdf_keeps_the_cf_conventions(out: Path) -> None:
    with netcdf.Dataset(out / "winter_flux.nc") as found:
        assert found.Conventions == "CF-1.8"
        flux = found["winter_flux"]
        assert (flux.units, flux._FillValue, flux.grid_mapping) == ("g m-2", -9999.0, "crs")
        assert flux.cell_methods == "time: sum lat: lon: mean"
        assert found["time"].units == "days since 1900-01-01" and found["time"].axis == "T"
        assert found["lat"].bounds == "lat_bnds" and "lat_bnds" in found.variables
        assert not hasattr(found["lat"], "_FillValue")
        crs = found["crs"]
        assert crs.grid_mapping_name == "latitude_longitude"
        assert crs.semi_major_axis == 6378137.0 and crs.horizontal_datum_name
        assert found.license == "CC-BY-4.0" and not hasattr(found, "simulated")


def test_gdal_reads_netcdf_and_zarr_with_their_crs(out: Path) -> None:
    for name in (
        f"NETCDF:{out}/winter_flux.nc:winter_flux",
        f"ZARR:{out}/winter_flux.zarr:/winter_flux:1",
    ):
        with rasterio.open(name) as source:
            values = source.read(source.count)
            assert source.bounds == pytest.approx((100.0, 67.0, 104.5, 70.0))
            np.testing.assert_array_equal(
                values[values != source.nodata], VALUES[1][~np.isnan(VALUES[1])]
            )
            if name.startswith("NETCDF"):
                assert source.crs.to_epsg() == 4326


def test_the_stac_collection_is_read_with_all_its_items_and_assets(out: Path) -> None:
    collection = pystac.Collection.from_file(str(out / "collection.json"))
    items = list(collection.get_items())
    assert [item.id for item in items] == ["winter_flux_2001", "winter_flux_2002"]
    assert collection.license == "CC-BY-4.0"
    assert collection.extent.spatial.bboxes == [[100.0, 67.0, 104.5, 70.0]]
    for item in items:
        assert item.properties["proj:code"] == "EPSG:4326"
        assert item.properties["proj:shape"] == [6, 9]
        for asset in item.get_assets().values():
            with rasterio.open(asset.get_absolute_href()) as source:
                assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert items[1].common_metadata.start_datetime.date().isoformat() == "2001-10-01"
    text = "".join(path.read_text("utf-8") for path in [*out.glob("*.json"), *out.glob("items/*")])
    assert '"href": "/' not in text


def test_what_was_checked_and_is_not_known_is_on_a_page(out: Path, tmp_path: Path) -> None:
    told = out.with_name("page.html").read_text(encoding="utf-8")
    card = json.loads((out / "card.json").read_text("utf-8"))
    assert card["title"] in told and all(html.escape(each) in told for each in card["checks"])
    maps = str(out.with_name("maps"))
    inside = ["publish", maps, "-o", str(tmp_path / "o"), "--page", str(tmp_path / "o/p.html")]
    result = CliRunner().invoke(main, inside)
    assert result.exit_code == 2 and "holds what is published and no more" in result.output
    assert not (tmp_path / "o").exists()


def test_checksums_name_every_other_file(out: Path) -> None:
    lines = (out / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {line[66:]: line[:64] for line in lines}
    there = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert set(listed) == there - {"SHA256SUMS"}
    for name in ("README.md", "winter_flux/winter_flux_2001.tif", "extras/budget.csv"):
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == listed[name]


def test_the_card_says_what_is_known_and_what_is_not(out: Path) -> None:
    card = json.loads((out / "card.json").read_text("utf-8"))
    readme = (out / "README.md").read_text("utf-8")
    assert card["title"] == "Winter fluxes of nowhere" and card["simulated"] is False
    assert card["abstract"]["en"].startswith("Maps of the CO2 flux from the ground in 2 winters")
    assert "本数据集给出 2 个冬季" in card["abstract"]["zh"]
    assert card["abstract"]["zh"].endswith("补充说明。")
    unknown = " ".join(card["not_known"])
    assert "Where the observations come from" in unknown and "The model is not here" in unknown
    assert "licence" not in unknown and "intervals" not in unknown and "DOI" not in unknown
    assert all(sentence in readme for sentence in card["not_known"])
    assert (
        "Muster, A. B. Winter fluxes of nowhere, version 1.0, https://doi.org/10.1234/abcd."
        in readme
    )
    assert 'family-names: "Muster"' in (out / "CITATION.cff").read_text("utf-8")
    assert (out / "thumbnail.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_simulated_is_marked_everywhere(tmp_path: Path, world: SimpleNamespace) -> None:
    out = published(tmp_path / "out", write_run(tmp_path / "maps", world, simulated=True))
    assert "**Simulated.**" in (out / "README.md").read_text("utf-8")
    card = json.loads((out / "card.json").read_text("utf-8"))
    assert card["simulated"] and card["abstract"]["zh"].startswith("【模拟数据】")
    collection = json.loads((out / "collection.json").read_text("utf-8"))
    assert collection["wco2:simulated"] and "simulated" in collection["keywords"]
    with xarray.open_dataset(out / "winter_flux.nc") as found:
        assert found.attrs["simulated"] == "yes" and found.attrs["comment"].startswith("SIMULATED")
    assert not (out / "CITATION.cff").exists()  # nobody is named, so there is none to cite


def test_months_reach_and_bounds_of_a_run_are_told(tmp_path: Path, world: SimpleNamespace) -> None:
    maps = write_run(tmp_path / "maps", world, bounds=True)
    months = [f"monthly_flux/monthly_flux_{time}.tif" for time in ("2000-12", "2001-12")]
    (maps / "monthly_flux").mkdir()
    for month in months:
        shutil.copyfile(maps / "winter_flux/winter_flux_2001.tif", maps / month)
    record = json.loads((maps / "prediction.json").read_text("utf-8"))
    record |= {
        "maps": [*record["maps"], *months],
        "catalogue": {"file": "catalogue.toml", "folder": "at_home"},
        "interval": 0.9,
        "interval_calibrated": {"arctic": True, "cold_plateau": False},
        "applicability": {"threshold": {"arctic": 0.2}},
        "cell_months": [
            {"region": "arctic", "year": 2001, "predicted": 30, "outside": 6},
            {"region": "arctic", "year": 2002, "predicted": 70, "outside": 4},
        ],
    }
    (maps / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    out = published(tmp_path / "out", maps)
    item = json.loads((out / "items/winter_flux_2001.json").read_text("utf-8"))
    assert "monthly_flux_2000-12" in item["assets"]
    assert "monthly_flux_2001-12" not in item["assets"]  # of the next winter
    readme = (out / "README.md").read_text("utf-8")
    assert "Arctic: 10.0 % of the predicted cell-months lie outside" in readme
    assert "hold 90% of the fluxes of a cell (not calibrated in cold plateau)" in readme
    assert "at_home" not in (out / "prediction.json").read_text("utf-8")
    with netcdf.Dataset(out / "winter_flux.nc") as found:
        both = "winter_flux_lower winter_flux_upper"
        assert found["winter_flux"].ancillary_variables == both
        assert "never add them up" in found["winter_flux_lower"].comment


def test_maps_of_others_are_written_with_the_crs_and_unit_that_are_given(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    values = np.full((5, 7), 44.009)
    values[0, 0] = np.nan
    for year in (1990, 1991):
        world.write_raster(
            tmp_path / "theirs" / f"co2_{year}.tif", values, -2e5, 1e5, 5e4, crs=None, nodata=-1e30
        )
    with pytest.raises(Wco2Error, match="no coordinate reference system"):
        read_dataset(tmp_path / "theirs", About())
    out = published(tmp_path / "out", tmp_path / "theirs", crs="EPSG:6931", units="g CO2 m-2")
    with rasterio.open(out / "winter_flux/winter_flux_1991.tif") as source:
        assert source.crs.to_epsg() == 6931 and source.nodata == -9999
        assert source.units == ("g C m-2 winter-1",)
        assert source.read(1)[1, 1] == pytest.approx(12.011)
    with xarray.open_dataset(out / "winter_flux.nc") as found:
        assert found["winter_flux"].dims == ("time", "y", "x")
        assert "time_bnds" not in found and "1 January" in found["time"].attrs["long_name"]
        assert found["crs"].attrs["grid_mapping_name"] == "lambert_azimuthal_equal_area"
        assert float(found["lat"].max()) > 89
    item = json.loads((out / "items/winter_flux_1990.json").read_text("utf-8"))
    assert item["bbox"][0] == -180.0 and item["bbox"][2] == 180.0  # the pole lies inside
    unknown = " ".join(json.loads((out / "card.json").read_text("utf-8"))["not_known"])
    assert "state no CRS" in unknown and "Which months a winter has" in unknown


def test_a_folder_that_is_there_is_replaced_only_when_asked_and_ours(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    maps = write_run(tmp_path / "maps", world)
    out = published(tmp_path / "out", maps)
    dataset = read_dataset(maps, About())
    with pytest.raises(Wco2Error, match="is there already"):
        publish(dataset, out, False, Silent())
    (out / "README.md").write_text("old", encoding="utf-8")
    publish(dataset, out, True, Silent())
    assert (out / "README.md").read_text("utf-8") != "old"
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(Wco2Error, match="no folder that was published before"):
        publish(dataset, other, True, Silent())
    with pytest.raises(Wco2Error, match="holds the maps"):
        publish(dataset, tmp_path, True, Silent())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["maps", "other", "out"]


class Stops(Silent):
    """Asks to stop at a message."""

    def __init__(self, at: str) -> None:
        self._at, self._stop = at, False

    def update(self, fraction: float, message: str = "") -> None:
        self._stop = self._stop or message.startswith(self._at)

    def cancelled(self) -> bool:
        return self._stop


@pytest.mark.parametrize("at", ["GeoTIFF", "netCDF", "Zarr", "Reading", "Checksums"])
def test_a_cancelled_run_leaves_nothing(tmp_path: Path, world: SimpleNamespace, at: str) -> None:
    maps = write_run(tmp_path / "maps", world)
    with pytest.raises(Cancelled):
        publish(read_dataset(maps, About()), tmp_path / "out", False, Stops(at))
    assert [path.name for path in tmp_path.iterdir()] == ["maps"]


def test_a_file_that_names_a_folder_of_this_machine_is_refused(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    maps = write_run(tmp_path / "maps", world)
    note = tmp_path / "notes.csv"
    note.write_text(f"read from {tmp_path.resolve()}/maps\n", encoding="utf-8")
    dataset = read_dataset(maps, About(), extras={Path("extras/notes.csv"): note})
    with pytest.raises(Wco2Error, match=r"extras/notes\.csv names .*nobody else's business"):
        publish(dataset, tmp_path / "out", False, Silent())
    assert not (tmp_path / "out").exists()


def test_a_record_that_points_out_of_the_folder_is_refused(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    maps = write_run(tmp_path / "maps", world)
    record = json.loads((maps / "prediction.json").read_text("utf-8"))
    record["maps"].append("../secret/secret_2001.tif")
    (maps / "prediction.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(Wco2Error, match="lies outside of its folder"):
        read_dataset(maps, About())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("titel = 'x'", "unknown key 'titel'.*'title'"),
        ("title = 3", "title is no text"),
        ("doi = 'abcd'", "doi 'abcd' is none"),
        ("keywords = 'a'", "keywords is no list"),
        ("include = ['gone.csv']", "gone.csv does not exist"),
        ("[[creators]]\ngiven = 'A'", "creator 1 has no name"),
        ("[[creators]]\nname = 'A'\norcid = '1'", "orcid '1' is none"),
    ],
)
def test_facts_that_cannot_be_are_refused(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "publication.toml"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(Wco2Error, match=message):
        About.read(path)


def test_a_missing_library_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(Wco2Error, match=r"no_such_library.*wco2-engine\[publish\]"):
        need("no_such_library")


def test_a_study_that_was_not_run_can_not_be_published(small_study: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["publish", str(small_study), "-o", str(tmp_path / "o")])
    assert result.exit_code == 2 and "has not been run" in result.output


def test_a_study_brings_its_model_report_and_scores(finished_study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    call = ["publish", str(finished_study.parent), "-o", str(out), "--json"]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 0, result.output
    facts = json.loads(result.output.splitlines()[-1])
    assert facts["winters"] == [2001, 2002] and facts["licence"] == "CC-BY-4.0"
    assert (out / "model/model.wco2").is_file() and (out / "report/report.html").is_file()
    card = json.loads((out / "card.json").read_text("utf-8"))
    assert card["scores"] and card["model"]["regions"][0]["name"] == "siberia"
    assert "Siberia" in card["abstract"]["zh"] and "R2" in card["abstract"]["en"]
    assert str(finished_study.parent).encode() not in b"".join(
        path.read_bytes() for path in out.rglob("*") if path.is_file()
    )


def test_the_folder_of_the_winter_flux_stands_for_the_run(
    tmp_path: Path, world: SimpleNamespace
) -> None:
    maps = write_run(tmp_path / "maps", world, bounds=True)
    found = read_dataset(maps / "winter_flux", About())
    assert {q: s.maps[2001].parent.name for q, s in found.series.items()} == {
        q: q for q in ("winter_flux", "winter_flux_lower", "winter_flux_upper")
    }
