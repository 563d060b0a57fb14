"""What a forest predicts of the training targets in the leaves that a row reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wco2_engine.learning.checks import number_of, text_of
from wco2_engine.options import AGGREGATES, Hyperparameters


@dataclass(frozen=True)
class Aggregate:
    """The mean, a trimmed mean or the median of the targets, weighted as the forest weighs them.

    Each tree has the weight of one row of the leaf reached shared by the leaf's rows (Meinshausen
    2006, doi:10.5555/1248547.1248582), so that the mean is that of the trees' leaf means.

    - "mean": what a bare forest predicts.
    - "median": the quantile 0.5, by the definition of `Forest.predict_interval`.
    - "trimmed": the mean of what is left when the share `trim` of the weight is cut off at each
      end. A target that the cut goes through stays with the rest of its weight.

    Parameters
    ----------
    name : "mean", "trimmed" or "median".
    trim : above 0 and below 0.5 for "trimmed"; 0 for the others.

    Raises
    ------
    ValueError : for another name or share.
    """

    name: str = "mean"
    trim: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in AGGREGATES:
            raise ValueError(f"no aggregate is called {self.name!r:.40}")
        if not (0 < self.trim < 0.5 if self.name == "trimmed" else self.trim == 0):
            raise ValueError(f"a share of {self.trim!r:.40} can't be trimmed by a {self.name}")

    def __str__(self) -> str:
        """In words, for tags and tables."""
        if self.name == "trimmed":
            return f"mean without {100 * self.trim:g} % at each end"
        return self.name

    @classmethod
    def of(cls, hyperparameters: Hyperparameters) -> Aggregate:
        """What a forest of these hyperparameters predicts."""
        name = hyperparameters.aggregate
        return cls(name, hyperparameters.trim if name == "trimmed" else 0.0)

    @property
    def is_mean(self) -> bool:
        return self.name == "mean"

    def to_json(self) -> dict[str, Any]:
        """Plain values, of which `from_json` makes it again."""
        return {"name": self.name, "trim": self.trim}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Aggregate:
        """What `to_json` gave.

        Raises
        ------
        ValueError : for anything else.
        """
        unknown = set(entry) - {"name", "trim"}
        if unknown:
            raise ValueError(f"an aggregate has an unknown {min(map(str, unknown))[:40]!r}")
        name = text_of(entry.get("name"), "an aggregate's name")
        return cls(name, float(number_of(entry.get("trim"), "trim")))


MEAN = Aggregate()
