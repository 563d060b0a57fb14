"""The job that grows and judges the forests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.files import file_state, refuse_overwriting_inputs
from wco2_engine.inputs.areas import Box
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import parse_domain
from wco2_engine.inputs.regions import DEFAULT_WINTER, Region, read_regions
from wco2_engine.inputs.zones import Zones, parse_zones
from wco2_engine.jobs.base import Facts, domain_states, files, path_of, regions_state, threads
from wco2_engine.progress import Progress

if TYPE_CHECKING:
    from wco2_engine.learning.model import Model
    from wco2_engine.learning.training import ForestRecipe


EVERYWHERE = (Region("everywhere", DEFAULT_WINTER, Box(-180.0, -90.0, 180.0, 90.0)),)


@dataclass(frozen=True)
class TrainJob:
    """Grow a forest for each region, and judge it on held-out rows."""

    verb: ClassVar[str] = "train"
    training: str
    catalogue: str
    output: str
    regions: str | None = None
    trees: int = 500
    min_samples_leaf: int = 1
    max_features: float = 1.0
    transform: str = "none"
    seed: int = 0
    validation: list[str] = field(default_factory=lambda: ["random", "site"])
    members: int | None = None  # 20 where there are 100 trees or more
    tune: bool = False
    tune_budget: int = 500
    weights: str = "rows"
    zones: Any = None
    title: str = ""
    licence: str = ""
    simulated: bool = False
    domain: Any = None
    jobs: int = 0

    def run(self, progress: Progress) -> Facts:
        refuse_overwriting_inputs([self.output], self.inputs())
        model = self.trained(progress)
        model.write(Path(self.output))
        return {
            "fingerprint": model.fingerprint,
            "scores": [
                dict(row)
                for row in model.scores
                if row["month"] == row["zone"] == row["method"] == "all"
            ],
            "coverage": [dict(row) for row in model.coverage],
            "tuning": {
                region: told["sentence"]
                for region, told in model.provenance.get("tuning", {}).items()
            },
            "outputs": [self.output],
        }

    def trained(self, progress: Progress) -> Model:
        """The model, which is not written.

        Raises
        ------
        Wco2Error : when an input is missing or wrong, or a region has too few rows or sites.
        """
        from wco2_engine.learning.sampling import read_training
        from wco2_engine.learning.training import train

        recipe = self.recipe()
        regions = read_regions(Path(self.regions)) if self.regions else EVERYWHERE
        catalogue = Catalogue.read(self.catalogue)
        return train(
            read_training(Path(self.training), catalogue.names),
            catalogue,
            regions,
            recipe,
            {"title": self.title, "licence": self.licence},
            self.simulated,
            threads(self.jobs),
            progress,
            parse_domain(self.domain, Path(), "Training"),
            self.parsed_zones(),
        )

    def inputs(self) -> list[str]:
        """The files that are named, which no output may replace."""
        places = (path_of(self.domain), path_of(self.zones))
        return files(self.training, self.catalogue, self.regions, *places)

    def recipe(self) -> ForestRecipe:
        """How the forests are grown and judged.

        Raises
        ------
        Wco2Error : for a number out of bounds, or an unknown validation.
        """
        from wco2_engine.learning.training import ForestRecipe

        return ForestRecipe(
            trees=self.trees,
            min_samples_leaf=self.min_samples_leaf,
            max_features=self.max_features,
            transform=self.transform,
            seed=self.seed,
            validation=tuple(self.validation),
            members=self.members,
            tune=self.tune,
            tune_budget=self.tune_budget,
            weights=self.weights,
        )

    def parsed_zones(self) -> Zones | None:
        """The zones that scores are told by.

        Raises
        ------
        Wco2Error : when the file is missing, or doesn't name its zones.
        """
        return parse_zones(self.zones, Path(), "Training")

    def depends_on(self) -> list[str]:
        return [
            file_state(self.training),
            file_state(self.catalogue),
            *([regions_state(self.regions)] if self.regions else []),
            *domain_states(self.domain),
            *domain_states(self.zones),
        ]
