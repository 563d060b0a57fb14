"""The engine in Chinese: known sentences, and a catalogue that is that of the source."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from wco2_engine.language import ENGLISH, of_locale, passages, speaking, spoken, translated
from wco2_engine.terminal.lines import JsonLines

REPOSITORY = Path(__file__).resolve().parents[3]
ENGINE = REPOSITORY / "wco2_engine"
TEMPLATES = ENGINE / "report/templates"
CATALOGUE = tomllib.loads((ENGINE / "language/zh.toml").read_text("utf-8"))
TEXTS = {t: o for name, table in CATALOGUE.items() if name != "templates" for t, o in table.items()}
# Pages that are English only as yet.
ENGLISH_PAGES = {"chosen", "collinearity", "comparison", "comparison_maps", "comparison_winters"}
sys.path.append(str(REPOSITORY / "scripts"))

from engine_texts import texts_of  # noqa: E402

PROSE = re.compile(r"(?:[A-Za-z']{2,}[,;:]? ){3,}[A-Za-z']{2,}")
A_WORK = re.compile(r"doi|arXiv|, \d+–\d+")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Region", "区域"),
        ("Study a/b.toml does not exist.", "研究文件 a/b.toml 不存在。"),
        # the order of what is filled in is that of the language
        ("arctic: 12 months at 3 sites", "arctic: 12 months at 3 sites"),
        ("No raster is given.", "没有给出栅格。"),
        ("Copy or download it again. Did you mean 'x'?", "请重新复制或下载。 是否指“x”\uff1f"),
        ("s.toml: [map]: 'now' names no years from 1 to 2.", None),
        ("nothing of this is known", "nothing of this is known"),
        ("3.14", "3.14"),
        ("", ""),
    ],
)
def test_a_sentence_is_known_by_its_words(english: str, chinese: str | None) -> None:
    told = translated(english, "zh")
    if chinese is None:  # what it is said of stays before it
        assert told.startswith("s.toml: [map]: ") and "“now”" in told
    else:
        assert told == chinese


def test_what_is_filled_in_stands_where_the_language_has_it() -> None:
    told = translated("A map of 20 x 30 cells is too large.", "zh")
    assert told == "20 x 30 个像元的地图太大。"


def test_only_what_happens_within_is_in_another_language() -> None:
    assert (spoken(), translated("Region")) == (ENGLISH, "Region")
    with speaking("zh"):
        assert translated("Region") == "区域"
    assert translated("Region") == "Region"


def test_what_is_told_machines_that_ask_for_a_language_is_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with speaking("zh"):
        lines = JsonLines()
        lines.update(0.5, "The study is complete")
        lines.note("Maps are ready")
    told = [json.loads(line)["message"] for line in capsys.readouterr().out.splitlines()]
    assert told == ["研究已完成", "地图已完成"]


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "zh_TW", "LANG": "de_DE"}, "zh"),
        ({"LANG": ""}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_system(variables: dict[str, str], language: str) -> None:
    assert of_locale(variables) == language


def test_the_catalogue_has_the_sentences_of_the_source_and_no_others() -> None:
    source = {text.strip() for path in ENGINE.rglob("*.py") for text in texts_of(path)}
    source |= {text.replace("_", " ") for text in source}
    assert not [text for text in TEXTS if text not in source]


def test_a_translation_fills_in_what_its_sentence_does() -> None:
    for text, other in TEXTS.items():
        fields = set(re.findall(r"\{(\d)\}", text)), set(re.findall(r"\{(\d)\}", other))
        # Chinese has no plural: what only makes one may be left out.
        assert fields[1] <= fields[0] and len(fields[0] - fields[1]) <= 1, text


def test_every_sentence_of_the_report_is_translated() -> None:
    lacking = [
        f"{path.name}: {text.strip()}"
        for folder in ("sections", "pages")
        for path in sorted((ENGINE / "report" / folder).glob("*.py"))
        for text in texts_of(path)
        if PROSE.search(text) and not A_WORK.search(text) and text.strip() not in TEXTS
    ]
    assert not lacking, "\n".join(["Add to wco2_engine/language/zh.toml:", *lacking])


def test_every_passage_of_the_templates_is_translated() -> None:
    whole = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    assert not [passage for passage in CATALOGUE["templates"] if passage not in whole]
    for path in sorted(TEMPLATES.rglob("*.html")):
        if path.stem in ENGLISH_PAGES:
            continue
        with speaking("zh"):
            told = passages(path.read_text("utf-8"))
        told = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", told)
        assert not PROSE.findall(told), f"{path.name}: add it to [templates] of zh.toml"


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (["describe", "no.wco2"], {"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "模型 no.wco2 不存在。"),
        (
            ["--language", "zh", "describe", "no.wco2"],
            {"LC_ALL": "C.UTF-8"},
            "模型 no.wco2 不存在。",
        ),
        (["--language", "en", "describe", "no.wco2"], {"LC_ALL": "zh_CN.UTF-8"}, "Error: Model"),
        (["describe", "no.wco2", "--json"], {"LC_ALL": "zh_CN.UTF-8"}, "does not exist"),
    ],
)
def test_the_terminal_speaks_the_language_of_the_system_or_the_one_asked_for(
    arguments: list[str], variables: dict[str, str], told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wco2_engine", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **variables},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert told in done.stdout + done.stderr
