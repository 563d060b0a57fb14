"""The job that fits and validates the forests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.files import file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, domain_states, files, path_of, regions_state, threads
from wco2_engine.jobs.catalogues import catalogue_with_units, stack_folder
from wco2_engine.options import DOMAIN, ZONES, Run, TrainingSettings
from wco2_engine.progress import Progress
from wco2_engine.schema import group, option, same_option

if TYPE_CHECKING:
    from wco2_engine.inputs.regions import Region
    from wco2_engine.inputs.zones import Zones
    from wco2_engine.learning.model import Model


@dataclass(frozen=True)
class TrainJob:
    """Fit a forest for each region, and validate it on held-out rows."""

    verb: ClassVar[str] = "train"
    training: str = option("Training table.", path="read", argument="TRAINING")
    catalogue: str = option("Catalogue of predictors.", path="read", argument="CATALOGUE")
    output: str = option("model.wco2 to write.", path="written")
    regions: str | None = option(
        "TOML file with [[region]] tables; a study file will do.", None, path="read"
    )
    settings: TrainingSettings = group(TrainingSettings)
    zones: dict[str, Any] | None = option("Zones that scores are told by too.", None, table=ZONES)
    title: str = option("Title, kept in the model.", "")
    licence: str = option("Licence of the maps, kept in the model.", "")
    simulated: bool = option("Whether the fluxes are simulated.", False)
    domain: str | dict[str, Any] | None = option(
        "Cells to be mapped, for knndm.", None, table=DOMAIN
    )
    jobs: int = same_option(Run, "jobs")
    stack: str | None = option(
        "Folder of prepared predictors; beside the catalogue by default.", None, path="read"
    )

    def run(self, progress: Progress) -> Facts:
        refuse_overwriting_inputs([self.output], self.inputs())
        model = self.trained(progress)
        model.write(Path(self.output))
        tuned = model.provenance.get("tuning", {})
        return {
            "fingerprint": model.fingerprint,
            "scores": [
                dict(row)
                for row in model.scores
                if row["month"] == row["zone"] == row["method"] == "all"
            ],
            "coverage": [dict(row) for row in model.coverage],
            "winter_coverage": [dict(row) for row in model.winter_coverage],
            "tuning": {region: told["sentence"] for region, told in tuned.items()},
            "nested": {
                region: {
                    kind: {score: told[kind][score] for score in ("r2", "kge", "rmse", "bias")}
                    for kind in ("nested", "untuned")
                }
                for region, told in tuned.items()
            },
            "outputs": [self.output],
        }

    def trained(self, progress: Progress) -> Model:
        """The model, which is not written.

        Raises
        ------
        Wco2Error : when an input is missing or wrong, or a region has too few rows or sites.
        """
        from wco2_engine.inputs.domain import parse_domain
        from wco2_engine.learning.sampling import read_training
        from wco2_engine.learning.training import train

        stack = stack_folder(self.stack, self.catalogue, self.output)
        catalogue = catalogue_with_units(self.catalogue, stack)
        return train(
            read_training(Path(self.training), catalogue.names),
            catalogue,
            self.parsed_regions(),
            self.settings,
            {"title": self.title, "licence": self.licence},
            self.simulated,
            threads(self.jobs),
            progress,
            parse_domain(self.domain, Path(), "Training"),
            self.parsed_zones(),
        )

    def inputs(self) -> list[str]:
        """The files that are named, which no output may replace."""
        from wco2_engine.inputs.regions import geometry_files

        places = (path_of(self.domain), path_of(self.zones))
        polygons = geometry_files(Path(self.regions)) if self.regions else []
        return files(self.training, self.catalogue, self.regions, *places, *polygons)

    def parsed_regions(self) -> tuple[Region, ...]:
        """The regions that are trained; one everywhere where none are named."""
        from wco2_engine.inputs.regions import EVERYWHERE, read_regions

        return read_regions(Path(self.regions)) if self.regions else EVERYWHERE

    def parsed_zones(self) -> Zones | None:
        """The zones that scores are told by.

        Raises
        ------
        Wco2Error : when the file is missing, or doesn't name its zones.
        """
        from wco2_engine.inputs.zones import parse_zones

        return parse_zones(self.zones, Path(), "Training")

    def depends_on(self) -> list[str]:
        return [
            file_state(self.training),
            file_state(self.catalogue),
            *([regions_state(self.regions)] if self.regions else []),
            *domain_states(self.domain),
            *domain_states(self.zones),
        ]
