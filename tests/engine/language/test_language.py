"""The engine in Chinese: known sentences, and a catalogue that is that of the source."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from wco2_engine.language import ENGLISH, of_locale, passages, speaking, spoken, translated
from wco2_engine.terminal.lines import JsonLines

REPOSITORY = Path(__file__).resolve().parents[3]
ENGINE = REPOSITORY / "wco2_engine"
TEMPLATES = ENGINE / "report/templates"
CATALOGUE = tomllib.loads((ENGINE / "language/zh.toml").read_text("utf-8"))
BY_FILE = {
    path.stem: tomllib.loads(path.read_text("utf-8"))
    for path in sorted((ENGINE / "language/zh").glob("*.toml"))
}
TABLES = {**{name: table for name, table in CATALOGUE.items() if name != "templates"}, **BY_FILE}
TEXTS = {text: other for table in TABLES.values() for text, other in table.items()}
sys.path.append(str(REPOSITORY / "scripts"))

from engine_texts import texts_of, told_of  # noqa: E402

from wco2_engine.cli import main as command  # noqa: E402
from wco2_engine.terminal.helping import paragraphs, width_of, wrapped  # noqa: E402

PROSE = re.compile(r"(?:[A-Za-z']{2,}[,;:]? ){3,}[A-Za-z']{2,}")
# Of what is told in a few words, all that is more than a name or a key.
A_FEW_WORDS = re.compile(r"[A-Za-z]{2,}.* .*[A-Za-z]{2,}|[A-Za-z]{2,} .*\{|\{\d\}.* [A-Za-z]{2,}")
HOW_TO_ADD = """These have no Chinese. Add a line "English" = "中文" to the file of their package in
wco2_engine/language/zh/ (zh/help.toml for the help of commands and options; zh.toml, [report], for
report and pages). The English is as it is written here: {0}, {1} … stand for what is filled in, and
have to be in the Chinese too ({0!} for names that stay as they are). docs/glossary.md has the
terms."""
# What is written into files and stays English there, or is no text: names of fonts, SQL.
WRITTEN = (
    *("drafting/entries.py", "drafting/study_text.py", "inputs/vectors.py", "mapping/labelled.py"),
    *("mapping/record.py", "products/page.py", "products/request.py", "publication/"),
    *("report/lettering.py", "simulation/texts.py", "stack/described.py"),
)
OURS = re.compile(r"^module '|^TrendMap\(|^there is no corner$")  # for who writes programs
A_WORK = re.compile(r"doi|arXiv|, \d+–\d+")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Region", "区域"),
        ("Study a/b.toml does not exist.", "研究文件 a/b.toml 不存在。"),
        # the order of what is filled in is that of the language
        ("arctic: 12 months at 3 sites", "arctic: 12 months at 3 sites"),
        ("No raster is given.", "没有给出栅格。"),
        ("Copy or download it again. Did you mean 'x'?", "请重新复制或下载。是否指“x”\uff1f"),
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
    source |= helps()
    source |= {text.replace("_", " ") for text in source}
    assert not [text for text in TEXTS if text not in source]


def test_a_translation_fills_in_what_its_sentence_does() -> None:
    for text, other in TEXTS.items():
        fields = set(re.findall(r"\{(\d)\}", text)), set(re.findall(r"\{(\d)!?\}", other))
        # Chinese has no plural: what only makes one may be left out.
        assert fields[1] <= fields[0] and len(fields[0] - fields[1]) <= 1, text


def test_a_text_stands_in_one_place() -> None:
    count = Counter(text for table in TABLES.values() for text in table)
    assert not [text for text, n in count.items() if n > 1]


def test_every_sentence_that_people_are_shown_is_translated() -> None:
    lacking = [
        f"{path.relative_to(ENGINE)}: {text.strip()}"
        for path in sorted(ENGINE.rglob("*.py"))
        for text in texts_of(path)
        if PROSE.search(text) and not A_WORK.search(text) and text.strip() not in TEXTS
        if not str(path.relative_to(ENGINE)).startswith(WRITTEN) and not OURS.search(text)
    ]
    assert not lacking, "\n".join([HOW_TO_ADD, *lacking])


def test_every_error_hint_and_note_is_translated() -> None:
    lacking = {
        f"{path.relative_to(ENGINE)}:{line}: {text}"
        for path in sorted(ENGINE.rglob("*.py"))
        for line, text in told_of(path)
        if A_FEW_WORDS.search(text) and text not in TEXTS
    }
    assert not lacking, "\n".join([HOW_TO_ADD, *sorted(lacking)])


def helps() -> set[str]:
    """What the help of the commands says of them and of their options."""
    found: set[str] = set()
    for each in (command, *command.commands.values()):
        found.update(paragraphs(each.help or ""))
        for parameter in each.params:
            told = getattr(parameter, "help", None), getattr(parameter, "show_default", None)
            found.update(text for text in told if isinstance(text, str))
    return found


def test_every_help_is_translated() -> None:
    lacking = sorted(helps() - set(TEXTS))
    assert not lacking, "\n".join([HOW_TO_ADD, *lacking])


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (["--language", "zh", "--help"], {}, "命令:\n  begin         在 FOLDER 中开始一项研究"),
        (["train", "--help"], {"LC_ALL": "zh_CN.UTF-8"}, "[默认: 100 棵树以上时为 20]"),
        (["--language", "zh", "train"], {}, "错误: 缺少参数 'TRAINING'。"),
        (["--language", "zh", "trai"], {}, "错误: 没有命令 'trai'。"),
        (["--language", "en", "train", "--help"], {"LC_ALL": "zh_CN.UTF-8"}, "Options:"),
    ],
)
def test_help_and_wrong_calls_are_told_in_the_language_that_is_asked_for(
    arguments: list[str], variables: dict[str, str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, variables.get(name, "C"))
    result = CliRunner().invoke(command, arguments)
    assert told in result.output


@pytest.mark.parametrize("width", [10, 20, 33, 80])
def test_lines_of_wide_letters_are_no_wider_than_asked(width: int) -> None:
    text = translated(paragraphs(command.commands["observations"].help or "")[1], "zh")
    lines = list(wrapped(text, width))
    # What closes a clause may stand beyond the end of a line, and words are never broken.
    assert all(width_of(line) <= max(width + 2, len("GeoPackage") + 4) for line in lines)
    assert not [line for line in lines if line[0] in "，。、；：）”"]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        # a column or a key is no word of ours, even where it is one elsewhere
        ("Known: month, name, year.", "可用：month, name, year。"),
        ("Did you mean 'year'?", "是否指“year”？"),
        ("f.csv has no column 'flux' for the flux.", "f.csv 没有用于通量的列“flux”。"),
        # where something is wrong is told in Chinese too, however many places are named
        (
            "c.toml: predictor 'clay': lag = -1 is not a whole number of 0 or more.",
            "c.toml：预测变量“clay”：lag = -1 不是不小于 0 的整数。",
        ),
        (
            "Zones: a.gpkg can't be read as vector data: it is no GeoPackage.",
            "分区：a.gpkg 无法作为矢量数据读取：它不是 GeoPackage。",
        ),
    ],
)
def test_names_stay_and_places_are_translated(english: str, chinese: str) -> None:
    assert translated(english, "zh") == chinese


def test_every_passage_of_the_templates_is_translated() -> None:
    whole = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    assert not [passage for passage in CATALOGUE["templates"] if passage not in whole]
    for path in sorted(TEMPLATES.rglob("*.html")):
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
