"""A look at the values of each predictor: a wrong unit or a map upside down is seen early."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.catalogue import Catalogue, Predictor
from wco2_engine.products.product import Variable
from wco2_engine.progress import Progress, SubProgress, stop_if_cancelled
from wco2_engine.season import Month

# Strips from south to north that are land nearly all the way, the first of all of it.
STRIPS = ((100.0, 102.0), (-152.0, -150.0), (24.0, 26.0), (-110.0, -108.0), (60.0, 62.0))
SOUTH, NORTH = 20.0, 84.0
STEP = 0.25  # degrees between points
FAR_NORTH, MIDDLE_NORTH = 60.0, 45.0
FACTORS = (10.0, 100.0, 1000.0, 1e4, 0.1, 0.01, 0.001)
WARM_NORTH = 5.0  # degC by which the north may be warmer in January before it looks upside down
MOSTLY_MISSING = 0.9
_TEMPERATURES = ("air_temperature", "surface_temperature", "soil_temperature")


@dataclass(frozen=True)
class Look:
    """What the values of a predictor are like, in the units that the model sees.

    Attributes
    ----------
    months : that were looked at; () for what does not change.
    first, last, absent : the months that its files hold, and what lacks between.
    low, middle, high : of all points of a strip of land from 20 to 84 N.
    north, south : the middle value north of 60 N, and south of 45 N.
    missing : share of points without a value, of those between the outermost that have one.
    doubts : what looks wrong, in words.
    """

    name: str
    units: str
    months: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    absent: tuple[str, ...] = ()
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    north: float | None = None
    south: float | None = None
    missing: float | None = None
    doubts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it in a line, for a comment."""
        if self.low is None:
            return ""
        months = f" ({', '.join(self.months)})" if self.months else ""
        return (
            f"Values{months}: {self.low:.4g} to {self.high:.4g} {self.units}, middle "
            f"{self.middle:.4g}, {self.missing:.0%} missing."
        )

    def facts(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "text": self.text,
            "doubts": list(self.doubts),
            "months": list(self.months),
        }


def look_at_values(
    catalogue: Catalogue, variables: Mapping[str, Variable], progress: Progress
) -> list[Look]:
    """Each predictor of a catalogue, looked at in a January and a July that it has.

    What can't be read, or lies outside of its `valid` range, is told as a doubt.

    Parameters
    ----------
    variables : descriptions of those predictors that come from a product, by name.
    """
    looks = []
    share = 1 / len(catalogue.predictors)
    for k, predictor in enumerate(catalogue.predictors):
        stop_if_cancelled(progress)
        progress.update(k * share, f"Reading {predictor.name}")
        part = SubProgress(progress, k * share, (k + 1) * share)
        plain = replace(predictor, window=None, lag=0, missing="error")
        one = replace(catalogue, predictors=(plain,))
        with tempfile.TemporaryDirectory(prefix="wco2-look-") as folder:
            try:
                looks.append(_look(one, variables.get(predictor.name), Path(folder), part))
            except Wco2Error as error:
                doubt = f"{error.message} {error.hint}".strip()
                looks.append(Look(predictor.name, predictor.to, doubts=(doubt,)))
    progress.update(1.0, "Values were looked at")
    return looks


def _look(
    catalogue: Catalogue, variable: Variable | None, scratch: Path, progress: Progress
) -> Look:
    from wco2_engine.stack.source import Source

    (predictor,) = catalogue.predictors
    where = f"{catalogue.file or 'The catalogue'}: predictor '{predictor.name}'"
    source = Source.of(predictor, catalogue.folder, scratch / "unpacked", where)
    months = sorted(source.available)
    chosen = _chosen(predictor, months)
    values, units = _values(catalogue, chosen, scratch, progress)
    told = chosen if _has_time(predictor) else []
    look = _summed(predictor.name, units, told, values, predictor.when == "yearly")
    if _has_time(predictor) and predictor.when != "climatology":
        look = replace(look, **_span(predictor, months))
    doubts = _doubts(look, variable, values, chosen)
    return replace(look, doubts=tuple(doubts))


def _has_time(predictor: Predictor) -> bool:
    return predictor.when != "static"


def _chosen(predictor: Predictor, months: Sequence[Month]) -> list[Month]:
    """A January and a July of about the middle year, or the months that are nearest to them."""
    if predictor.when == "static":
        return [Month(2000, 1)]
    if predictor.when == "yearly":
        return [months[len(months) // 2]]
    year = months[len(months) // 2].year
    chosen = []
    for calendar in (1, 7):
        near = min(months, key=lambda m: (_apart(m.month, calendar), abs(m.year - year)))
        if near not in chosen:
            chosen.append(near)
    return chosen


def _apart(one: int, other: int) -> int:
    """Months between two calendar months."""
    return min((one - other) % 12, (other - one) % 12)


def _values(
    catalogue: Catalogue, months: Sequence[Month], scratch: Path, progress: Progress
) -> tuple[dict[Month, tuple[NDArray[np.float64], NDArray[np.float64]]], str]:
    """Latitudes and values of the points of the first strip that the predictor covers, by month.

    Raises
    ------
    Wco2Error : when it covers none of them, or can't be read.
    """
    from wco2_engine.inputs.predictors import PredictorReader, Sources
    from wco2_engine.inputs.rasters import Points, Rasters
    from wco2_engine.stack.extent import Extent
    from wco2_engine.stack.prepare import prepare

    last: Wco2Error | None = None
    for west, east in STRIPS:
        extent = Extent((west, SOUTH, east, NORTH))
        try:
            folder = scratch / f"strip{west:g}"
            ready = prepare(catalogue, months, [extent], folder, progress).catalogue
        except Wco2Error as error:
            if "covers nothing of the extent" not in error.message:
                raise
            last = error
            continue
        lat = np.arange(NORTH - STEP / 2, SOUTH, -STEP)
        lon = np.arange(west + STEP, east, 2 * STEP)
        across, down = (each.ravel() for each in np.meshgrid(lon, lat))
        (predictor,) = ready.predictors
        with Rasters() as rasters:
            sources = Sources(ready, rasters)
            reader = PredictorReader(sources, rasters, Points(across, down, GEOGRAPHIC))
            found = {
                month: (down, np.asarray(reader.values(predictor, month), np.float64))
                for month in months
                if sources.composite(predictor, month) is not None
            }
        if any(np.isfinite(values).any() for _, values in found.values()):
            return found, predictor.to
    raise last or Wco2Error("All values are missing wherever it was looked.")


def _summed(
    name: str,
    units: str,
    months: Sequence[Month],
    values: Mapping[Month, tuple[NDArray[np.float64], NDArray[np.float64]]],
    yearly: bool,
) -> Look:
    lat = np.concatenate([each for each, _ in values.values()])
    all_values = np.concatenate([each for _, each in values.values()])
    there = np.isfinite(all_values)
    within = (lat >= lat[there].min()) & (lat <= lat[there].max())
    good, at = all_values[there], lat[there]
    return Look(
        name,
        units,
        months=tuple(_month_text(month, yearly) for month in months if month in values),
        low=float(good.min()),
        middle=float(np.median(good)),
        high=float(good.max()),
        north=_middle(good[at > FAR_NORTH]),
        south=_middle(good[at < MIDDLE_NORTH]),
        missing=float(1 - there[within].mean()),
    )


def _month_text(month: Month, yearly: bool) -> str:
    return str(month.year) if yearly else str(month)


def _middle(values: NDArray[np.float64]) -> float | None:
    return float(np.median(values)) if values.size else None


def _span(predictor: Predictor, months: Sequence[Month]) -> dict[str, Any]:
    if predictor.when == "yearly":
        years = [month.year for month in months]
        gaps = [str(y) for y in range(years[0], years[-1] + 1) if y not in years]
        return {"first": str(years[0]), "last": str(years[-1]), "absent": tuple(gaps)}
    there, month, gaps = set(months), months[0], []
    while month < months[-1]:
        if month not in there:
            gaps.append(str(month))
        month = month.shift(1)
    return {"first": str(months[0]), "last": str(months[-1]), "absent": tuple(gaps)}


def _doubts(
    look: Look,
    variable: Variable | None,
    values: Mapping[Month, tuple[NDArray[np.float64], NDArray[np.float64]]],
    months: Sequence[Month],
) -> Iterator[str]:
    if look.low == look.high and (variable is None or variable.resampling == "bilinear"):
        yield f"All values are {look.low:g}."
    if look.missing is not None and look.missing > MOSTLY_MISSING:
        yield f"{look.missing:.0%} of the land has no value."
    if variable is None:
        return
    for month, (lat, found) in values.items():
        north = found[(lat > MIDDLE_NORTH) & np.isfinite(found)]
        if variable.usual is not None and north.size:
            middle = float(np.median(north))
            yield from _unusual(middle, variable.usual, variable, month, look.months)
    january = next((values[m] for m in months if m in values and m.month in (12, 1, 2)), None)
    if january is not None and variable.measures in _TEMPERATURES:
        lat, found = january
        far, near = _middle_of(found, lat > FAR_NORTH), _middle_of(found, lat < MIDDLE_NORTH)
        if far is not None and near is not None and far > near + WARM_NORTH:
            yield (
                f"In winter the far north ({far:.3g}) is warmer than the south ({near:.3g} "
                f"{look.units}): the map may be upside down."
            )


def _middle_of(found: NDArray[np.float64], where: NDArray[np.bool_]) -> float | None:
    return _middle(found[where & np.isfinite(found)])


def _unusual(
    middle: float,
    usual: tuple[float, float],
    variable: Variable,
    month: Month,
    told: Sequence[str],
) -> Iterator[str]:
    low, high = usual
    slack = 0.02 * (high - low)
    if low - slack <= middle <= high + slack:
        return
    when = f" of {month}" if told else ""
    guess = ""
    if variable.used_units == "degC" and low <= middle - 273.15 <= high:
        guess = " They look like K."
    else:
        for factor in FACTORS:
            if low <= middle / factor <= high and middle:
                guess = f" They look {factor:g} times the right ones."
                break
    yield (
        f"The middle value{when} north of 45 N is {middle:.4g} {variable.used_units}, usual are "
        f"{low:g} to {high:g}.{guess}"
    )
