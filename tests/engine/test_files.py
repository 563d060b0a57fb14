"""Files that appear whole or not at all, and paths that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.files import (
    atomic_write,
    check_ending,
    existing_file,
    file_state,
    refuse_overwriting_inputs,
    writable_folder,
)


def test_a_file_takes_its_name_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "map.tif"
    with atomic_write(path) as partial:
        assert partial.parent == path.parent
        assert partial.suffix == ".tif"  # drivers go by it
        partial.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert [p.name for p in path.parent.iterdir()] == ["map.tif"]


def test_an_earlier_file_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "map.tif"
    path.write_text("earlier")

    def write_half() -> None:
        with atomic_write(path) as partial:
            partial.write_text("half")
            partial.with_name(partial.name + ".aux.xml").write_text("left by a driver")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "earlier"
    assert [p.name for p in tmp_path.iterdir()] == ["map.tif"]


def test_names_with_brackets_are_cleaned_up_too(tmp_path: Path) -> None:
    path = tmp_path / "map[1].tif"

    def write_half() -> None:
        with atomic_write(path) as partial:
            partial.write_text("half")
            raise ValueError

    with pytest.raises(ValueError):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")

    def write() -> None:
        with atomic_write(taken / "maps" / "map.tif") as partial:
            partial.write_text("")

    with pytest.raises(Wco2Error, match="a file, not a folder"):
        write()
    with pytest.raises(Wco2Error, match="is a file, not a folder"):
        writable_folder(taken)
    assert writable_folder(tmp_path / "a" / "b").is_dir()


def test_a_missing_file_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "catalogue.toml").write_text("")
    with pytest.raises(Wco2Error) as caught:
        existing_file(tmp_path / "catalog.toml", "Catalogue")
    assert str(tmp_path / "catalog.toml") in caught.value.message
    assert caught.value.hint == "Did you mean 'catalogue.toml'?"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Wco2Error, match="There is no folder"):
        existing_file(tmp_path / "nowhere" / "study.toml", "Study")
    with pytest.raises(Wco2Error, match="empty"):
        existing_file(tmp_path / "study.toml", "Study")
    with pytest.raises(Wco2Error, match="is a folder"):
        existing_file(tmp_path, "Study")


def test_the_state_of_a_file_changes_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    path.write_text("one")
    before = file_state(str(path))
    variable = file_state(f'NETCDF:"{path}":t2m')
    assert file_state(str(path)) == before
    path.write_text("another")
    assert file_state(str(path)) != before
    assert file_state(f'NETCDF:"{path}":t2m') != variable
    assert file_state("/vsicurl/https://example.org/a.tif") == "/vsicurl/https://example.org/a.tif"


@pytest.mark.parametrize("other_name", ["sub/../a.csv", "link.csv", "hard.csv"])
def test_an_output_that_is_an_input_by_another_name_is_refused(
    tmp_path: Path, other_name: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.csv").touch()
    (tmp_path / "link.csv").symlink_to(tmp_path / "a.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "a.csv")
    with pytest.raises(Wco2Error, match="is read, or written by something else"):
        refuse_overwriting_inputs([str(tmp_path / other_name)], [str(tmp_path / "a.csv")])


def test_an_output_over_a_layer_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").touch()
    inputs = [f"{tmp_path / 'a.gpkg'}|layername=sites"]
    with pytest.raises(Wco2Error, match="is read, or written by something else"):
        refuse_overwriting_inputs([str(tmp_path / "a.gpkg")], inputs)
    refuse_overwriting_inputs([str(tmp_path / "b.gpkg"), str(tmp_path / "c.csv")], inputs)


def test_another_spelling_is_the_same_file_where_case_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.normcase", lambda path: str(path).lower())
    with pytest.raises(Wco2Error, match="is read, or written by something else"):
        refuse_overwriting_inputs([str(tmp_path / "A.csv")], [str(tmp_path / "a.csv")])


@pytest.mark.parametrize("output", ["table.txt", "table", "folder.csv/", "prediction.json"])
def test_an_output_whose_name_says_something_else_is_refused(output: str) -> None:
    check_ending("table.CSV", ".csv")
    with pytest.raises(Wco2Error, match=r"does not end in \.csv") as caught:
        check_ending(output, ".csv")
    assert caught.value.hint.endswith(".csv.")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="there is no /proc here")
def test_a_place_where_no_folder_can_be_made_is_refused() -> None:
    with pytest.raises(Wco2Error, match="can't be made"):
        writable_folder(Path("/proc/wco2"))
