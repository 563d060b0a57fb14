"""Extremely Randomized Trees, one forest a region, with all that tells how far to trust it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.regions import EVERYWHERE, NO_REGION, Region
from wco2_engine.inputs.zones import Zones
from wco2_engine.learning.compiling import ready
from wco2_engine.learning.conformal import LEVELS
from wco2_engine.learning.cross_validation import HeldOutPredictions, cross_val_predict
from wco2_engine.learning.evaluation import (
    conformal_corrections,
    coverage_rows,
    score_rows,
    winter_coverage_rows,
    winter_factors,
)
from wco2_engine.learning.fitting import fit_with_importances
from wco2_engine.learning.folds import MAY_LACK, make_folds
from wco2_engine.learning.joining import join_forests
from wco2_engine.learning.judged import level_text
from wco2_engine.learning.labels import COMMON, labels_of
from wco2_engine.learning.members import fit_members
from wco2_engine.learning.model import Model
from wco2_engine.learning.model_predictor import ModelPredictor
from wco2_engine.learning.prediction_points import prediction_points
from wco2_engine.learning.region_model import STRICT_FIRST, OtherMonths, RegionModel
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import (
    TrainingRows,
    assigned_regions,
    is_simulated,
    rows_by_region,
    sources_of_rows,
)
from wco2_engine.learning.run import RunContext
from wco2_engine.learning.tuning import Tuning, tune
from wco2_engine.naming import proper_name
from wco2_engine.options import Hyperparameters, TrainingSettings
from wco2_engine.products.citing import asked_by
from wco2_engine.progress import Progress, Silent
from wco2_engine.schema import to_plain

if TYPE_CHECKING:
    import pandas as pd

MAX_SOURCES = 100  # named in the model
TUNING_EFFORT = 60.0  # in fold forests, for progress alone

Folds = Mapping[str, NDArray[np.int16]]


@dataclass(frozen=True, eq=False)
class TrainingRegion:
    """A region's rows, and how each validation holds them out.

    Parameters
    ----------
    folds : by validation, `(n_rows,)` from 0, -1 for rows that are never held out; without those
        that its rows are too few for.
    others_folds : by the validations that hold out what is no site, `(n_others,)`, the fold of each
        row of other months; -1 for none.
    """

    region: Region
    rows: TrainingRows
    folds: Folds
    others_folds: Folds = field(default_factory=dict)

    def __repr__(self) -> str:
        return short_repr(self)

    @property
    def strictest(self) -> str:
        """The strictest of its validations; empty where it has none."""
        return next((method for method in STRICT_FIRST if method in self.folds), "")


def rows_and_folds(
    table: pd.DataFrame,
    names: Sequence[str],
    regions: Sequence[Region] = EVERYWHERE,
    settings: TrainingSettings | None = None,
    progress: Progress | None = None,
    domain: Domain | None = None,
    zones: Zones | None = None,
    classes: Sequence[str] = (),
) -> tuple[TrainingRegion, ...]:
    """The rows of each region and their folds, checked as in training. No forest is fitted.

    Parameters and errors are those of `train`; `names` are the predictors', and `classes` the names
    of those that are classes. With `tune`, rows of
    other months that the table has are kept as `others`, because tuning tries them.

    Examples
    --------
    >>> from wco2_engine import Hyperparameters, TrainingSettings, read_training, rows_and_folds
    >>> names = ["temperature", "carbon"]
    >>> table = read_training("results/training.gpkg", names)
    >>> settings = TrainingSettings(validation=("site",))
    >>> (region,) = rows_and_folds(table, names, settings=settings)
    >>> region.rows.n_sites, int(region.folds["site"].max()) + 1
    (10, 10)
    """
    settings, progress = settings or TrainingSettings(), progress or Silent()
    by_region = rows_by_region(table, names, regions, zones, settings.months, classes)
    found = []
    for k, (region, rows) in enumerate(zip(regions, by_region, strict=True)):
        if settings.hyperparameters.train_months != "winter" and rows.others is None:
            progress.note(
                f"{proper_name(region.name)} "
                f"trains on its winter alone: the training table has no rows of "
                "other months that may train. Sample with train_months to have them."
            )
        folds: dict[str, NDArray[np.int16]] = {}
        others_folds: dict[str, NDArray[np.int16]] = {}
        for method in settings.validation:
            try:
                if method in COMMON:
                    folds[method], others_folds[method] = _label_folds(
                        method, region, rows, settings.seed
                    )
                    continue
                cells = prediction_points(regions, k, domain) if method == "knndm" else None
                folds[method] = make_folds(method, rows.site, settings.seed, rows.locations, cells)
            except Wco2Error as error:
                if method not in MAY_LACK:
                    raise
                name = proper_name(region.name)
                progress.note(f"{name} has no scores under {method}: {error.message}")
        found.append(TrainingRegion(region, rows, folds, others_folds))
    return tuple(found)


def _label_folds(
    validation: str, region: Region, rows: TrainingRows, seed: int
) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The folds of a validation by labels, of the rows and of those of other months.

    Raises
    ------
    Wco2Error : when the rows have fewer than two labels.
    """
    label, of_others = labels_of(validation, rows, region.winter)
    folds = make_folds(validation, label, seed)
    fold_of = dict(zip(label.tolist(), folds.tolist(), strict=True))
    others = [fold_of.get(each, -1) for each in of_others.tolist()]
    return folds, np.array(others, np.int16)


def train(
    table: pd.DataFrame,
    catalogue: Catalogue,
    regions: Sequence[Region] = EVERYWHERE,
    settings: TrainingSettings | None = None,
    origin: Mapping[str, str] | None = None,
    simulated: bool = False,
    threads: int = 1,
    progress: Progress | None = None,
    domain: Domain | None = None,
    zones: Zones | None = None,
) -> Model:
    """A model from a training table.

    Parameters
    ----------
    table : what `sample` made: site, longitude, latitude, year, month, flux_g_m2_month, and a
        column for each predictor of the catalogue.
    regions : the first that contains a row owns it; rows outside don't train. The default is one
        everywhere, with winters from October to April.
    settings : how forests are fitted and validated; the defaults where None.
    origin : title and licence of the study, kept in the model.
    simulated : whether the study is made up. Observations whose source begins with "simulated" say
        so by themselves.
    threads : for fitting trees; the model is the same for any number.
    domain : the cells that will be predicted, which "knndm" holds rows out by; None for all of a
        region's.
    zones : by which scores are told too.

    Raises
    ------
    Wco2Error : when a column is missing or has gaps, or a region has too few rows or sites.
    Cancelled : when the user asks to stop.

    Examples
    --------
    >>> from wco2_engine import Catalogue, Hyperparameters, TrainingSettings, read_training, train
    >>> catalogue = Catalogue.read("catalogue.toml")
    >>> table = read_training("results/training.gpkg", catalogue.names)
    >>> settings = TrainingSettings(Hyperparameters(trees=10), validation=("site",))
    >>> model = train(table, catalogue, settings=settings)
    >>> model.region_model().n_sites
    10
    """
    settings, progress = settings or TrainingSettings(), progress or Silent()
    parts = rows_and_folds(
        table, catalogue.names, regions, settings, progress, domain, zones, catalogue.classes
    )
    sampling = _sampling(table)
    if not settings.validation:
        progress.note(
            "Nothing was validated: the model has no scores, no calibrated intervals and no area "
            "of applicability. Name a validation, e.g. site, to have them."
        )
    elif not set(settings.validation) - set(COMMON):
        progress.note(
            "No validation is of places: the model has no calibrated intervals and no area of "
            "applicability, and no score is of places without a site. Name one of them, e.g. site."
        )
    ready(progress)
    run = RunContext(settings.seed, threads, progress)
    trained = [
        _train_region(part, settings, run.part(k / len(parts), (k + 1) / len(parts)))
        for k, part in enumerate(parts)
    ]
    sources = sources_of_rows(table)
    products = asked_by(predictor.product for predictor in catalogue.predictors)
    outside = assigned_regions(table, regions) == NO_REGION
    return Model(
        predictors=tuple(
            ModelPredictor(p.name, p.to, p.group, p.label) for p in catalogue.predictors
        ),
        regions=tuple(each.model for each in trained),
        settings={
            **_settings_record(settings),
            "sampling": sampling,
            **_by_region(trained, "tuned", lambda found: to_plain(found.chosen)),
        },
        provenance={
            **dict(origin or {}),
            "engine": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": version("scikit-learn"),
            "rows": len(table),
            "rows_outside_regions": int(outside.sum()),
            "rows_used": sum(len(part.rows) for part in parts),
            "rows_of_other_months": sum(each.model.n_others for each in trained),
            "sources": sources[:MAX_SOURCES],
            **({"products": products} if products else {}),
            **_by_region(trained, "tuning", _tuning_record),
        },
        scores=tuple(row for each in trained for row in each.scores),
        coverage=tuple(row for each in trained for row in each.coverage),
        winter_coverage=tuple(row for each in trained for row in each.winter_coverage),
        simulated=simulated or is_simulated(table),
    )


def _settings_record(settings: TrainingSettings) -> dict[str, Any]:
    """What `Model.settings` keeps, by its published keys."""
    return {
        **to_plain(settings.hyperparameters),
        "seed": settings.seed,
        "validation": list(settings.validation),
        "members": settings.n_members,
        "totals": settings.totals,
        "tune": settings.tune,
        "tune_budget": settings.tune_budget,
    }


def _sampling(table: pd.DataFrame) -> dict[str, Any]:
    """What the predictors were looked up at: the cells of one grid, or points.

    Raises
    ------
    Wco2Error : when the rows were sampled at different cells.
    """
    if "cell_size" not in table.columns or not (table["cell_size"] > 0).any():
        return {"at": "point"}
    if "cell_crs" not in table.columns:
        raise Wco2Error(
            "The training table has a column 'cell_size' but no 'cell_crs'.",
            "Make the training table anew with wco2 sample, or leave out 'cell_size'.",
        )
    kinds = table[["cell_size", "cell_crs"]].drop_duplicates()
    if len(kinds) > 1:
        raise Wco2Error(
            f"The training table was sampled at {len(kinds)} kinds of cells.",
            "Sample all observations at one resolution and CRS.",
        )
    return {
        "at": "cell",
        "resolution": float(kinds["cell_size"].iloc[0]),
        "crs": str(kinds["cell_crs"].iloc[0]),
    }


@dataclass(frozen=True, eq=False)
class _TrainedRegion:
    """What came of a region."""

    model: RegionModel
    scores: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    winter_coverage: list[dict[str, Any]]
    tuning: Tuning | None


def _train_region(
    part: TrainingRegion, settings: TrainingSettings, run: RunContext
) -> _TrainedRegion:
    region, rows, strictest = part.region, part.rows, part.strictest
    run.step(0.0, f"Training {proper_name(region.name)}")
    to_tune, *to_validate, to_fit, to_fit_members = _stretches(settings, part.folds, run)

    tuning = _tuned(part, settings, to_tune) if settings.tune else None
    hyperparameters = tuning.chosen if tuning else settings.hyperparameters
    held = {
        method: _held_out(part, method, hyperparameters, tuning, stretch)
        for method, stretch in zip(part.folds, to_validate, strict=True)
    }
    to_fit.step(0.0)
    grown = rows.training(hyperparameters)
    forest, impurity = fit_with_importances(
        grown.features, grown.target, hyperparameters, run, grown.sample_weight, grown.classes
    )
    members = None
    if settings.n_members:
        correct = settings.totals == "corrected"
        drawn = fit_members(
            rows,
            hyperparameters,
            to_fit_members,
            settings.n_members,
            "blocks" if correct else "halves",
            correct,
        )
        members = join_forests(drawn.forests)

    importances = {"impurity": impurity}
    calibration: dict[str, float] = {}
    of_winters: dict[str, float] = {}
    coverage: list[dict[str, Any]] = []
    winter_coverage: list[dict[str, Any]] = []
    if strictest:
        strict = held[strictest]
        importances["permutation"] = strict.excess_errors(rows.target).mean(axis=1)
        corrections = conformal_corrections(rows, strict)
        calibration = {level_text(level): by for level, by in corrections.items()}
        coverage = coverage_rows(region.name, strictest, rows, strict)
        factors = winter_factors(rows, strict, region.winter, corrections)
        of_winters = {level_text(level): factor for level, factor in factors.items()}
        winter_coverage = winter_coverage_rows(region.name, strictest, rows, strict, region.winter)
        _note_uncalibrated(region, strict, rows, calibration, of_winters, run.progress)
    model = RegionModel(
        region=region,
        forest=forest,
        features=rows.features,
        target=rows.target,
        site=rows.site,
        longitude=rows.longitude,
        latitude=rows.latitude,
        year=rows.year,
        month=rows.month,
        folds=part.folds,
        predictions={method: found.predicted for method, found in held.items()},
        importances=importances,
        members=members,
        n_members=settings.n_members,
        calibration=calibration,
        others=OtherMonths.of(grown.subset(np.arange(len(rows), len(grown)))),
        winter_calibration=of_winters,
    )
    scores = [
        row
        for method, found in held.items()
        for row in score_rows(region.name, method, rows, found, settings.seed)
    ]
    return _TrainedRegion(model, scores, coverage, winter_coverage, tuning)


def _stretches(settings: TrainingSettings, folds: Folds, run: RunContext) -> list[RunContext]:
    """Of the progress: tuning, each validation, the forest, its members; by forests fitted."""
    n_folds = [int(fold.max()) + 1 for fold in folds.values()]
    efforts = [TUNING_EFFORT if settings.tune else 0.0, *n_folds, 1.0, 1.0]
    ends = np.cumsum([0.0, *efforts]) / sum(efforts)
    return [run.part(*stretch) for stretch in pairwise(ends.tolist())]


def _tuned(part: TrainingRegion, settings: TrainingSettings, run: RunContext) -> Tuning:
    if part.strictest in ("", "random"):
        raise Wco2Error(
            f"Region '{part.region.name}' has no folds that keep sites whole, which tuning needs.",
            'Add "site" to the validation.',
        )
    folds = part.folds[part.strictest]
    return tune(part.rows, folds, settings.hyperparameters, run, budget=settings.tune_budget)


def _held_out(
    part: TrainingRegion,
    method: str,
    chosen: Hyperparameters,
    tuning: Tuning | None,
    run: RunContext,
) -> HeldOutPredictions:
    """Predictions under a validation; the strictest one tells intervals and importances too."""
    folds = part.folds[method]
    if method != part.strictest:
        others = part.others_folds.get(method) if part.rows.others else None
        return cross_val_predict(part.rows, folds, chosen, run, others_folds=others)
    return cross_val_predict(
        part.rows,
        folds,
        # Each fold as the others chose: nested.
        tuning.chosen_by_fold if tuning else chosen,
        run,
        levels=() if method == "random" else LEVELS,
        permute=[[column] for column in range(len(part.rows.names))],
        permutation_seeds=[run.seed + fold for fold in range(int(folds.max()) + 1)],
    )


def _note_uncalibrated(
    region: Region,
    held: HeldOutPredictions,
    rows: TrainingRows,
    calibration: Mapping[str, float],
    of_winters: Mapping[str, float],
    progress: Progress,
) -> None:
    raw = [level for level in held.bounds if level_text(level) not in calibration]
    summed = [level for level in calibration if level not in of_winters]
    if summed:
        progress.note(
            f"{proper_name(region.name)}: "
            f"too few sites were measured in two months of a winter or more to tell "
            f"how errors of months add up. Bounds of winters of level {', '.join(summed)} are sums "
            "of the months' bounds, which is too wide."
        )
    if raw:
        sites = len(np.unique(rows.site[held.known]))
        levels = ", ".join(map(level_text, raw))
        progress.note(
            f"{proper_name(region.name)}: "
            f"{sites} sites are too few to calibrate intervals of level {levels}."
        )


def _by_region(
    trained: Sequence[_TrainedRegion], key: str, record: Callable[[Tuning], Any]
) -> dict[str, Any]:
    """A table by region under `key`; nothing where nothing was tuned."""
    found = {each.model.region.name: record(each.tuning) for each in trained if each.tuning}
    return {key: found} if found else {}


def _tuning_record(tuning: Tuning) -> dict[str, Any]:
    """What a model keeps of its tuning."""
    return {
        "sentence": tuning.sentence(),
        "trials": [
            {
                **to_plain(trial.hyperparameters),
                **{name: getattr(trial, name) for name in ("round", "rmse", "bias", "r2")},
            }
            for trial in tuning.trials
        ],
        "trees": tuning.trees,
        "budget": tuning.budget,
        "nested": tuning.nested.row(),
        "untuned": tuning.untuned.row(),
        "gain": list(tuning.gain),
        "chosen_by_fold": [to_plain(chosen) for chosen in tuning.chosen_by_fold],
    }
