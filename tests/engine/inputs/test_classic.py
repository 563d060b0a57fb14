"""Headers of classic netCDF files, laid out by hand and damaged in every way."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile.generators import changed_bytes
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.classic import check_classic
from wco2_engine.inputs.opening import open_raster
from wco2_engine.products.headers import header as read_header

VALUES = np.arange(6, dtype=">i2").tobytes()


def words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def name(text: bytes) -> bytes:
    return words(len(text)) + text + b"\0" * (-len(text) % 4)


def header(
    *,
    records: int = 0,
    dimensions: tuple[tuple[bytes, int], ...] = ((b"y", 2), (b"x", 3)),
    ids: tuple[int, ...] = (0, 1),
    kind: int = 3,
    begin: int = 120,
    attributes: bytes = words(12, 1) + name(b"units") + words(2, 1) + b"K\0\0\0",
) -> bytes:
    """A file of one variable `t` of short numbers: 120 bytes if nothing is changed, and 12 more."""
    return (
        b"CDF\1"
        + words(records, 10, len(dimensions))
        + b"".join(name(text) + words(length) for text, length in dimensions)
        + words(0, 0, 11, 1)
        + name(b"t")
        + words(len(ids), *ids)
        + attributes
        + words(kind, 12, begin)
    )


def refused(tmp_path: Path, content: bytes) -> str:
    file = tmp_path / "x.nc"
    file.write_bytes(content)
    with pytest.raises(Wco2Error) as caught:
        check_classic(str(file))
    return caught.value.message.removeprefix(f"{file} can't be read as netCDF: ")


def test_a_whole_file_is_let_through_and_read(tmp_path: Path) -> None:
    assert len(header()) == 120
    (tmp_path / "x.nc").write_bytes(header() + VALUES)
    check_classic(str(tmp_path / "x.nc"))
    with netCDF4.Dataset(tmp_path / "x.nc") as opened:
        assert opened["t"][:].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"CDF", "it ends within its first bytes."),
        (b"CDF\3" + header()[4:], "it does not begin as a classic netCDF file."),
        (header() + VALUES[:-1], "it ends before its last value: it has 131 bytes, and its header"),
        (header(begin=121) + VALUES, "it ends before its last value"),
        (header(begin=116) + VALUES, "its variable t lies on its header."),
        (header(kind=7) + VALUES, "the type of t is 7, which is none."),
        (header(kind=0) + VALUES, "the type of t is 0, which is none."),
        (header(ids=(0, 2)) + VALUES, "its variable t has a dimension that is not there."),
        (header(dimensions=((b"y", 0), (b"x", 0))), "two of its dimensions are unlimited."),
        (header(ids=(1, 0), dimensions=((b"y", 0), (b"x", 3))), "its variable t has its unlimited"),
        (header(dimensions=((b"", 2), (b"x", 3))), "a name has 0 bytes."),
        (header(dimensions=((b"\xff\xfe", 2), (b"x", 3))), "'\\xff\\xfe' is no name."),
        (header(dimensions=((b"a\0b", 2), (b"x", 3))), "'a\\x00b' is no name."),
        (header(attributes=words(13, 1)), "its list of attributes of t does not begin as one."),
        (header(attributes=words(0, 1)), "its list of attributes of t does not begin as one."),
        (header(attributes=words(12, 9000)), "its number of attributes of t: 9,000 are more than"),
        (header(attributes=words(12, 1) + name(b"u") + words(6, 9999)), "the values of u: 9,999"),
        (header(attributes=words(12, 1) + name(b"u") + words(6, 80)), "it ends within u."),
        (
            header(records=2**32 - 1, dimensions=((b"y", 0), (b"x", 3))),
            "what wrote it never closed it, and its number of records is open.",
        ),
    ],
)
def test_what_is_damaged_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    assert refused(tmp_path, content).startswith(says)


def test_records_follow_each_other_without_gaps_where_a_variable_is_alone(tmp_path: Path) -> None:
    # Three records of 3 short numbers: 18 bytes, not 3 times 8.
    content = header(records=3, dimensions=((b"y", 0), (b"x", 3)))
    (tmp_path / "x.nc").write_bytes(content + b"\0" * 18)
    check_classic(str(tmp_path / "x.nc"))
    assert "it has 137 bytes, and its header tells of 138" in refused(
        tmp_path, content + b"\0" * 17
    )


def test_a_header_of_more_entries_than_meant_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wco2_engine.inputs.classic.MOST_ENTRIES", 3)
    assert refused(tmp_path, header() + VALUES).startswith("it has more than 3 dimensions")


FORMATS = ("NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET", "NETCDF3_64BIT_DATA")


def written(path: Path, form: str) -> bytes:
    """A file as the library writes it: two variables with records and two without."""
    with netCDF4.Dataset(path, "w", format=form) as file:
        for dimension, length in (("time", None), ("lat", 5), ("lon", 7)):
            file.createDimension(dimension, length)
        for each, kind, of in (
            *(("time", "f8", ("time",)), ("lat", "f4", ("lat",))),
            *(("t2m", "i2", ("time", "lat", "lon")), ("z", "i1", ("lat", "lon"))),
        ):
            variable = file.createVariable(each, kind, of)
            variable.units = "K"
            variable[:] = np.ones([{"time": 3, "lat": 5, "lon": 7}[name] for name in of])
    return path.read_bytes()


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_of_the_library_is_let_through_and_none_of_its_beginnings(
    tmp_path: Path, form: str
) -> None:
    content = written(tmp_path / "x.nc", form)
    check_classic(str(tmp_path / "x.nc"))
    for length in range(3, len(content) - 3):  # the last bytes may be there to fill up
        assert "it ends" in refused(tmp_path, content[:length])


@pytest.mark.parametrize("form", FORMATS)
def test_damaged_files_are_read_or_one_message(tmp_path: Path, form: str) -> None:
    """The library itself ends the process for about one of 150 such files."""
    content = written(tmp_path / "whole.nc", form)
    file = tmp_path / "x.nc"
    ends: set[object] = set()
    for seed in range(200):
        file.write_bytes(changed_bytes(random.Random(f"{form} {seed}"), content, content))
        try:
            seen = read_header(file)
            ends.add(any(layer.name == "t2m" for layer in seen.layers))
        except Wco2Error as error:
            assert str(file) in error.message
            ends.add(Wco2Error)
    assert Wco2Error in ends
    assert True in ends


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_one_message(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.nc"
    file.write_bytes(b"CDF\1" + content)
    try:
        check_classic(str(file))
    except Wco2Error as error:
        assert error.message.startswith(f"{file} can't be read as netCDF: ")


def test_gdal_is_not_asked_for_a_header_that_ends(tmp_path: Path) -> None:
    (tmp_path / "x.nc").write_bytes(header()[:60])
    with pytest.raises(Wco2Error, match="it ends within"):
        open_raster(tmp_path / "x.nc")
