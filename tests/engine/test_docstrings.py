"""The examples in the docstrings of the public interface run, in the folder of a finished study."""

from __future__ import annotations

import doctest
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wco2_engine


def documented(name: str) -> Iterator[tuple[str, str]]:
    """The docstrings of a public name and of what it has, by where they stand."""
    value = getattr(wco2_engine, name)
    yield name, inspect.getdoc(value) or ""
    if inspect.isclass(value):
        for own, member in vars(value).items():
            function = getattr(member, "__func__", member)
            if not own.startswith("_") and (inspect.isfunction(function) or own in vars(value)):
                yield f"{name}.{own}", inspect.getdoc(function) or ""


@pytest.mark.parametrize("name", wco2_engine.__all__)
def test_the_examples_of_a_public_name_run(
    name: str, finished_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished_study.parent)
    runner = doctest.DocTestRunner(
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE, verbose=False
    )
    names = dict(vars(sys.modules[getattr(wco2_engine, name).__module__]))
    told: list[str] = []
    for where, text in documented(name):
        example = doctest.DocTestParser().get_doctest(text, dict(names), where, None, None)
        runner.run(example, out=told.append)
    assert not runner.failures, "".join(told)


def learning_names() -> list[str]:
    places = wco2_engine._PLACES
    return [name for name, place in places.items() if place.startswith(("learning", "options"))]


@pytest.mark.parametrize("name", learning_names())
def test_a_public_name_of_learning_has_an_example(name: str) -> None:
    assert any(">>> " in text for _, text in documented(name))
