"""What the documentation tells people to type does what it says.

A block of commands after <!-- run --> is run, one of Python after <!-- python -->, and one after
<!-- file NAME --> is written: page by page, in the order of each page, where a simulated study lies
in demo/. Every other command is read by the command line, which knows its words.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from wco2_engine.cli import main

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>run|python|file (?P<name>\S+)) -->\n)?```\w*\n(?P<text>.*?)```",
    re.DOTALL,
)
# The fixture has made the study by this word already.
DONE = ("wco2 new demo",)


def blocks(page: Path) -> Iterator[re.Match[str]]:
    return BLOCK.finditer(page.read_text("utf-8"))


def commands(text: str) -> list[str]:
    """The lines of a block that call the command, those that go on joined."""
    joined = text.replace("\\\n", " ")
    lines = (re.sub(r"\s+#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line.startswith("wco2 ")]


# What lies there when a page has been followed.
ENDS = {
    "learn-first-map": ("totals.csv", "dataset/reproduce/reproduce.py"),
    "learn-real-data": ("study/results/published/reproduce/reproduce.py", "figure_1.pdf"),
    "learn-own-fluxes": ("observations.gpkg", "mine/results/maps/prediction.json"),
    "learn-predictors": ("drafted.toml", "get_era5_land.py"),
    "learn-scores": ("validation.html",),
    "learn-totals": ("budget.csv", "budget.html"),
    "learn-paper": ("published/tables/observations.gpkg", "published/CITATION.cff"),
    "learn-python": ("model.wco2",),
}
MARKED = [page for page in DOCUMENTS if any(block["mark"] for block in blocks(page))]


def run(line: str) -> None:
    call, _, target = line.partition(" > ")
    result = CliRunner().invoke(main, shlex.split(call)[1:])
    assert result.exit_code == 0, f"{line}\n{result.output}"
    if target:
        Path(target.strip()).write_text(result.output, encoding="utf-8")


@pytest.mark.parametrize("page", MARKED, ids=lambda page: page.stem)
def test_a_page_can_be_followed(
    page: Path, simulated: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(simulated.folder.parent)
    names: dict[str, Any] = {}
    steps: dict[str, Callable[[str], Any]] = {
        "run": lambda text: [run(line) for line in commands(text) if line not in DONE],
        "python": lambda text: exec(compile(text, str(page), "exec"), names),
    }
    for block in blocks(page):
        if block["name"]:
            Path(block["name"]).write_text(block["text"], encoding="utf-8")
        elif block["mark"]:
            steps[block["mark"]](block["text"])
    assert all(Path(name).is_file() for name in ENDS[page.stem])


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.stem)
def test_the_command_knows_each_word_of_the_documentation(page: Path) -> None:
    for block in blocks(page):
        for line in commands(block["text"]):
            words = shlex.split(re.sub(r"[\[\]]|\.\.\.", "", line.partition(" > ")[0]))[1:]
            verb = main.commands[words[0]]
            verb.make_context(words[0], words[1:])
