"""What JSON and TOML may say, and what is said of what they may not."""

from __future__ import annotations

import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.options import Hyperparameters, TrainingSettings
from wco2_engine.schema import (
    DEEPEST,
    LARGEST_WHOLE,
    build,
    check_path,
    check_plain,
    group,
    keys_of,
    option,
    same_option,
    to_plain,
)


@dataclass(frozen=True)
class Inner:
    share: float = option("A share.", 0.5, above=0.0, most=1.0)


@dataclass(frozen=True)
class Middle:
    inner: Inner = group(Inner)
    colour: str = option("A colour.", "red", choices=("red", "green"))


@dataclass(frozen=True)
class Outer:
    file: str = option("A file.", path="read")
    middle: Middle = group(Middle)
    numbers: tuple[int, ...] = option("Numbers.", (1, 2), least=0, most=9)
    corner: list[float] | None = option("A corner.", None, items=("x", "y"))
    table: dict[str, Any] | None = option("A table.", None, table=f"{__name__}.Inner")
    how: Literal["fast", "slow"] = option("How.", "fast")


def test_keys_of_groups_stand_beside_the_others() -> None:
    values = {"file": "a", "share": 0.25, "colour": "green", "numbers": [3]}
    made = build(Outer, values, "Here")
    assert made == Outer("a", Middle(Inner(0.25), "green"), (3,))
    assert to_plain(made) == {**values, "corner": None, "table": None, "how": "fast"}
    assert build(Outer, to_plain(made), "Here") == made
    assert keys_of(Outer)["share"].default == 0.5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], r"Here is \[\], which is no table"),
        ({}, r"Here lacks file\. A file\."),
        ({"file": "a", "colours": 1}, "Here: unknown key 'colours'. Did you mean 'colour'"),
        ({"file": 3}, "Here: file = 3 is not a text"),
        ({"file": ""}, "Here: file is empty"),
        ({"file": "a\0b"}, r"Here: file = 'a\\x00b' holds a NUL character"),
        ({"file": "a\ud800"}, r"Here: file = 'a\\ud800' holds half of a surrogate pair"),
        ({"file": "a" * 300}, "Here: file = .* is too long for the name of a file"),
        ({"file": "a", "share": 0}, "Here: share = 0 is not above 0 and at most 1"),
        ({"file": "a", "share": float("nan")}, "Here: share = nan is not a number"),
        ({"file": "a", "share": True}, "Here: share = True is not a number"),
        ({"file": "a", "colour": "gren"}, "Here: Unknown colour 'gren'. Did you mean 'green'"),
        ({"file": "a", "numbers": [1, 2.5]}, "Here: numbers = .* is not a list, each a whole"),
        ({"file": "a", "numbers": [10]}, "Here: numbers = 10 is not from 0 to 9"),
        ({"file": "a", "numbers": [10**400]}, "numbers = a whole number of 1329 bits is too"),
        ({"file": "a", "corner": [1.0]}, r"Here: corner = \[1.0\] is not x, y"),
        ({"file": "a", "corner": "ab"}, "Here: corner = 'ab' is not a list of x, y"),
        ({"file": "a", "table": {"share": 2}}, "Here: table: share = 2 is not above 0"),
        ({"file": "a", "table": {"shares": 2}}, "Here: table: unknown key 'shares'"),
        ({"file": "a", "how": "slowly"}, "Here: how = 'slowly' is not one of fast, slow"),
    ],
)
def test_what_can_not_be_is_one_message_with_place_key_and_value(values: Any, message: str) -> None:
    with pytest.raises(Wco2Error, match=message):
        build(Outer, values, "Here")


def test_values_may_be_twenty_tables_deep_and_no_deeper() -> None:
    deep: Any = "end"
    for _ in range(DEEPEST):
        deep = [deep]
    check_plain(deep, "Here")
    for _ in range(5000):  # deeper than Python's own recursion goes
        deep = {"a": deep}
    with pytest.raises(Wco2Error, match=r"Here: a\.a\.a.* is nested deeper than 20"):
        check_plain(deep, "Here")


def test_whole_numbers_have_64_bits() -> None:
    check_plain([LARGEST_WHOLE, -LARGEST_WHOLE - 1], "Here")
    for number in (LARGEST_WHOLE + 1, -LARGEST_WHOLE - 2):
        with pytest.raises(Wco2Error, match="too large a number"):
            check_plain({"a": number}, "Here")


def test_the_name_of_an_output_leaves_room_for_that_of_its_partial_file() -> None:
    check_path(f"folder/{'a' * 240}", "Here")
    check_path(f"/vsicurl/https://example.org/{'a' * 400}", "Here")
    with pytest.raises(Wco2Error, match="too long"):
        check_path(f"folder/{'a' * 240}", "Here", written=True)
    with pytest.raises(Wco2Error, match="too long"):
        check_path("folder/" * 1000, "Here")


def test_an_option_is_described_once_and_may_have_another_default() -> None:
    @dataclass(frozen=True)
    class Small:
        trees: int = same_option(Hyperparameters, "trees", 50)

    assert Small().trees == 50
    with pytest.raises(Wco2Error, match="trees = 0 is not from 1 to 100000"):
        build(Small, {"trees": 0}, "Here")


def test_settings_say_what_is_wrong_wherever_they_are_made() -> None:
    with pytest.raises(Wco2Error, match=r"max_features = 0\.0 is not above 0 and at most 1"):
        Hyperparameters(max_features=0.0)
    with pytest.raises(Wco2Error, match="members = 3 is not from 2 to 2"):
        TrainingSettings(Hyperparameters(trees=2), members=3)
    assert TrainingSettings(validation=("site", "site")).validation == ("site",)


def test_the_docs_say_of_options_what_their_descriptions_say() -> None:
    repository = Path(__file__).resolve().parents[2]
    text = (repository / "docs/study-file.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(repository / "scripts/make-option-tables"))["page"](text)
    assert made == text, "run scripts/make-option-tables"
    assert "| `min_samples_leaf` | Fewest rows in a leaf." in text
