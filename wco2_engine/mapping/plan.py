"""What a prediction has to compute: which months, for which winters, into which files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.predictors import Sources, listed_months
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.model import Model
from wco2_engine.mapping.writer import Band
from wco2_engine.season import Month, Winter, format_years

WINTER_FLUX, MONTHLY_FLUX = "winter_flux", "monthly_flux"
LOWER, UPPER, MEAN = "_lower", "_upper", "_mean"
MEMBERS, APPLICABILITY = "winter_flux_members", "applicability"

_UNITS = {WINTER_FLUX: "g C m-2 winter-1", MONTHLY_FLUX: "g C m-2 month-1"}
_TITLES = {WINTER_FLUX: "Winter CO2 flux", MONTHLY_FLUX: "Monthly CO2 flux"}
_SIGN = "positive = release"


APPLICABILITY_BANDS = (
    Band("Dissimilarity index of the winter's worst month", "1"),
    Band("Months outside the area of applicability", "months"),
    Band("Local data point density of the winter's least dense month", "training rows"),
)


@dataclass(frozen=True)
class Products:
    """What is mapped besides the sums of winters.

    Attributes
    ----------
    monthly : whether each month is mapped too.
    interval : the share of fluxes that the bounds hold; None for no bounds.
    applicability : whether it is told how far the model can be applied.
    members : how many members of the ensemble are mapped; 0 for none.
    mean : whether the mean of the leaves is mapped beside what a region predicts.

    Raises
    ------
    Wco2Error : for an interval that is no share.
    """

    monthly: bool = False
    interval: float | None = None
    applicability: bool = False
    members: int = 0
    mean: bool = False

    def __post_init__(self) -> None:
        if self.interval is not None and not 0 < self.interval < 1:
            raise Wco2Error(
                f"An interval of {self.interval:g} is no share of the fluxes between 0 and 1.",
                "Give e.g. 0.9 for bounds that hold 90 % of them.",
            )

    @property
    def ends(self) -> tuple[str, ...]:
        """What the quantities of the estimate, its bounds and the mean end in, in their order."""
        bounds = () if self.interval is None else (LOWER, UPPER)
        return ("", *bounds, *([MEAN] if self.mean else []))

    def bands(self, quantity: str) -> tuple[Band, ...]:
        """The bands of a quantity's rasters."""
        if quantity == APPLICABILITY:
            return APPLICABILITY_BANDS
        if quantity == MEMBERS:
            return tuple(
                Band(
                    f"{_TITLES[WINTER_FLUX]}, member {k} of {self.members}, {_SIGN}",
                    _UNITS[WINTER_FLUX],
                )
                for k in range(1, self.members + 1)
            )
        end = next((end for end in (LOWER, UPPER, MEAN) if quantity.endswith(end)), "")
        of = quantity.removesuffix(end)
        what = {MEAN: ", mean of the leaves"}.get(end, f", {end[1:]} bound of {self.interval}")
        return (Band(f"{_TITLES[of]}{what if end else ''}, {_SIGN}", _UNITS[of]),)


@dataclass(frozen=True)
class Output:
    """One raster to write: a quantity at one time."""

    quantity: str
    time: str  # the winter's year, or year-month
    first: Month
    last: Month
    bands: tuple[Band, ...]

    @property
    def name(self) -> Path:
        """Its place in the output folder."""
        return Path(self.quantity) / f"{self.quantity}_{self.time}.tif"

    @property
    def tags(self) -> dict[str, str]:
        """What it is of, and of which time."""
        return {
            "WCO2_QUANTITY": self.quantity,
            "WCO2_TIME": self.time,
            "WCO2_VALID_FROM": f"{self.first}-01",
            "WCO2_VALID_TO": f"{self.last}-{self.last.days:02d}",
        }


@dataclass(frozen=True)
class Schedule:
    """The months to predict and what becomes of them.

    Attributes
    ----------
    months : all months to predict, by time.
    years : the winters to map.
    winters : the winter of each region.
    products : what is mapped besides the winters' sums.
    """

    months: tuple[Month, ...]
    years: tuple[int, ...]
    winters: tuple[Winter, ...]
    products: Products

    @classmethod
    def of(
        cls, winters: Sequence[Winter], years: Sequence[int], products: Products | None = None
    ) -> Schedule:
        """The schedule of some years' winters."""
        months = {m for winter in winters for year in years for m in winter.months_of(year)}
        return cls(tuple(sorted(months)), tuple(years), tuple(winters), products or Products())

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """The rasters, in the order of a block's layers: those of winters, then those of months."""
        products = self.products
        quantities = [WINTER_FLUX + end for end in products.ends]
        quantities += [MEMBERS] * bool(products.members)
        quantities += [APPLICABILITY] * products.applicability
        maps = []
        for quantity in quantities:
            for year in self.years:
                months = [m for winter in self.winters for m in winter.months_of(year)]
                bands = products.bands(quantity)
                maps.append(Output(quantity, str(year), min(months), max(months), bands))
        for quantity in (MONTHLY_FLUX + end for end in products.ends if products.monthly):
            bands = products.bands(quantity)
            maps += [Output(quantity, str(month), month, month, bands) for month in self.months]
        return tuple(maps)

    @cached_property
    def layers(self) -> Mapping[tuple[str, str], slice]:
        """Where the bands of each raster lie among a block's layers, by quantity and time."""
        ends = accumulate(len(item.bands) for item in self.outputs)
        return {
            (item.quantity, item.time): slice(end - len(item.bands), end)
            for item, end in zip(self.outputs, ends, strict=True)
        }

    @property
    def n_layers(self) -> int:
        return sum(len(item.bands) for item in self.outputs)


def regions_of(model: Model) -> tuple[Region, ...]:
    """The regions of a model, in the order in which they own cells."""
    return tuple(part.region for part in model.regions)


def predictors_of(model: Model, catalogue: Catalogue) -> tuple[Predictor, ...]:
    """The catalogue's predictors that a model needs, in its order.

    Raises
    ------
    Wco2Error : when one is missing, or is in another unit than in training.
    """
    found = catalogue.only([p.name for p in model.predictors]).predictors
    for wanted, predictor in zip(model.predictors, found, strict=True):
        column = model.predictors.index(wanted)
        is_class = any(each.forest.classes.of(column) for each in model.regions)
        if is_class != (predictor.kind == "class"):
            raise Wco2Error(
                f"Predictor '{predictor.name}' is a {predictor.kind} in "
                f"{catalogue.file or 'the catalogue'}, but the model was trained on it as a "
                f"{'class' if is_class else 'number'}.",
                'Say kind = "class" for codes without an order, and leave it out for numbers.',
            )
        if predictor.to != wanted.units:
            raise Wco2Error(
                f"Predictor '{predictor.name}' is in {predictor.to} in "
                f"{catalogue.file or 'the catalogue'}, but the model was trained on "
                f"{wanted.units}.",
                f'Set to = "{wanted.units}".',
            )
    return found


def check_complete(
    sources: Sources, predictors: Sequence[Predictor], months: Sequence[Month]
) -> tuple[str, ...]:
    """Notes on what is replaced by other years.

    Raises
    ------
    Wco2Error : listing every predictor and every month that is not there.
    """
    lacking = {p: sources.missing(p, months) for p in predictors}
    lacking = {p: gaps for p, gaps in lacking.items() if gaps}
    if lacking:
        listed = "; ".join(
            f"'{p.name}' ({p.path}) lacks {listed_months(p, gaps)}" for p, gaps in lacking.items()
        )
        years = sorted({m.year for gaps in lacking.values() for m in gaps})
        raise Wco2Error(
            f"Predictors are missing for {format_years(years)}: {listed}.",
            'Supply the files, ask for other years, or set missing = "nearest" or "climatology".',
        )
    notes = []
    for predictor in predictors:
        composites = [sources.composite(predictor, month) for month in months]
        taken = dict.fromkeys(r.substitute for r in composites if r is not None and r.substitute)
        if taken:
            notes.append(f"{predictor.name}: {'; '.join(taken)}")
    return tuple(notes)


def products_of(
    model: Model,
    monthly: bool,
    interval: float | None,
    applicability: bool,
    members: bool,
    mean: bool | None = None,
) -> Products:
    """What is mapped, after a look at whether the model can tell it.

    Parameters
    ----------
    mean : None for where a region predicts another aggregate.

    Raises
    ------
    Wco2Error : when it was trained without members or without validation, and these are asked for,
        or for an interval that is no share.
    """
    counts = {part.region.name: part.n_members for part in model.regions}
    lacking = [name for name, count in counts.items() if not count]
    if members and lacking:
        raise Wco2Error(
            f"The model holds no members for region '{lacking[0]}', so that they can't be mapped.",
            "Train it with members = 20, or leave the members out.",
        )
    if members and len(set(counts.values())) > 1:
        listed = ", ".join(f"'{name}' {count}" for name, count in counts.items())
        raise Wco2Error(
            f"The regions of the model have different numbers of members: {listed}.",
            "Train all regions with the same number, or leave the members out.",
        )
    if applicability:
        for part in model.regions:
            if not part.applicability_folds:
                raise Wco2Error(
                    f"The model holds no validation of region '{part.region.name}', by whose "
                    "folds the area of applicability is told.",
                    'Train it with validation = ["site"], or leave the applicability out.',
                )
    count = model.regions[0].n_members if members else 0
    if mean is None:
        mean = not all(part.aggregate.is_mean for part in model.regions)
    return Products(monthly, interval, applicability, count, mean)
