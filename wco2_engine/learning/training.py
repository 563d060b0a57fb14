"""Extremely Randomized Trees, one forest a region, with held-out scores and importances."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import Domain
from wco2_engine.inputs.regions import NO_REGION, Region, owner
from wco2_engine.learning.explanation import shuffled_errors
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.groups import site_groups
from wco2_engine.learning.model import Model, ModelPredictor, RegionModel
from wco2_engine.learning.spatial_folds import Places
from wco2_engine.learning.to_predict import places_to_predict
from wco2_engine.learning.validation import NEEDS_DISTANCE, check_methods, make_folds, score_table
from wco2_engine.progress import Progress, Silent, stop_if_cancelled

if TYPE_CHECKING:
    import pandas as pd

MIN_SITE_MONTHS = 20
MIN_SITES = 3
MAX_SOURCES = 100  # named in the model
SIMULATED = "simulated"  # how the `source` of a simulated observation begins

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ForestRecipe:
    """How forests are grown and judged.

    The defaults are the bare Extremely Randomized Trees of Geurts et al. (2006,
    doi 10.1007/s10994-006-6226-1) for regression: fully grown trees, all predictors tried at each
    split, no bootstrap.
    """

    trees: int = 500
    min_samples_leaf: int = 1
    max_features: float = 1.0
    seed: int = 0
    validation: tuple[str, ...] = ("random", "site")

    def __post_init__(self) -> None:
        checks = (
            ("trees", 1 <= self.trees <= 100_000, "from 1 to 100000"),
            ("min_samples_leaf", self.min_samples_leaf >= 1, "1 or more"),
            ("max_features", 0.0 < self.max_features <= 1.0, "above 0 and at most 1"),
            ("seed", 0 <= self.seed < 2**32, "from 0 to 4294967295"),
        )
        for name, right, range_ in checks:
            if not right:
                raise Wco2Error(f"{name} = {getattr(self, name)} is not {range_}.")
        object.__setattr__(self, "validation", check_methods(self.validation))


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

    Raises
    ------
    Wco2Error : when a column is missing or has gaps, or a region has too few rows or sites.
    """
    recipe, progress = recipe or ForestRecipe(), progress or Silent()
    names = catalogue.names
    _check_table(table, names)
    sampling = _sampling(table)
    features = table[list(names)].to_numpy(np.float32)
    owners = owner(
        regions,
        table["longitude"].to_numpy(np.float64),
        table["latitude"].to_numpy(np.float64),
    )
    month = table["month"].to_numpy(np.int64)
    chosen = [
        np.flatnonzero((owners == k) & np.isin(month, region.winter.months))
        for k, region in enumerate(regions)
    ]
    groups = [_groups(table.iloc[rows]) for rows in chosen]
    for region, group in zip(regions, groups, strict=True):
        _check_enough(region, group)
    models, scores = [], []
    for k, (region, rows) in enumerate(zip(regions, chosen, strict=True)):
        step = _Step(progress, k / len(regions), 1 / len(regions), f"Training {region.name}")
        model, rows_of_scores = _train_region(
            table.iloc[rows],
            features[rows],
            groups[k],
            region,
            recipe,
            threads,
            step,
            partial(places_to_predict, regions, k, domain),
        )
        models.append(model)
        scores += rows_of_scores
    sources = _distinct(table, "source")
    return Model(
        predictors=tuple(ModelPredictor(p.name, p.to, p.group) for p in catalogue.predictors),
        regions=tuple(models),
        settings={
            **asdict(recipe),
            "validation": list(recipe.validation),
            "sampling": sampling,
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
        },
        scores=tuple(scores),
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


@dataclass(frozen=True)
class _Step:
    """Progress within one region."""

    progress: Progress
    start: float
    span: float
    message: str

    def at(self, fraction: float) -> None:
        stop_if_cancelled(self.progress)
        self.progress.update(self.start + self.span * fraction, self.message)


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


def _train_region(
    rows: pd.DataFrame,
    features: NDArray[np.float32],
    group: NDArray[np.int32],
    region: Region,
    recipe: ForestRecipe,
    threads: int,
    step: _Step,
    to_predict: Callable[[], Places],
) -> tuple[RegionModel, list[dict[str, Any]]]:
    target = rows["flux_g_m2_month"].to_numpy(np.float64)
    month = rows["month"].to_numpy(np.int8)

    def fit(x: NDArray[np.float32], y: FloatArray) -> tuple[Forest, FloatArray]:
        from sklearn.ensemble import ExtraTreesRegressor

        estimator = ExtraTreesRegressor(
            n_estimators=recipe.trees,
            min_samples_leaf=recipe.min_samples_leaf,
            max_features=recipe.max_features,
            random_state=recipe.seed,
            n_jobs=threads,
        ).fit(x, y)
        return Forest.from_sklearn(estimator), np.asarray(estimator.feature_importances_)

    places = Places(rows["longitude"].to_numpy(np.float64), rows["latitude"].to_numpy(np.float64))
    folds: dict[str, NDArray[np.int16]] = {}
    for method in recipe.validation:
        try:
            cells = to_predict() if method == "knndm" else None
            folds[method] = make_folds(method, group, recipe.seed, places, cells)
        except Wco2Error as error:
            if method not in NEEDS_DISTANCE:
                raise
            step.progress.note(f"{region.name} has no scores under {method}: {error.message}")
    n_fits = 1 + sum(int(f.max()) + 1 for f in folds.values())
    done = 0
    predictions: dict[str, FloatArray] = {}
    permutation: dict[str, FloatArray] = {}
    each_alone = [[column] for column in range(features.shape[1])]
    scores: list[dict[str, Any]] = []
    for method, fold in folds.items():
        held_out = np.empty(len(target))
        shuffled = np.zeros((features.shape[1], len(target)))
        for number in range(int(fold.max()) + 1):
            step.at(done / n_fits)
            test = fold == number
            forest, _ = fit(features[~test], target[~test])
            held_out[test] = forest.predict(features[test], threads=threads)
            shuffled[:, test] = shuffled_errors(
                forest, features, target, test, each_alone, recipe.seed + number, threads
            )
            done += 1
        predictions[method] = held_out
        permutation[method] = shuffled.mean(axis=1) - np.mean((held_out - target) ** 2)
        scores += score_table(region.name, method, target, held_out, month, group)
    step.at(done / n_fits)
    forest, impurity = fit(features, target)
    importances = {"impurity": impurity}
    if permutation:
        # Of the strictest validation that was asked for: they are listed from loose to strict.
        strictest = "site" if "site" in permutation else next(iter(permutation))
        importances["permutation"] = permutation[strictest]
    model = RegionModel(
        region=region,
        forest=forest,
        features=features,
        target=target,
        site=group,
        longitude=rows["longitude"].to_numpy(np.float64),
        latitude=rows["latitude"].to_numpy(np.float64),
        year=rows["year"].to_numpy(np.int16),
        month=month,
        folds=folds,
        predictions=predictions,
        importances=importances,
    )
    return model, scores
