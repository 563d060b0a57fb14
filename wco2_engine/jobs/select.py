"""The job that finds the predictors that help."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import atomic_write, check_ending, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, threads
from wco2_engine.jobs.train import TrainJob
from wco2_engine.options import Hyperparameters, Run, TrainingSettings
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import option, same_option


@dataclass(frozen=True)
class SelectJob:
    """Which predictors help at held-out sites, by region, and a catalogue of these alone."""

    verb: ClassVar[str] = "select"
    training: str = option("Training table.", path="read", argument="TRAINING")
    catalogue: str = option("Catalogue of predictors.", path="read", argument="CATALOGUE")
    output: str = option("selection.html to write.", path="written")
    regions: str | None = option(
        "TOML file with [[region]] tables; a study file will do.", None, path="read"
    )
    method: str = option("forward or elimination.", "forward", choices=("forward", "elimination"))
    criterion: str = option(
        "clear (better by more than chance) or any.", "clear", choices=("clear", "any")
    )
    trees: int = same_option(Hyperparameters, "trees", 50)
    budget: int = option("Forests a region may take.", 10_000, least=1, most=10**9)
    seed: int = same_option(TrainingSettings, "seed")
    title: str = option("Title of the page.", "")
    jobs: int = same_option(Run, "jobs")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.catalogue import Catalogue
        from wco2_engine.inputs.catalogue_text import only_predictors
        from wco2_engine.learning.rows import is_simulated
        from wco2_engine.learning.run import RunContext
        from wco2_engine.learning.sampling import read_training
        from wco2_engine.learning.selection import SELECTIONS, collinearity
        from wco2_engine.learning.training import rows_and_folds
        from wco2_engine.report.selection import RegionSelection, write_selection

        page = Path(self.output)
        chosen_catalogue = page.with_name(f"{page.stem}_catalogue.toml")
        training = TrainJob(self.training, self.catalogue, self.output, self.regions)
        refuse_overwriting_inputs([self.output, str(chosen_catalogue)], training.inputs())
        check_ending(self.output, ".html", ".htm")
        hyperparameters = Hyperparameters(trees=self.trees)
        settings = TrainingSettings(hyperparameters, self.seed, ("site",), members=0)
        names = Catalogue.read(self.catalogue).names
        table = read_training(Path(self.training), names)
        parts = rows_and_folds(table, names, training.parsed_regions(), settings)
        only_predictors(Path(self.catalogue), names)  # what can't be cut shows before the work
        run = RunContext(self.seed, threads(self.jobs), SubProgress(progress, 0.0, 0.95))
        found = {}
        for k, part in enumerate(parts):
            name = part.region.name
            try:
                selection = SELECTIONS[self.method](
                    part.rows,
                    part.folds["site"],
                    hyperparameters,
                    run.part(k / len(parts), (k + 1) / len(parts)),
                    criterion=self.criterion,
                    budget=self.budget,
                )
            except Wco2Error as error:
                raise Wco2Error(f"Region '{name}': {error.message}", error.hint) from error
            same = collinearity(part.rows.features, names)
            found[name] = RegionSelection(selection, same, len(part.rows), part.rows.n_sites)
        wanted = [n for n in names if any(n in each.selection.chosen for each in found.values())]
        text = only_predictors(Path(self.catalogue), wanted)
        written = write_selection(
            page,
            found,
            chosen_catalogue.name,
            self.title or "Selection of predictors",
            is_simulated(table),
            SubProgress(progress, 0.95, 1.0),
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
