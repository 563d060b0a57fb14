"""What a report is made of: a model, and what lies around it of its study and its maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wco2_engine.learning.explanation import AccumulatedEffect, accumulated_effects
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.options import Hyperparameters
from wco2_engine.report.drawing import HALF

if TYPE_CHECKING:
    from wco2_engine.report.atlas import Setting

PARTS = ("month", "zone", "method")  # that scores are told by too, one at a time
WHOLE = "all"
SHORT = {
    "random": "random",
    "site": "leave-site-out",
    "blocks": "500 km blocks",
    "knndm": "kNNDM",
    "year": "leave-year-out",
    "decade": "leave-decade-out",
    "method": "leave-method-out",
    "source": "leave-source-out",
}
# What a report tells of maps, from their record.
TOLD_OF_MAPS = ("maps", "grid", "years", "cells", "missing_cell_months", "notes")


@dataclass(frozen=True)
class ReportContext:
    """What a report shows.

    Parameters
    ----------
    observations, sampling : counts of rows kept and rejected, by reason.
    maps_folder : folder of a finished prediction; None where there is none.
    budget : table of totals, which is shown where it is there.
    trend : map of trends, which is shown where it is there.
    next_sites : table of next sites, which is shown where it is there.
    scenarios : folders of other predictions of the same model.
    domain : of the maps, as a study says it; see `inputs.domain.parse_domain`.
    zones : whose borders maps show, as a study says them; see `inputs.zones.parse_zones`.
    width : of maps of sites, mm.
    threads : for what is computed with the forests.
    now_and_then : is called during long work; may raise to stop it.
    """

    model: Model
    title: str = ""
    observations: Mapping[str, int] = field(default_factory=dict)
    sampling: Mapping[str, int] = field(default_factory=dict)
    maps_folder: Path | None = None
    budget: Path | None = None
    trend: Path | None = None
    next_sites: Path | None = None
    scenarios: tuple[Path, ...] = ()
    domain: Any = None
    zones: Any = None
    width: float = 1.4 * HALF
    threads: int = 1
    now_and_then: Callable[[], None] = lambda: None

    @cached_property
    def maps(self) -> PredictionRecord | None:
        folder = self.maps_folder
        return None if folder is None else PredictionRecord.read(folder, TOLD_OF_MAPS)

    @cached_property
    def setting(self) -> Setting:
        """What all maps of the report show besides."""
        from wco2_engine.report.atlas import Setting

        gaps = self.maps.entries["missing_cell_months"] if self.maps else {}
        regions = tuple(part.region for part in self.model.regions)
        return Setting.of(regions, self.domain, self.zones, has_gaps=any(gaps.values()))

    @cached_property
    def outside(self) -> tuple[Mapping[str, Any], ...]:
        """The area outside the area of applicability by region and year; see `outside_area`."""
        from wco2_engine.report.outside import outside_area

        if self.maps is None or not self.maps.by_year("applicability"):
            return ()
        return tuple(outside_area(self.model, self.maps.folder, self.now_and_then))

    @cached_property
    def effects(self) -> Mapping[str, tuple[AccumulatedEffect, ...]]:
        """The accumulated local effects of all predictors, by region."""
        names = [predictor.name for predictor in self.model.predictors]
        return {
            part.region.name: tuple(
                accumulated_effects(
                    part.predicting_forest, part.features, names, threads=self.threads
                )
            )
            for part in self.model.regions
        }

    @property
    def heading(self) -> str:
        return self.title or str(self.model.provenance.get("title") or "Model")


def quoted(region: RegionModel) -> str:
    """The validation whose score goes with a map of this region: the strictest that it has.

    Random folds are never quoted. Empty where the region has nothing else.
    """
    method = region.applicability_folds
    return "" if method == "random" else method


def shown(region: RegionModel) -> str:
    """The validation by which errors are shown: the quoted one, else any; empty for none."""
    return quoted(region) or next(iter(region.predictions), "")


def hyperparameters_of(model: Model, region: RegionModel) -> Hyperparameters:
    """How a region's forest was grown; as it was tuned, where it was."""
    tuned = model.settings.get("tuned", {}).get(region.region.name, {})
    return Hyperparameters.of_settings({**model.settings, **tuned})


def score_of(model: Model, region: str, method: str) -> Mapping[str, Any]:
    """The row of scores over everything held out; empty where there is none."""
    for row in model.scores:
        if (row["region"], row["validation"]) == (region, method) and is_whole(row):
            return row
    return {}


def is_whole(row: Mapping[str, Any]) -> bool:
    """Whether a row of scores is over everything held out, not over a part of it."""
    return all(row.get(part, WHOLE) == WHOLE for part in PARTS)
