"""Which stages of a study are done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.files import atomic_write, file_state
from wco2_engine.inputs.json import read_json
from wco2_engine.jobs.base import Facts, files
from wco2_engine.schema import check_path, check_table


@dataclass(frozen=True)
class _Stage:
    """The keys of a stage in the file."""

    key: str
    facts: dict[str, Any]
    outputs: dict[str, str]


@dataclass(frozen=True)
class StudyState:
    """Which stages are done, with which key and outputs. An immutable value, kept as JSON."""

    stages: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, path: Path) -> StudyState:
        """The state in a file; a missing or damaged one means that nothing is done."""
        try:
            found = read_json(path, "State of a study")
        except Wco2Error:
            return cls({})
        stages = found.get("stages") if isinstance(found, dict) else None
        if not isinstance(stages, dict):
            return cls({})
        return cls({name: stage for name, stage in stages.items() if _is_stage(stage)})

    def write(self, path: Path) -> None:
        with atomic_write(path) as partial:
            partial.write_text(json.dumps({"stages": self.stages}, indent=1), encoding="utf-8")

    def key(self, name: str) -> str:
        return str(self.stages.get(name, {}).get("key", ""))

    def facts(self, name: str) -> Facts:
        return dict(self.stages.get(name, {}).get("facts", {}))

    def counts(self, name: str) -> dict[str, int]:
        """How many rows a stage kept, and left out by reason; none where it says so wrongly."""
        found = self.facts(name).get("counts")
        if not isinstance(found, dict):
            return {}
        return {key: number for key, number in found.items() if type(number) is int}

    def is_done(self, name: str, key: str) -> bool:
        """Whether a stage ran with this key and its outputs are untouched since."""
        stage = self.stages.get(name)
        return (
            stage is not None
            and stage.get("key") == key
            and all(file_state(path) == seen for path, seen in stage.get("outputs", {}).items())
        )

    def with_stage(self, name: str, key: str, facts: Facts) -> StudyState:
        made = [*facts.get("outputs", []), *files(facts.get("record"))]
        outputs = {path: file_state(path) for path in made}
        return replace(
            self, stages={**self.stages, name: {"key": key, "facts": facts, "outputs": outputs}}
        )


def _is_stage(stage: Any) -> bool:
    try:
        check_table(_Stage, stage, "Stage")
        for path in stage["outputs"]:
            check_path(path, "Output")
    except Wco2Error:
        return False
    return True
