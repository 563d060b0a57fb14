"""What scripts and notebooks import, and where it is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import wco2_engine

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def test_the_page_of_the_python_interface_has_every_public_name() -> None:
    if not PAGE.is_file():
        pytest.skip("the documentation is not beside the tests")
    named = {text.rpartition(".")[2] for text in re.findall(r"^::: (\S+)$", PAGE.read_text(), re.M)}
    assert named == {*wco2_engine.__all__}


@pytest.mark.parametrize("name", wco2_engine.__all__)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    assert (getattr(wco2_engine, name).__doc__ or "").strip()
