"""Encodings: by their marks, or by evidence that is told; never guessed."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.encodings import decoded
from wco2_engine.inputs.observations import read_observations

PATH = Path("fluxes.csv")
HEADER = "Site,Lon,Lat,Year,Month,Flux\n"
MAPPING = {
    **{"site": "Site", "longitude": "Lon", "latitude": "Lat"},
    **{"year": "Year", "month": "Month", "flux": "Flux"},
}


def table(*sites: str) -> str:
    return HEADER + "".join(f"{site},101.0,37.5,2001,1,0.3\n" for site in sites)


@pytest.mark.parametrize(
    ("codec", "mark", "name"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", codecs.BOM_UTF8, "UTF-8"),
        ("utf-16-le", codecs.BOM_UTF16_LE, "UTF-16"),
        ("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16"),
        ("utf-32-le", codecs.BOM_UTF32_LE, "UTF-32"),
        ("utf-32-be", codecs.BOM_UTF32_BE, "UTF-32"),
    ],
)
def test_a_mark_tells_the_encoding(codec: str, mark: bytes, name: str) -> None:
    text = table("海北站0", "Hyytiälä", "Якутск")
    found = decoded(mark + text.encode(codec), PATH)
    assert (found.text, found.encoding, found.evidence) == (text, name, "")


@pytest.mark.parametrize(
    ("codec", "name", "sites"),
    [
        ("gb18030", "GB18030", ("海北站0", "海北站1")),
        ("gb18030", "GB18030", ("五道梁", "风火山", "Toolik")),
        ("gb18030", "GB18030", ("北京",)),
        ("cp1252", "Windows-1252", ("Hyytiälä", "Säätiö", "Norðurland")),
        ("latin-1", "Windows-1252", ("Ä", "Kobbefjörd 5°", "à la côte")),
        ("cp1252", "Windows-1252", ("12 µmol m²", "x – y")),
        ("cp1251", "Windows-1251", ("Якутск", "Черский", "ТИКСИ")),
    ],
)
def test_other_encodings_are_told_by_evidence(
    codec: str, name: str, sites: tuple[str, ...]
) -> None:
    found = decoded(table(*sites).encode(codec), PATH)
    assert (found.text, found.encoding) == (table(*sites), name)
    assert found.evidence in sites


@pytest.mark.parametrize(
    ("codec", "sites", "said"),
    [
        ("cp1252", ("JÄÄMERI",), "may be GB18030 ('J哪MERI') or Windows-1252 ('JÄÄMERI')"),
        ("shift_jis", ("札幌", "富士山"), "neither UTF-8 nor surely"),
        ("koi8-r", ("Якутск",), "may be GB18030 ('袼赵铀') or KOI8-R ('Якутск')"),
        ("big5", ("臺灣", "測站"), "neither UTF-8 nor surely"),
    ],
)
def test_what_is_not_sure_is_refused(codec: str, sites: tuple[str, ...], said: str) -> None:
    with pytest.raises(Wco2Error, match="the text of line 2") as caught:
        decoded(table(*sites).encode(codec), PATH)
    assert said in caught.value.message
    assert "UTF-8" in caught.value.hint


def test_damaged_utf8_is_no_other_encoding() -> None:
    data = table("Hyytiälä" * 12).encode() + b"B\xe4,1,2,2001,1,3\n"
    with pytest.raises(Wco2Error, match="is UTF-8, but line 3 holds bytes that are not"):
        decoded(data, PATH)


def test_a_mark_that_the_bytes_contradict_is_refused() -> None:
    with pytest.raises(Wco2Error, match="mark of UTF-8, but byte 4"):
        decoded(codecs.BOM_UTF8 + b"a\xff\n", PATH)


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_refused_by_its_nul(codec: str) -> None:
    with pytest.raises(Wco2Error, match="line 1 holds a NUL byte") as caught:
        decoded(table("a").encode(codec), PATH)
    assert "UTF-16" in caught.value.hint


def test_a_nul_far_down_is_found() -> None:
    text = table(*["site"] * 1000) + "a\0,1,2,2001,1,3\n"
    with pytest.raises(Wco2Error, match="line 1002 holds a NUL"):
        decoded(text.encode(), PATH)
    with pytest.raises(Wco2Error, match="line 1002 holds a NUL"):
        decoded(codecs.BOM_UTF16_LE + text.encode("utf-16-le"), PATH)


def test_it_is_said_which_encoding_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "zh.csv"
    path.write_bytes(table("海北站0", "海北站1").encode("gb18030"))
    found = read_observations(path, columns=MAPPING, flux_units="g C m-2 day-1")
    assert found.table["site"].tolist() == ["海北站0", "海北站1"]
    assert any("GB18030" in note and "海北站0" in note for note in found.notes)
