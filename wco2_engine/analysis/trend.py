"""Trends over winters: Theil and Sen's slope, Mann and Kendall's test on pre-whitened values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine import __version__
from wco2_engine.analysis.series import WINTER_UNITS, MapSeries
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.mapping.writer import Band, write_cog
from wco2_engine.progress import Progress, Silent, stop_if_cancelled

FloatArray = NDArray[np.float64]
Prewhitening = Literal["residuals", "pw", "tfpw", "none"]
PREWHITENINGS: tuple[str, ...] = get_args(Prewhitening)
# From so many values on, the normal distribution serves for the test's statistic (Kendall 1975).
MIN_WINTERS = 10
_LAG1_BOUNDS = -0.9, 0.95  # beyond these little of a series is left
_PAIRS_AT_A_TIME = 4_000_000  # differences of two winters held at once, 32 MB


@dataclass(frozen=True, eq=False)
class Trends:
    """Trends of many series, arrays `(n,)`; NaN with less than `MIN_WINTERS` values.

    Attributes
    ----------
    slope : the series' unit a year.
    p : that a series without trend would give a statistic as far from 0; two-sided.
    lag1 : the autocorrelation that was taken out.
    winters : how many values the series has.
    """

    slope: FloatArray
    p: FloatArray
    lag1: FloatArray
    winters: NDArray[np.int64]


def trends(values: ArrayLike, years: ArrayLike, prewhitening: Prewhitening = "residuals") -> Trends:
    """Slope and significance of each series.

    The slope is the median of the slopes between all pairs of winters (Theil 1950, Sen 1968, doi
    10.1080/01621459.1968.10480934). The test is Mann and Kendall's with ties accounted for, on
    values from which their autocorrelation at lag 1 was taken out:

    - "residuals": x(t) - r x(t-1), r of the residuals from the slope, as in the first round of Wang
      and Swail (2001, doi 10.1175/1520-0442(2001)014<2204:COEWHI>2.0.CO;2), raised for its bias
      in short series. It rejects noise without trend as often as it says, and keeps strong trends.
    - "pw": the same with r of the series itself (von Storch 1995). It holds its level best, but
      takes a strong trend for persistence and misses it.
    - "tfpw": r of the residuals, from which it is taken out, and the slope added again (Yue et al.
      2002, doi 10.1002/hyp.1095). It finds more trends, in persistent noise as well.
    - "none": the values as they are.

    Winters may be missing. A slope then is that between the years as they are, and only winters
    that follow one another take part in r and in pre-whitened values; with less than
    `MIN_WINTERS` - 1 of these there is no p.

    Parameters
    ----------
    values : `(n_years, n)`, NaN where missing.
    years : `(n_years,)`, ascending whole numbers.

    Raises
    ------
    Wco2Error : for an unknown way of pre-whitening.
    """
    prewhitening = as_prewhitening(prewhitening)
    table = np.asarray(values, np.float64)
    time = np.asarray(years, np.float64)
    n = table.shape[1]
    slope, p, lag1 = (np.full(n, np.nan) for _ in range(3))
    winters = np.isfinite(table).sum(axis=0)
    enough = np.flatnonzero(winters >= MIN_WINTERS)
    pairs = max(1, len(time) * (len(time) - 1) // 2)
    step = max(1, _PAIRS_AT_A_TIME // pairs)
    for start in range(0, enough.size, step):
        some = enough[start : start + step]
        x = np.ascontiguousarray(table[:, some].T)
        slope[some] = theil_sen(x, time)
        whitened, lag1[some] = _whitened(x, time, slope[some], prewhitening)
        tested = np.isfinite(whitened).sum(axis=1) >= MIN_WINTERS - 1
        p[some[tested]] = mann_kendall(whitened[tested])
    return Trends(slope, p, lag1, winters)


def as_prewhitening(name: str) -> Prewhitening:
    """`name` when it is a way of pre-whitening; else a `Wco2Error`."""
    if name not in PREWHITENINGS:
        raise Wco2Error(f"Unknown pre-whitening '{name}'.", nearest_name(name, PREWHITENINGS))
    return name  # type: ignore[return-value]


def theil_sen(x: FloatArray, time: FloatArray) -> FloatArray:
    """The median slope between all pairs of values; `(n, n_years)` gives `(n,)`, NaN left out."""
    first, last = np.triu_indices(len(time), 1)
    slopes = (x[:, last] - x[:, first]) / (time[last] - time[first])
    slopes.sort(axis=1)  # what is NaN comes last
    count = np.isfinite(slopes).sum(axis=1)
    rows = np.arange(len(x))
    low, high = slopes[rows, np.maximum(count - 1, 0) // 2], slopes[rows, count // 2]
    return np.asarray((low + high) / 2.0)


def mann_kendall(x: FloatArray) -> FloatArray:
    """Two-sided p of Mann and Kendall's test; `(n, n_years)` gives `(n,)`, NaN left out.

    With the continuity correction and the correction for ties (Kendall 1975; Gilbert 1987,
    Statistical Methods for Environmental Pollution Monitoring, section 16.4).
    """
    from scipy.special import erfc

    first, last = np.triu_indices(x.shape[1], 1)
    later, earlier = x[:, last], x[:, first]
    score = (later > earlier).sum(axis=1) - (later < earlier).sum(axis=1)
    count = np.isfinite(x).sum(axis=1)
    variance = count * (count - 1) * (2 * count + 5.0)
    tied = np.flatnonzero((later == earlier).any(axis=1))
    if tied.size:
        # each of t equal values brings (t - 1)(2t + 5), so that all of them bring t times as much
        equals = sum((x[tied] == x[tied, k : k + 1]).astype(np.int64) for k in range(x.shape[1]))
        variance[tied] -= np.where(equals > 0, (equals - 1) * (2 * equals + 5), 0).sum(axis=1)
    reach = np.maximum(np.abs(score) - 1, 0)
    z = np.divide(reach, np.sqrt(variance / 18.0), out=np.zeros(len(x)), where=reach > 0)
    return np.asarray(erfc(z / np.sqrt(2.0)))


def _whitened(
    x: FloatArray, time: FloatArray, slope: FloatArray, how: Prewhitening
) -> tuple[FloatArray, FloatArray]:
    """Values without autocorrelation, and what it was."""
    if how == "none":
        return x, np.zeros(len(x))
    line = slope[:, np.newaxis] * (time - time[0])
    next_year = np.diff(time) == 1
    lag1 = _autocorrelation(x if how == "pw" else x - line, next_year)
    if how == "residuals":
        lag1 = _raised(lag1, np.isfinite(x).sum(axis=1))
    noise = x - line if how == "tfpw" else x
    white = (noise[:, 1:] - lag1[:, np.newaxis] * noise[:, :-1])[:, next_year]
    if how == "tfpw":
        white = white + line[:, 1:][:, next_year]
    return white, lag1


def _raised(lag1: FloatArray, n: NDArray[np.int64]) -> FloatArray:
    """The autocorrelation of residuals from a line, as it has to be taken out of n values.

    It comes out smaller than that of the noise by (2 + 5 r) / n: by (2 + 4 r) / n because a line
    was fitted (for a mean it is 1 + 3 r, Kendall 1954, doi 10.1093/biomet/41.3-4.403), and by
    r / n because one product less is summed than squares. That it is uncertain makes the test
    reject too often as well, for which (1 + r) / n more makes up: in simulations of 20 to 41
    winters with r up to 0.6, at a nominal 5 %, it then rejects 5 to 6 %, and else 6 to 8 %.
    """
    return np.clip((n * lag1 + 3.0) / (n - 6.0), *_LAG1_BOUNDS)


def _autocorrelation(x: FloatArray, next_year: NDArray[np.bool_]) -> FloatArray:
    """At lag 1, of winters that follow one another; 0 for a series that never changes."""
    apart = x - np.nanmean(x, axis=1, keepdims=True)
    products = (apart[:, 1:] * apart[:, :-1])[:, next_year]
    n, pairs = np.isfinite(x).sum(axis=1), np.isfinite(products).sum(axis=1)
    squares = np.nansum(apart**2, axis=1)
    # of a series without gaps this is the plain sum of the products over that of the squares
    shared = np.nansum(products, axis=1) * (n - 1.0)
    enough = (pairs > 0) & (squares > 0)
    return np.divide(shared, pairs * squares, out=np.zeros(len(x)), where=enough)


def fdr_threshold(p: FloatArray, alpha: float, tests: int | None = None) -> float:
    """The largest p that is significant when the rate of false discoveries is kept at `alpha`.

    Benjamini and Hochberg (1995); Wilks (2016, doi 10.1175/BAMS-D-15-00267.1) for fields of tests,
    where any significant cell is also a test of the field as a whole, at the level alpha.

    Parameters
    ----------
    p : `(n,)`, all of those up to `alpha`; others may be left out.
    tests : how many there are with those that were left out; `n` if None.

    Returns
    -------
    0.0 where none is significant.
    """
    ordered = np.sort(p)
    limits = (
        alpha * np.arange(1, ordered.size + 1) / max(1, ordered.size if tests is None else tests)
    )
    below = np.flatnonzero(ordered <= limits)
    return float(ordered[below[-1]]) if below.size else 0.0


@dataclass(frozen=True, eq=False, repr=False)
class TrendMap:
    """Trends of all cells of a map, arrays `(height, width)`, NaN where a cell has no trend.

    Attributes
    ----------
    slope : g C m-2 winter-1 a-1.
    p : of the test.
    significant : 1 or 0, with the rate of false discoveries at `rate`.
    winters : values of each cell; NaN where none.
    threshold : the largest p that is significant; 0 where none is.
    rate : of false discoveries.
    """

    slope: FloatArray
    p: FloatArray
    significant: FloatArray
    winters: FloatArray
    threshold: float
    rate: float

    def __repr__(self) -> str:
        sure = int((self.significant == 1).sum())
        found = f"{self.cells:,} cells with a trend, {sure:,} of them significant"
        return f"TrendMap({found} with false discoveries at {self.rate:g})"

    @property
    def cells(self) -> int:
        """Cells with a trend."""
        return int(np.isfinite(self.p).sum())

    def facts(self) -> dict[str, Any]:
        """Plain numbers about the map."""
        significant = self.significant == 1
        return {
            "cells": self.cells,
            "rising": int((significant & (self.slope > 0)).sum()),
            "falling": int((significant & (self.slope < 0)).sum()),
            "rate": self.rate,
            "threshold": self.threshold,
            "median_slope": float(np.nanmedian(self.slope)),
        }


def map_trends(
    series: MapSeries,
    rate: float = 0.05,
    prewhitening: Prewhitening = "residuals",
    progress: Progress | None = None,
) -> TrendMap:
    """The trend of each cell of a series of maps.

    The series are read in pieces. What is held at once is a piece of all winters, and the results.

    Raises
    ------
    Wco2Error : when there are too few winters, the rate is none, or no cell has values enough.
    Cancelled : when the user asked to stop.

    Examples
    --------
    >>> from wco2_engine import MapSeries, map_trends
    >>> import pathlib, shutil
    >>> winter, folder = "results/maps/winter_flux/winter_flux_2001.tif", pathlib.Path("same")
    >>> folder.mkdir()
    >>> for year in range(1990, 2000):
    ...     file = shutil.copy(winter, folder / f"{year}.tif")
    >>> map_trends(MapSeries.read(folder))
    TrendMap(100 cells with a trend, 0 of them significant with false discoveries at 0.05)
    """
    progress = progress or Silent()
    if not 0 < rate < 1:
        raise Wco2Error(f"A rate of {rate} is not between 0 and 1.", "Give e.g. 0.05.")
    if len(series.years) < MIN_WINTERS:
        raise Wco2Error(
            f"{series.folder} holds {len(series.years)} winters, and a trend takes {MIN_WINTERS}.",
            "Map more winters.",
        )
    shape = series.grid.shape
    slope, p, winters = (np.full(shape, np.nan) for _ in range(3))
    pieces = list(series.grid.tiles())
    for number, tile in enumerate(pieces):
        stop_if_cancelled(progress)
        progress.update(number / len(pieces), "Looking for trends")
        stack = np.empty((len(series.years), tile.height * tile.width))
        for row, year in enumerate(series.years):
            stack[row] = series.values(year, tile).ravel()
        held = np.flatnonzero(np.isfinite(stack).any(axis=0))
        if not held.size:
            continue
        found = trends(stack[:, held], series.years, prewhitening)
        place = np.s_[tile.row : tile.row + tile.height, tile.column : tile.column + tile.width]
        for whole, part in ((slope, found.slope), (p, found.p), (winters, found.winters)):
            cells = np.full(tile.height * tile.width, np.nan)
            cells[held] = part
            whole[place] = cells.reshape(tile.height, tile.width)
    tested = p[np.isfinite(p)]
    if not tested.size:
        raise Wco2Error(
            f"No cell of {series.folder} has values in {MIN_WINTERS} winters.", "Map more winters."
        )
    threshold = fdr_threshold(tested, rate)
    significant = np.where(np.isfinite(p), (p <= threshold).astype(np.float64), np.nan)
    progress.update(1.0, "Trends are ready")
    return TrendMap(slope, p, significant, winters, threshold, rate)


def write_trends(
    path: Path, series: MapSeries, found: TrendMap, prewhitening: Prewhitening
) -> None:
    """Write slope, p, significance and number of winters as the bands of a GeoTIFF.

    Raises
    ------
    Wco2Error : when it can't be written.
    """
    years = f"{series.years[0]}-{series.years[-1]}"
    write_cog(
        path,
        series.grid,
        [
            Band(f"Theil-Sen slope of {years}", f"{WINTER_UNITS} a-1"),
            Band("Two-sided p of the Mann-Kendall test", "1"),
            Band(f"Significant at a false discovery rate of {found.rate:g}", "1"),
            Band("Winters with a value", "winters"),
        ],
        [
            (
                series.grid.whole,
                np.stack([found.slope, found.p, found.significant, found.winters]),
            )
        ],
        {
            "TIFFTAG_SOFTWARE": f"wco2_engine {__version__}",
            "WCO2_QUANTITY": "trend",
            "WCO2_TIME": years,
            "WCO2_TREND_OF": series.quantity,
            "WCO2_MODEL_FINGERPRINT": series.model_fingerprint,
            "WCO2_PREWHITENING": prewhitening,
            "WCO2_FALSE_DISCOVERY_RATE": f"{found.rate:g}",
            "WCO2_LARGEST_SIGNIFICANT_P": f"{found.threshold:.9g}",
            **({"SIMULATED": "yes"} if series.simulated else {}),
        },
    )
