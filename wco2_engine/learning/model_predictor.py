"""A column of a model's features."""

from __future__ import annotations

from dataclasses import asdict, dataclass

FEATURE_KEYS = ("name", "units", "group")  # what a prediction rests on


@dataclass(frozen=True)
class ModelPredictor:
    """A column of the features: the model expects it by this name, in these units.

    `label` is what figures call it; empty for its name.
    """

    name: str
    units: str
    group: str
    label: str = ""

    def __post_init__(self) -> None:
        for key, value in asdict(self).items():
            if not isinstance(value, str):
                raise ValueError(f"predictor {key} {value!r} is not text")
        if not self.name.strip():
            raise ValueError("a predictor has no name")
