"""Paths that stand for many files: dates, wildcards and archives in them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.patterns import Pattern


def found(text: str, folder: Path) -> list[tuple[str, dict[str, int]]]:
    pattern = Pattern.parse(text, "path")
    return [
        (str(item).removeprefix(f"{folder}/"), dict(item.dates)) for item in pattern.find(folder)
    ]


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_dates_are_read_from_names(tmp_path: Path) -> None:
    touch(tmp_path, "a_1982.tif", "a_1983.tif", "a_83.tif", "b_1983.tif")
    assert found("a_{year}.tif", tmp_path) == [
        ("a_1982.tif", {"year": 1982}),
        ("a_1983.tif", {"year": 1983}),
    ]


def test_half_months_are_no_days(tmp_path: Path) -> None:
    touch(tmp_path, "N_V1.2_19820101.tif", "N_V1.2_19820102.tif", "N_V1.2_19820103.tif")
    assert found("N_V1.2_{year}{month:02d}{half:02d}.tif", tmp_path) == [
        ("N_V1.2_19820101.tif", {"year": 1982, "month": 1, "half": 1}),
        ("N_V1.2_19820102.tif", {"year": 1982, "month": 1, "half": 2}),
    ]


def test_a_date_that_stands_twice_has_to_agree(tmp_path: Path) -> None:
    touch(tmp_path, "2001/a_2001_02.tif", "2002/a_2001_03.tif")
    assert found("{year}/a_{year}_{month:02d}.tif", tmp_path) == [
        ("2001/a_2001_02.tif", {"year": 2001, "month": 2})
    ]
    touch(tmp_path, "b_2001_2001.tif", "b_2001_2002.tif")
    assert [name for name, _ in found("b_{year}_{year}.tif", tmp_path)] == ["b_2001_2001.tif"]


def test_wildcards_stand_for_names_and_folders(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "MOD13C2.A2007001.061.2021.hdf",
        "MOD13C2.A2007032.061.2021.hdf",
        "MOD13C2.A2007001.061.2021.hdf.xml",
        "deep/er/MOD13C2.A2008001.061.2022.hdf",
    )
    assert found("**/MOD13C2.A{year}{doy:03d}.061.*.hdf", tmp_path) == [
        ("MOD13C2.A2007001.061.2021.hdf", {"year": 2007, "doy": 1}),
        ("MOD13C2.A2007032.061.2021.hdf", {"year": 2007, "doy": 32}),
        ("deep/er/MOD13C2.A2008001.061.2022.hdf", {"year": 2008, "doy": 1}),
    ]


def test_signs_of_regular_expressions_are_letters_like_others(tmp_path: Path) -> None:
    touch(tmp_path, "LAI4g(AVHRR)_[v1.2]_1982+.tif", "LAI4gXAVHRRX_[v1.2]_1982+.tif")
    assert [name for name, _ in found("LAI4g(AVHRR)_[v1.2]_{year}+.tif", tmp_path)] == [
        "LAI4g(AVHRR)_[v1.2]_1982+.tif"
    ]


def test_archives_are_looked_into(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "ndvi_1982_1990.zip", "w") as archive:
        archive.writestr("consolidated/N_1982.tif", b"")
        archive.writestr("consolidated/read.me", b"")
        archive.writestr("N_1983.tif", b"")
    assert found("ndvi_*.zip/**/N_{year}.tif", tmp_path) == [
        ("ndvi_1982_1990.zip/N_1983.tif", {"year": 1983}),
        ("ndvi_1982_1990.zip/consolidated/N_1982.tif", {"year": 1982}),
    ]


def test_an_archive_that_is_cut_off_is_named(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(Wco2Error, match=r"cut\.zip can't be read as a zip"):
        found("cut.zip/a.tif", tmp_path)


def test_a_zarr_store_counts_as_a_file_and_another_folder_does_not(tmp_path: Path) -> None:
    touch(tmp_path, "e_2000.zarr/.zgroup", "e_2001/readme", "e_2002/zarr.json")
    assert [name for name, _ in found("e_{year}*", tmp_path)] == ["e_2000.zarr", "e_2002"]


@pytest.mark.parametrize(
    "text",
    [
        "a_{year:0999999999d}.tif",
        "a_{year:>99999999}.tif",
        "a_{year!r}.tif",
        "a_{year.__class__}.tif",
        "a_{0}.tif",
        "a_{.tif",
        "a" * 2000,
        "*a" * 20,
        "a\0b",
    ],
)
def test_what_could_ask_for_anything_is_refused(text: str) -> None:
    with pytest.raises(Wco2Error):
        Pattern.parse(text, "path")
