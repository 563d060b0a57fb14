"""The options that jobs share, each described once: how forests are trained, and what is mapped.

Commands, keys of study files, checks of jobs as JSON, parameters in QGIS and the tables of
`docs/study-file.md` are made from these descriptions. Whoever adds a hyperparameter adds a field
here, and uses it where forests are fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.schema import build, check_fields, group, keys_of, option

GEOGRAPHIC = "EPSG:4326"  # longitude and latitude, WGS 84
CELL_SIZES = {"least": 1e-6, "most": 1e8}  # in units of any CRS: 0.1 m in degrees, 100,000 km
KEEP_SITES_WHOLE = ("site", "blocks", "knndm")  # validations, from loose to strict
BY_PLACE = ("random", *KEEP_SITES_WHOLE)
VALIDATIONS = (*BY_PLACE, "year", "decade", "method", "source")
TRANSFORMS = ("none", "sqrt", "log1p")
AGGREGATES = ("mean", "trimmed", "median")
WEIGHTS = ("rows", "sites")
TOTALS = ("corrected", "plain")
TRAIN_MONTHS = ("winter", "all")
GROUPS = ("climate", "vegetation", "snow", "soil", "permafrost", "terrain")
DOMAIN, ZONES = f"{__name__}.DomainTable", f"{__name__}.ZonesTable"  # to be named by an option
MEMBERS = 20
ENOUGH_TREES = 100  # to be shared by members without asking
MAX_ENSEMBLE = 1_000  # members whose totals tell an interval
TUNE_BUDGET = 1_000  # forests of 100 trees


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of a forest.

    The defaults are the bare Extremely Randomized Trees of Geurts et al. (2006,
    doi 10.1007/s10994-006-6226-1) for regression: fully grown trees, all predictors tried at each
    split, no bootstrap.

    Parameters
    ----------
    trees : how many; scikit-learn's `n_estimators`.
    min_samples_leaf : rows that a leaf has at least.
    max_features : share of the predictors that are tried at each split.
    transform : "none", "sqrt" or "log1p": the scale of the target on which splits are compared.
    aggregate : "mean", "trimmed" or "median" of the training fluxes in the leaves that a row
        reaches: what the forest predicts.
    trim : share of their weight that "trimmed" cuts off at each end.
    train_months : "winter", "all", or the months, 1 to 12, that train beside those of the winter.
        Nothing is scored or calibrated on rows of other months than the winter's.
    weights : "rows", or "sites" for each site to count as one.

    Raises
    ------
    Wco2Error : for a value out of its range.

    Examples
    --------
    >>> from wco2_engine import Hyperparameters
    >>> Hyperparameters(trees=300, min_samples_leaf=3)
    Hyperparameters(trees=300, min_samples_leaf=3, max_features=1.0, ...)
    """

    trees: int = option(
        "Trees of a forest of Extremely Randomized Trees.",
        500,
        title="Trees",
        more="More are steadier and slower; 100 are enough to try.",
        least=1,
        most=100_000,
    )
    min_samples_leaf: int = option(
        "Fewest rows in a leaf.",
        1,
        title="Fewest rows in a leaf",
        more="Larger smooths.",
        least=1,
        most=1_000_000,
    )
    max_features: float = option(
        "Share of the predictors tried at a split.",
        1.0,
        title="Share of predictors tried at a split",
        above=0.0,
        most=1.0,
    )
    transform: str = option(
        "Scale of the flux on which splits are compared: none, sqrt, log1p.",
        "none",
        title="Scale of the flux on which splits are compared",
        more="Leaves say means of the flux itself. Roots or logarithms let large fluxes count "
        "less; the sign is kept.",
        choices=TRANSFORMS,
    )
    aggregate: str = option(
        "What is predicted of the fluxes in the leaves: mean, trimmed, median.",
        "mean",
        title="What is predicted of the fluxes in the leaves",
        more="trimmed: the mean without the lowest and the highest. Trimmed means and medians are "
        "robust against rare large fluxes, and lie below the mean where fluxes are skewed.",
        choices=AGGREGATES,
    )
    trim: float = option(
        "Share cut off at each end, of aggregate = trimmed.",
        0.1,
        title="Share cut off at each end of a trimmed mean",
        above=0.0,
        below=0.5,
    )
    train_months: str | tuple[int, ...] = option(
        "Months that train: winter, all, or a list of months beside the winter's.",
        "winter",
        title="Months that train",
        more="Scores, intervals and applicability are of the winter alone, whatever trains.",
        choices=TRAIN_MONTHS,
        least=1,
        most=12,
    )
    weights: str = option(
        "What counts alike: rows or sites.",
        "rows",
        title="What counts alike",
        more="rows: each month of a site; sites: each site, however many months it has.",
        choices=WEIGHTS,
    )

    def __post_init__(self) -> None:
        check_fields(self)
        if not isinstance(self.train_months, str):
            if not self.train_months:
                raise Wco2Error(
                    "train_months names no month.", 'Write "winter", "all" or e.g. [5, 9].'
                )
            object.__setattr__(self, "train_months", tuple(sorted(set(self.train_months))))

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> Hyperparameters:
        """Those that a model's settings tell; what an early model lacks is as by default.

        Raises
        ------
        Wco2Error : for a value that can't be.
        """
        own = {name: settings[name] for name in keys_of(cls) if name in settings}
        return build(cls, own, "The model's settings")


def other_months(train_months: str | tuple[int, ...]) -> tuple[int, ...]:
    """The months, 1 to 12, that train even where they are none of the winter's."""
    if isinstance(train_months, str):
        return tuple(range(1, 13)) if train_months == "all" else ()
    return train_months


@dataclass(frozen=True)
class TrainingSettings:
    """How a model is trained and validated.

    Parameters
    ----------
    hyperparameters : of the forests; where tuning starts from.
    seed : of all chance, from 0 to 4294967295.
    validation : ways to hold rows out, of "random", "site", "blocks", "knndm", "year", "decade",
        "method" and "source". The strictest of them that keeps sites whole calibrates intervals
        and tells importances and applicability.
    members : forests on halves of the sites, which give totals their intervals; 0 for none, and
        None for 20 where there are trees enough.
    totals : "corrected", or "plain" for members that are left as they are grown.
    tune, tune_budget : look for better hyperparameters by site folds, with so many forests at
        most; the strictest scores are then nested.

    Raises
    ------
    Wco2Error : for a value out of its range, or settings that don't go together.

    Examples
    --------
    >>> from wco2_engine import Hyperparameters, TrainingSettings
    >>> settings = TrainingSettings(Hyperparameters(trees=100), validation=("site", "knndm"))
    >>> settings.n_members
    20
    """

    hyperparameters: Hyperparameters = group(Hyperparameters)
    seed: int = option(
        "Seed of all chance.",
        0,
        title="Seed",
        more="The same seed and libraries make the same model.",
        least=0,
        most=2**32 - 1,
    )
    validation: tuple[str, ...] = option(
        "Ways to hold rows out: random, site, blocks, knndm, year, decade, method, source.",
        ("random", "site"),
        title="Validation",
        more="See below.",
        choices=VALIDATIONS,
    )
    members: int | None = option(
        "Forests on halves of the sites that share the trees, for intervals of totals; 0 for none.",
        None,
        title="Members for the intervals of totals",
        unset="20 from 100 trees on",
        least=0,
        most=MAX_ENSEMBLE,
    )
    totals: str = option(
        "Totals of members: corrected by what they err at sites that they did not see, or plain.",
        "corrected",
        title="Totals",
        more="corrected: each member is moved by what it errs at sites that it did not see, for "
        "forests give totals that are too high. The map stays as it is.",
        choices=TOTALS,
    )
    tune: bool = option(
        "Look for better hyperparameters, by nested site folds.",
        False,
        title="Look for better hyperparameters",
        more="Tries leaves, shares of predictors, months that train, scales of the flux, weights "
        "and aggregates by sites held out, nested so that scores stay honest. Takes minutes.",
    )
    tune_budget: int = option(
        "Forests of 100 trees to tune with, at most.",
        TUNE_BUDGET,
        title="Forests to tune with",
        more="Smaller ones count by their trees.",
        least=1,
        most=10**6,
    )

    def __post_init__(self) -> None:
        check_fields(self)
        object.__setattr__(self, "validation", tuple(dict.fromkeys(self.validation)))
        most = min(MAX_ENSEMBLE, self.hyperparameters.trees)
        if self.n_members and not 2 <= self.n_members <= most:
            raise Wco2Error(
                f"members = {self.members} is not from 2 to {most}.",
                "Members share the trees; 0 is for none.",
            )
        if self.tune and not set(self.validation) & set(KEEP_SITES_WHOLE):
            raise Wco2Error(
                "Tuning needs a validation that keeps sites whole.",
                'Add "site" to the validation.',
            )

    @property
    def months(self) -> str | tuple[int, ...]:
        """What may train of other months: tuning tries them all where the rows have them."""
        return "all" if self.tune else self.hyperparameters.train_months

    @property
    def n_members(self) -> int:
        """How many members there will be."""
        if self.members is None:
            return MEMBERS if self.hyperparameters.trees >= ENOUGH_TREES else 0
        return self.members


@dataclass(frozen=True)
class MapProducts:
    """What is mapped besides the sums of winters."""

    monthly: bool = option("Map each month too.", False, title="Map each month too")
    interval: float | None = option(
        "Map bounds that hold this share of the fluxes, e.g. 0.9.",
        None,
        title="Map bounds that hold this share of the fluxes, e.g. 0.9",
        more="See [maps.md](maps.md).",
        unset="none",
        above=0.0,
        below=1.0,
    )
    applicability: bool = option(
        "Map how far the model can be applied.", False, title="Map where the model can be applied"
    )
    members: bool = option(
        "Map the ensemble's members, for intervals of totals.",
        False,
        title="Map the members, for intervals of totals",
    )
    mean: bool | None = option(
        "Map the mean of the leaves too.",
        None,
        title="Map the mean of the leaves too",
        more="Totals are sums of means; see [maps.md](maps.md).",
        unset="where a region predicts another aggregate",
    )

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class Run:
    """How a job runs, which its result does not depend on."""

    jobs: int = option(
        "Threads; 0 for all processors.",
        0,
        title="Threads",
        more="Results do not depend on it.",
        least=0,
        most=4096,
    )


@dataclass(frozen=True)
class DomainTable:
    """The cells of a map or training: a vector file, or a raster and the pixels that count."""

    path: str = option("Polygons, or a raster.", path="read")
    values: list[float] | None = option("Pixels of a raster that count.", None)
    crs: str | None = option("CRS of a raster that states none.", None)
    variable: str | None = option("Variable of a netCDF or HDF5 file.", None)
    nodata: float | None = option("Pixels that hold nothing.", None)


@dataclass(frozen=True)
class ZonesTable:
    """Zones: polygons and the column that names them, or a raster and the names of its values."""

    path: str = option("Polygons, or a raster.", path="read")
    name_field: str | None = option("Column of the polygons that names them.", None)
    names: dict[str, str] | None = option("Names of a raster's values.", None)
    crs: str | None = option("CRS of a raster that states none.", None)
    variable: str | None = option("Variable of a netCDF or HDF5 file.", None)
    nodata: float | None = option("Pixels that hold nothing.", None)
