"""Options of commands that take more than one kind of value."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner

from wco2_engine.jobs.sample import SampleJob
from wco2_engine.jobs.train import TrainJob
from wco2_engine.schema import build
from wco2_engine.terminal.arguments import parameters_of


@pytest.mark.parametrize(
    ("said", "taken"), [("all", "all"), ("9,5", (5, 9)), ("5, 5", (5,)), (None, "winter")]
)
def test_months_that_train_are_a_word_or_numbers(said: str | None, taken: Any) -> None:
    options = [each for each in parameters_of(SampleJob) if each.name == "train_months"]
    found: dict[str, Any] = {}
    command = click.Command("sample", params=options, callback=lambda **given: found.update(given))
    called = CliRunner().invoke(command, [] if said is None else ["--train-months", said])
    assert called.exit_code == 0
    values = {"training": "t.csv", "catalogue": "c.toml", "output": "m.wco2", **found}
    assert build(TrainJob, values, "train").settings.hyperparameters.train_months == taken
