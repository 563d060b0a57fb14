"""Hundreds of changed files at each door: used or refused, never anything else."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from .base import Base
from .doors import DOORS
from .families import FAMILIES

INPUTS = 150  # for each door, besides the files as they are
SOURCES = {
    "model": ("models", "m.wco2"),
    "table": ("tables", "t.csv"),
    "toml": ("toml", "study.toml"),
    "catalogue": ("toml", "catalogue.toml"),
    "study": ("toml", "study.toml"),
    "job": ("jobs", "j.json"),
}


def test_the_files_of_a_study_pass(base: Base) -> None:
    assert DOORS["model"](base.model.read_bytes())
    for door, name in (("table", "fluxes.csv"), ("toml", "study.toml")):
        assert DOORS[door]((base.folder / name).read_bytes())
    assert DOORS["catalogue"]((base.folder / "catalogue.toml").read_bytes())
    assert DOORS["job"](b'{"job": "describe", "model": "m.wco2"}')


@pytest.mark.parametrize("door", sorted(DOORS))
def test_changed_files_are_used_or_refused(base: Base, tmp_path: Path, door: str) -> None:
    family, name = SOURCES[door]
    passed = tried = 0
    for seed in range(INPUTS):
        chance = random.Random(f"{door} {seed}")
        folder = tmp_path / "room"
        folder.mkdir()
        FAMILIES[family](chance, base, folder, "http://127.0.0.1:9")
        content = (folder / name).read_bytes() if (folder / name).exists() else b""
        shutil.rmtree(folder)
        passed += DOORS[door](content)
        tried += 1
    assert tried == INPUTS and passed < tried
