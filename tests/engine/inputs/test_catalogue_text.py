"""A catalogue cut down to some of its predictors."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.catalogue_text import only_predictors

TEXT = """# All of our predictors.

[[predictor]]
name = "temperature"           # at 2 m
path = "t/{year}.tif"          # a file a year
when = "monthly"
units = "degC"

[[predictor]]
name = 'ndvi'
path = 'n\\{year}_{month:02d}.tif'
when = "monthly"
units = "1"
[predictor.window]
months = [6, 7, 8]
of = "previous"
reduce = "max"

  [[ predictor ]]
name = "carbon"
path = "/vsicurl/https://example.org/c.tif"
units = "%"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "catalogue.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_it_reads_as_the_catalogue_of_these_predictors_from_any_folder(
    catalogue: Path, tmp_path: Path
) -> None:
    other = tmp_path / "chosen.toml"
    other.write_text(only_predictors(catalogue, ["temperature", "carbon"]), encoding="utf-8")
    found, whole = Catalogue.read(other), Catalogue.read(catalogue)
    assert found.names == ("temperature", "carbon")
    first, second = whole.only(found.names).predictors
    inside = f"{catalogue.parent.as_posix()}/{first.path}"
    assert found.predictors == (replace(first, path=inside), second)


def test_comments_and_windows_stay(catalogue: Path) -> None:
    text = only_predictors(catalogue, ["ndvi", "temperature"])
    assert text.startswith("# All of our predictors.")
    assert "# at 2 m" in text
    assert "# a file a year" in text
    assert tomllib.loads(text)["predictor"][1]["window"]["reduce"] == "max"
    assert "carbon" not in text


def test_a_catalogue_that_can_not_be_cut_is_named(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text('predictor = [{name = "a", path = "a.tif", units = "1"}]\n')
    with pytest.raises(Wco2Error, match=r"catalogue\.toml can't be cut down"):
        only_predictors(path, ["a"])


def test_series_in_parts_and_products_keep_a_whole_root(tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_text(
        """
[[predictor]]  # in parts
name = "air"
path = ["old_{year}.nc", "/elsewhere/new_{year}.nc"]
when = "monthly"

[[predictor]]
name = "snow"
root = "down/loads"
path = "snow_{year}.nc"
when = "monthly"
""",
        encoding="utf-8",
    )
    text = only_predictors(tmp_path / "catalogue.toml", ["air", "snow"])
    other = tmp_path / "other"
    other.mkdir()
    (other / "cut.toml").write_text(text, encoding="utf-8")
    air, snow = Catalogue.read(other / "cut.toml").predictors
    assert [pattern.text for pattern in air.patterns] == [
        f"{tmp_path.as_posix()}/old_{{year}}.nc",
        "/elsewhere/new_{year}.nc",
    ]
    assert snow.path == f"{tmp_path.as_posix()}/down/loads/snow_{{year}}.nc"
    assert "# in parts" in text
