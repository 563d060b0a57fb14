"""Extremely Randomized Trees, one forest a region, with all that tells how far to trust it."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.regions import NO_REGION, Region, assign_region
from wco2_engine.inputs.zones import Zones
from wco2_engine.learning.calibration import LEVELS
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.groups import site_groups
from wco2_engine.learning.growing import Growth, grow_with_impurity
from wco2_engine.learning.judging import (
    HeldOut,
    Rows,
    calibrate,
    coverage_rows,
    hold_out,
    score_rows,
)
from wco2_engine.learning.members import MEMBERS, fit_members, join
from wco2_engine.learning.model import (
    MAX_ENSEMBLE,
    STRICT_FIRST,
    Model,
    ModelPredictor,
    RegionModel,
    level_text,
)
from wco2_engine.learning.spatial_folds import Places
from wco2_engine.learning.to_predict import places_to_predict
from wco2_engine.learning.tuning import BUDGET, Space, Tuning, site_weights, tune
from wco2_engine.learning.validation import NEEDS_DISTANCE, check_methods, make_folds
from wco2_engine.progress import Part, Progress, Silent, stop_if_cancelled
from wco2_engine.season import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    import pandas as pd

MIN_SITE_MONTHS = 20
MIN_SITES = 3
MAX_SOURCES = 100  # named in the model
BOUNDS = {
    "longitude": (-360, 360),
    "latitude": (-90, 90),
    "year": (FIRST_YEAR, LAST_YEAR),
    "month": (1, 12),
}
SIMULATED = "simulated"  # how the `source` of a simulated observation begins
ENOUGH_TREES = 100  # to be shared by members without asking
WEIGHTS = ("rows", "sites")
TUNING_EFFORT = 60.0  # in fold forests, for progress alone

FloatArray = NDArray[np.float64]
Folds = Mapping[str, NDArray[np.int16]]


@dataclass(frozen=True)
class ForestRecipe:
    """How forests are grown and judged.

    The defaults are the bare Extremely Randomized Trees of Geurts et al. (2006,
    doi 10.1007/s10994-006-6226-1) for regression: fully grown trees, all predictors tried at each
    split, no bootstrap.

    Parameters
    ----------
    trees, min_samples_leaf, max_features, transform : see `Growth`.
    validation : ways to hold rows out. The strictest of them that keeps sites whole calibrates
        intervals and tells importances and applicability.
    members : forests on halves of the sites, which give totals their intervals; 0 for none, and
        None for 20 where there are trees enough.
    tune, tune_budget : look for a better growth by site folds, with so many forests at most; the
        strictest scores are then nested.
    weights : "rows", or "sites" for each site to count as one.
    """

    trees: int = 500
    min_samples_leaf: int = 1
    max_features: float = 1.0
    transform: str = "none"
    seed: int = 0
    validation: tuple[str, ...] = ("random", "site")
    members: int | None = None
    tune: bool = False
    tune_budget: int = BUDGET
    weights: str = "rows"

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise Wco2Error(f"seed = {self.seed} is not from 0 to 4294967295.")
        object.__setattr__(self, "validation", check_methods(self.validation))
        least = min(self.growth.trees, *Space().trees) if self.tune else self.growth.trees
        if self.n_members and not 2 <= self.n_members <= min(MAX_ENSEMBLE, least):
            raise Wco2Error(
                f"members = {self.members} is not from 2 to {min(MAX_ENSEMBLE, least)}.",
                "Members share the trees; 0 is for none.",
            )
        if self.weights not in WEIGHTS:
            raise Wco2Error(
                f"Unknown weights '{self.weights}'.", nearest_name(self.weights, WEIGHTS)
            )
        if self.tune and not set(self.validation) - {"random"}:
            raise Wco2Error(
                "Tuning needs a validation that keeps sites whole.",
                'Add "site" to the validation.',
            )

    @property
    def growth(self) -> Growth:
        """How forests are grown where nothing is tuned."""
        return Growth(self.trees, self.min_samples_leaf, self.max_features, self.transform)

    @property
    def n_members(self) -> int:
        """How many members there will be."""
        if self.members is None:
            return MEMBERS if self.trees >= ENOUGH_TREES else 0
        return self.members


def train(
    table: pd.DataFrame,
    catalogue: Catalogue,
    regions: Sequence[Region],
    recipe: ForestRecipe | None = None,
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
    regions : the first that holds a row owns it; rows outside, or out of the winter, don't train.
    origin : title and licence of the study, kept in the model.
    simulated : whether the study is made up. Observations whose source begins with "simulated" say
        so by themselves.
    threads : for growing trees; the model is the same for any number.
    domain : the cells that will be predicted, which "knndm" holds rows out by; None for all of a
        region's.
    zones : by which scores are told too.

    Raises
    ------
    Wco2Error : when a column is missing or has gaps, or a region has too few rows or sites.
    Cancelled : when the user asks to stop.
    """
    recipe, progress = recipe or ForestRecipe(), progress or Silent()
    names = catalogue.names
    _check_table(table, names)
    sampling = _sampling(table)
    features = table[list(names)].to_numpy(np.float32)
    owners = assign_region(
        regions,
        table["longitude"].to_numpy(np.float64),
        table["latitude"].to_numpy(np.float64),
    )
    month = table["month"].to_numpy(np.int64)
    chosen = [
        np.flatnonzero((owners == k) & np.isin(month, region.winter.months))
        for k, region in enumerate(regions)
    ]
    tables = [table.iloc[each] for each in chosen]
    groups = [_groups(each) for each in tables]
    for region, group in zip(regions, groups, strict=True):
        _check_enough(region, group)
    trained = []
    for k, region in enumerate(regions):
        rows = _rows(tables[k], features[chosen[k]], groups[k], recipe, zones)
        part = Part(progress, k / len(regions), (k + 1) / len(regions))
        cells = partial(places_to_predict, regions, k, domain)
        trained.append(_train_region(region, rows, recipe, cells, threads, part))
    sources = _distinct(table, "source")
    return Model(
        predictors=tuple(ModelPredictor(p.name, p.to, p.group) for p in catalogue.predictors),
        regions=tuple(each.model for each in trained),
        settings={
            **asdict(recipe),
            "validation": list(recipe.validation),
            "members": recipe.n_members,
            "sampling": sampling,
            **_by_region(trained, "tuned", lambda found: asdict(found.chosen)),
        },
        provenance={
            **dict(origin or {}),
            "engine": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": version("scikit-learn"),
            "rows": len(table),
            "rows_outside_regions": int((owners == NO_REGION).sum()),
            "rows_used": int(sum(len(rows) for rows in chosen)),
            "sources": sources[:MAX_SOURCES],
            **_by_region(trained, "tuning", _told),
        },
        scores=tuple(row for each in trained for row in each.scores),
        coverage=tuple(row for each in trained for row in each.coverage),
        simulated=simulated or any(text.lower().startswith(SIMULATED) for text in sources),
    )


def _distinct(table: pd.DataFrame, column: str) -> list[str]:
    """The different texts of a column, sorted; none where the table lacks it."""
    return sorted({str(text) for text in table[column]}) if column in table.columns else []


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


def _check_table(table: pd.DataFrame, predictors: Sequence[str]) -> None:
    numbers = ("longitude", "latitude", "year", "month", "flux_g_m2_month", *predictors)
    for column in ("site", *numbers):
        if column not in table.columns:
            raise Wco2Error(
                f"The training table has no column '{column}'.",
                nearest_name(column, map(str, table.columns)),
            )
    with np.errstate(over="ignore"):  # beyond float32 is infinity, which is a gap
        gaps = ~np.isfinite(table[list(numbers)].to_numpy(np.float32))
    names = ("site", *numbers)
    gaps = np.column_stack([table["site"].astype(str).str.strip() == "", gaps])
    if gaps.any():
        row, column = np.argwhere(gaps)[0]
        raise Wco2Error(
            f"The training table has no value of '{names[column]}' in row {row + 1} "
            f"({int(gaps.sum())} gaps in all).",
            "Leave such rows out; wco2 sample does.",
        )
    for column, (low, high) in BOUNDS.items():
        values = table[column].to_numpy(np.float64)
        wrong = (values < low) | (values > high)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise Wco2Error(
                f"The training table has {column} = {values[row]:g} in row {row + 1}, which is not "
                f"from {low:g} to {high:g}.",
                "Make the training table anew with wco2 sample.",
            )


def _groups(rows: pd.DataFrame) -> NDArray[np.int32]:
    return site_groups(
        rows["site"].astype(str).tolist(),
        rows["longitude"].to_numpy(np.float64),
        rows["latitude"].to_numpy(np.float64),
    )


def _check_enough(region: Region, group: NDArray[np.int32]) -> None:
    sites = len(np.unique(group))
    if len(group) < MIN_SITE_MONTHS or sites < MIN_SITES:
        raise Wco2Error(
            f"Region '{region.name}' has {len(group)} winter site-months at {sites} sites; "
            f"training needs {MIN_SITE_MONTHS} at {MIN_SITES} that lie apart.",
            "Bring more observations, widen the region or its winter, or leave the region out.",
        )


def _rows(
    table: pd.DataFrame,
    features: NDArray[np.float32],
    group: NDArray[np.int32],
    recipe: ForestRecipe,
    zones: Zones | None,
) -> Rows:
    longitude, latitude = (table[name].to_numpy(np.float64) for name in ("longitude", "latitude"))
    nothing = [""] * len(table)
    return Rows(
        features=features,
        target=table["flux_g_m2_month"].to_numpy(np.float64),
        site=group,
        month=table["month"].to_numpy(np.int8),
        year=table["year"].to_numpy(np.int16),
        longitude=longitude,
        latitude=latitude,
        zone=np.array(zones.at(longitude, latitude) if zones else nothing, dtype=str),
        method=np.array(_texts(table["method"]) if "method" in table else nothing, dtype=str),
        weight=site_weights(group) if recipe.weights == "sites" else None,
    )


def _texts(column: pd.Series[Any]) -> list[str]:
    """A column's texts; "" where it has a gap, or "all", which stands for all rows."""
    texts = (str(v).strip() if t else "" for v, t in zip(column, column.notna(), strict=True))
    return ["" if text == "all" else text for text in texts]


@dataclass(frozen=True, eq=False)
class _Trained:
    """What came of a region."""

    model: RegionModel
    scores: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    tuning: Tuning | None


def _train_region(
    region: Region,
    rows: Rows,
    recipe: ForestRecipe,
    to_predict: Callable[[], Places],
    threads: int,
    progress: Progress,
) -> _Trained:
    stop_if_cancelled(progress)
    progress.update(0.0, f"Training {region.name}")
    folds = _folds(region, rows, recipe, to_predict, progress)
    strictest = next((method for method in STRICT_FIRST if method in folds), "")
    to_tune, *to_validate, to_grow, to_grow_members = _stretches(recipe, folds, progress)

    tuning = None
    if recipe.tune:
        tuning = _tuned(region, rows, recipe, folds, strictest, threads, to_tune)
    growth = tuning.chosen if tuning else recipe.growth
    held: dict[str, HeldOut] = {}
    for (method, fold), part in zip(folds.items(), to_validate, strict=True):
        strict = method == strictest
        growths = [growth] * (int(fold.max()) + 1)
        if tuning and strict:  # each fold as the others chose: nested
            growths = list(tuning.chosen_by_fold)
        levels = LEVELS if strict and method != "random" else ()
        held[method] = hold_out(rows, fold, growths, recipe.seed, part, threads, levels, strict)
    to_grow.update(0.0)
    forest, impurity = grow_with_impurity(
        rows.features, rows.target, growth, recipe.seed, rows.weight, threads
    )
    members = _members(rows, recipe, growth, threads, to_grow_members)

    importances = {"impurity": impurity}
    calibration: dict[str, float] = {}
    coverage: list[dict[str, Any]] = []
    if strictest:
        judge = held[strictest]
        if judge.importance is not None:
            importances["permutation"] = judge.importance
        calibration = {level_text(k): v for k, v in calibrate(rows, judge).items()}
        coverage = coverage_rows(region.name, strictest, rows, judge)
        _note_uncalibrated(region, judge, rows, calibration, progress)
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
        folds=folds,
        predictions={method: found.predicted for method, found in held.items()},
        importances=importances,
        members=members,
        n_members=recipe.n_members,
        calibration=calibration,
    )
    scores = [
        row
        for method, found in held.items()
        for row in score_rows(region.name, method, rows, found, recipe.seed)
    ]
    return _Trained(model, scores, coverage, tuning)


def _stretches(recipe: ForestRecipe, folds: Folds, progress: Progress) -> list[Part]:
    """Of the progress: tuning, each validation, the forest, its members; by forests grown."""
    n_folds = [int(fold.max()) + 1 for fold in folds.values()]
    efforts = [TUNING_EFFORT if recipe.tune else 0.0, *n_folds, 1.0, 1.0]
    ends = np.cumsum([0.0, *efforts]) / sum(efforts)
    return [Part(progress, *stretch) for stretch in pairwise(ends.tolist())]


def _tuned(
    region: Region,
    rows: Rows,
    recipe: ForestRecipe,
    folds: Folds,
    strictest: str,
    threads: int,
    progress: Progress,
) -> Tuning:
    if strictest in ("", "random"):
        raise Wco2Error(
            f"Region '{region.name}' has no folds that keep sites whole, which tuning needs.",
            'Add "site" to the validation.',
        )
    return tune(
        *(rows.features, rows.target, rows.site, folds[strictest], recipe.growth),
        budget=recipe.tune_budget,
        seed=recipe.seed,
        weight=rows.weight,
        threads=threads,
        progress=progress,
    )


def _members(
    rows: Rows, recipe: ForestRecipe, growth: Growth, threads: int, progress: Progress
) -> Forest | None:
    if not recipe.n_members:
        return None
    members = fit_members(
        *(rows.features, rows.target, rows.site, growth, recipe.n_members),
        draw="halves",
        seed=recipe.seed,
        weight=rows.weight,
        threads=threads,
        progress=progress,
    )
    return join(members.forests)


def _folds(
    region: Region,
    rows: Rows,
    recipe: ForestRecipe,
    to_predict: Callable[[], Places],
    progress: Progress,
) -> Folds:
    """By validation; without those by distance for which the sites are too few, which is noted."""
    places = Places(rows.longitude, rows.latitude)
    folds: dict[str, NDArray[np.int16]] = {}
    for method in recipe.validation:
        try:
            cells = to_predict() if method == "knndm" else None
            folds[method] = make_folds(method, rows.site, recipe.seed, places, cells)
        except Wco2Error as error:
            if method not in NEEDS_DISTANCE:
                raise
            progress.note(f"{region.name} has no scores under {method}: {error.message}")
    return folds


def _note_uncalibrated(
    region: Region,
    judge: HeldOut,
    rows: Rows,
    calibration: Mapping[str, float],
    progress: Progress,
) -> None:
    raw = [level for level in judge.bounds if level_text(level) not in calibration]
    if raw:
        sites = len(np.unique(rows.site[judge.folds >= 0]))
        levels = ", ".join(map(level_text, raw))
        progress.note(
            f"{region.name}: {sites} sites are too few to calibrate intervals of level {levels}."
        )


def _by_region(
    trained: Sequence[_Trained], key: str, told: Callable[[Tuning], Any]
) -> dict[str, Any]:
    """A table by region under `key`; nothing where nothing was tuned."""
    found = {each.model.region.name: told(each.tuning) for each in trained if each.tuning}
    return {key: found} if found else {}


def _told(tuning: Tuning) -> dict[str, Any]:
    """What a model keeps of its tuning."""
    return {
        "sentence": tuning.sentence(),
        "trials": [
            {**asdict(trial.growth), "rmse": trial.rmse, "r2": trial.r2} for trial in tuning.trials
        ],
        "whole_grid": tuning.whole_grid,
        "fits": tuning.fits,
        "budget": tuning.budget,
        "nested": tuning.nested.row(),
        "untuned": tuning.untuned.row(),
        "gain": list(tuning.gain),
        "chosen_by_fold": [asdict(growth) for growth in tuning.chosen_by_fold],
    }
