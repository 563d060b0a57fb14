"""The job that finds the predictors that help."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import atomic_write, check_ending, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, threads
from wco2_engine.jobs.train import TrainJob
from wco2_engine.progress import Part, Progress


@dataclass(frozen=True)
class SelectJob:
    """Which predictors help at held-out sites, by region, and a catalogue of these alone."""

    verb: ClassVar[str] = "select"
    training: str
    catalogue: str
    output: str
    regions: str | None = None
    method: str = "forward"
    criterion: str = "clear"
    trees: int = 50
    budget: int = 10_000
    seed: int = 0
    title: str = ""
    jobs: int = 0

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.catalogue_text import only_predictors
        from wco2_engine.learning.growing import Growth
        from wco2_engine.learning.selection import SELECTIONS, collinearity
        from wco2_engine.report.selection import Found, write_selection

        page = Path(self.output)
        chosen_catalogue = page.with_name(f"{page.stem}_catalogue.toml")
        inputs = TrainJob(self.training, self.catalogue, self.output, self.regions).inputs()
        refuse_overwriting_inputs([self.output, str(chosen_catalogue)], inputs)
        check_ending(self.output, ".html", ".htm")
        if self.method not in SELECTIONS:
            raise Wco2Error(
                f"Unknown method '{self.method}'.", nearest_name(self.method, SELECTIONS)
            )
        growth = Growth(trees=self.trees)
        # A model of one tree brings each region's rows, sites and folds, checked as in training.
        rows = TrainJob(
            *(self.training, self.catalogue, self.output, self.regions),
            trees=1,
            seed=self.seed,
            validation=["site"],
            members=0,
            jobs=self.jobs,
        )
        model = rows.trained(Part(progress, 0.0, 0.05))
        names = [predictor.name for predictor in model.predictors]
        only_predictors(Path(self.catalogue), names)  # what can't be cut shows before the work
        found = {}
        for k, part in enumerate(model.regions):
            step = 0.9 / len(model.regions)
            try:
                selection = SELECTIONS[self.method](
                    *(part.features, part.target, names, part.site, part.folds["site"], growth),
                    criterion=self.criterion,
                    budget=self.budget,
                    seed=self.seed,
                    threads=threads(self.jobs),
                    progress=Part(progress, 0.05 + k * step, 0.05 + (k + 1) * step),
                )
            except Wco2Error as error:
                raise Wco2Error(
                    f"Region '{part.region.name}': {error.message}", error.hint
                ) from error
            found[part.region.name] = Found(selection, collinearity(part.features, names))
        wanted = [n for n in names if any(n in each.selection.chosen for each in found.values())]
        text = only_predictors(Path(self.catalogue), wanted)
        written = write_selection(
            page,
            model,
            found,
            chosen_catalogue.name,
            self.title or "Selection of predictors",
            Part(progress, 0.95, 1.0),
        )
        with atomic_write(chosen_catalogue) as partial:
            partial.write_text(text, encoding="utf-8")
        return {
            "chosen": {region: list(each.selection.chosen) for region, each in found.items()},
            "rmse": {
                region: {"chosen": each.selection.rmse, "all": each.selection.rmse_of_all}
                for region, each in found.items()
            },
            "catalogue": str(chosen_catalogue),
            "outputs": [*map(str, written), str(chosen_catalogue)],
        }
