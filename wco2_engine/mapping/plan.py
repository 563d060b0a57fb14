"""What a prediction has to compute: which months, for which winters, into which files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.inputs.predictors import Sources, listed_months
from wco2_engine.inputs.regions import Region
from wco2_engine.learning.model import Model
from wco2_engine.season import Month, Winter, format_years

WINTER_FLUX, MONTHLY_FLUX = "winter_flux", "monthly_flux"


@dataclass(frozen=True)
class Output:
    """One raster to write: a quantity at one time."""

    quantity: str
    time: str  # the winter's year, or year-month
    first: Month
    last: Month

    @property
    def name(self) -> Path:
        """Its place in the output folder."""
        return Path(self.quantity) / f"{self.quantity}_{self.time}.tif"


@dataclass(frozen=True)
class Schedule:
    """The months to predict and where their sums go.

    Attributes
    ----------
    months : all months to predict, by time.
    years : the winters to map.
    winters : the winter of each region.
    monthly : whether each month is written too.
    """

    months: tuple[Month, ...]
    years: tuple[int, ...]
    winters: tuple[Winter, ...]
    monthly: bool

    @classmethod
    def of(cls, winters: Sequence[Winter], years: Sequence[int], monthly: bool) -> Schedule:
        """The schedule of some years' winters."""
        months = {m for winter in winters for year in years for m in winter.months_of(year)}
        return cls(tuple(sorted(months)), tuple(years), tuple(winters), monthly)

    def winter_of(self, region: int, month: Month) -> int | None:
        """Which of `years`, by index, a month counts to in a region; None where to none."""
        winter = self.winters[region]
        if month.month not in winter.months:
            return None
        year = winter.year_of(month)
        return self.years.index(year) if year in self.years else None

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The rasters in the order of a block's layers: winters, then months."""
        maps = []
        for year in self.years:
            months = [m for winter in self.winters for m in winter.months_of(year)]
            maps.append(Output(WINTER_FLUX, str(year), min(months), max(months)))
        if self.monthly:
            maps += [Output(MONTHLY_FLUX, str(month), month, month) for month in self.months]
        return tuple(maps)


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
        recipes = [sources.recipe(predictor, month) for month in months]
        taken = dict.fromkeys(r.instead for r in recipes if r is not None and r.instead)
        if taken:
            notes.append(f"{predictor.name}: {'; '.join(taken)}")
    return tuple(notes)
