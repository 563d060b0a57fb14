"""How the errors of months add up over a winter, so that bounds of winters hold what they say."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.learning.conformal import conformal_correction, enough_sites
from wco2_engine.learning.reprs import short_repr
from wco2_engine.season import Month, Winter

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

FEWEST_SITES = 5  # that tell how errors of months go together
ADDED_SITES = 2  # whose errors go together wholly, put beside those that were held out
MOST = 2.0  # half widths that one error counts at most


@dataclass(frozen=True, eq=False)
class HeldOutMonths:
    """Site-months that were held out, and their bounds, all `(n_rows,)`.

    Parameters
    ----------
    site : any numbers.
    winter : from 0, equal for the months of one winter at one site; see `winters_of_sites`.
    month : 1 to 12.
    observed, predicted, lower, upper : g C m-2 month-1.
    """

    site: Labels
    winter: Labels
    month: Labels
    observed: FloatArray
    predicted: FloatArray
    lower: FloatArray
    upper: FloatArray

    def __repr__(self) -> str:
        return short_repr(self)

    def subset(self, which: NDArray[np.bool_]) -> HeldOutMonths:
        """Some of the rows, winters being numbered anew."""
        found = {item.name: getattr(self, item.name)[which] for item in fields(self)}
        return HeldOutMonths(**{**found, "winter": _numbered(found["winter"])})

    @property
    def half_width(self) -> FloatArray:
        """`(n_rows,)`, of the bounds."""
        return (self.upper - self.lower) / 2

    @property
    def site_of_winter(self) -> Labels:
        """`(n_winters,)`."""
        return self.site[np.unique(self.winter, return_index=True)[1]]

    def sums(self, values: FloatArray) -> FloatArray:
        """`(n_winters,)`, of values `(n_rows,)` over the months that each winter has."""
        return np.asarray(np.bincount(self.winter, values), np.float64)

    def summed_bounds(self, factor: FloatArray | float = 1.0) -> tuple[FloatArray, FloatArray]:
        """Bounds `(n_winters,)` of what each winter's months add up to; see `winter_bounds`."""
        estimate, lower, upper = map(self.sums, (self.predicted, self.lower, self.upper))
        return winter_bounds(estimate, lower, upper, factor)


def winters_of_sites(site: Labels, year: Labels, month: Labels, winter: Winter) -> Labels:
    """Which winter of which site each row `(n_rows,)` is of, from 0.

    -1 for rows that are alone in theirs, which tell nothing of how months add up.
    """
    times, time = np.unique(np.column_stack([year, month]), axis=0, return_inverse=True)
    names = np.array([winter.year_of(Month(*each)) for each in times.tolist()], np.int64)
    keys = np.column_stack([site, names[time.reshape(-1)]])
    _, number, size = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    number = number.reshape(-1)
    several = size[number] > 1
    found = np.full(len(site), -1)
    found[several] = _numbered(number[several])
    return found


def winter_bounds(
    estimate: FloatArray, lower: FloatArray, upper: FloatArray, factor: FloatArray | float
) -> tuple[FloatArray, FloatArray]:
    """Bounds of winters: those of months, added up, brought nearer to the estimate by a factor.

    A bound on the wrong side of the estimate is put onto it.

    Parameters
    ----------
    estimate, lower, upper : of one shape, sums over a winter's months, g C m-2.
    factor : what their distances are multiplied by; at 1 it is as if all errors of a winter's
        months went together.
    """
    below, above = np.maximum(estimate - lower, 0.0), np.maximum(upper - estimate, 0.0)
    return estimate - factor * below, estimate + factor * above


def correlation_of_months(held: HeldOutMonths) -> float | None:
    """How far the errors of two months of one winter at one site go together, 0 to 1.

    An error counts in half widths of its interval, and 2 at most, so that no large flux decides.
    Pairs of a winter's months count alike, and every site as one. Errors are not taken from their
    mean: what all months of a site have in common is what adds up. Few sites tell it badly, so two
    are put beside them whose errors wholly go together: that is the cautious side.

    Returns
    -------
    None with fewer than five sites, or without any error.
    """
    width = held.half_width
    off = held.observed - held.predicted
    error = np.divide(off, width, out=np.zeros(len(off)), where=width > 0).clip(-MOST, MOST)
    months, squares = held.sums(np.ones(len(error))), held.sums(error**2)
    products = (held.sums(error) ** 2 - squares) / (months - 1)  # of all pairs, as many as squares
    site = _numbered(held.site_of_winter)
    of_site = np.bincount(site, months)
    together, alone = (np.bincount(site, v) / of_site for v in (products, squares))
    if len(of_site) < FEWEST_SITES or not alone.any():
        return None
    found = min(max(float(together.sum() / alone.sum()), 0.0), 1.0)
    return (len(of_site) * found + ADDED_SITES) / (len(of_site) + ADDED_SITES)


def share_of_sum(total: FloatArray, squares: FloatArray, correlation: float) -> FloatArray:
    """How far errors of several months spread together, as a share of their half widths' sum.

    They spread as the square root of `width x width x correlation` over all pairs of months, each
    month with itself counting whole.

    Parameters
    ----------
    total, squares : `(n,)`, the sum of the half widths, and of their squares.
    """
    alone = np.divide(squares, total**2, out=np.ones(len(total)), where=total > 0)
    return np.sqrt(correlation + (1.0 - correlation) * alone)


def winter_factor(held: HeldOutMonths, level: float, winter: Winter) -> float | None:
    """The factor of `winter_bounds` by which a share `level` of winters at new sites is held.

    Held-out winters lack months, and the fewer there are, the less their errors cancel. So each
    winter tells how many of its months' summed half widths it lies off, relative to what its months
    would spread together (`share_of_sum`). Of these the quantile is found as for months, every site
    counting as one (`conformal_correction`), and it is put to all months of a winter.

    Returns
    -------
    1 at most, for sums of bounds are as if all errors went together. None where the sites with two
    months of a winter or more are too few, or no factor holds enough.
    """
    site = held.site_of_winter
    correlation = correlation_of_months(held) if enough_sites(site, level) else None
    if correlation is None:
        return None
    width = held.half_width
    own = share_of_sum(held.sums(width), held.sums(width**2), correlation)
    found = conformal_correction(_distances(held) / own, site, level)
    if found is None or not np.isfinite(found):
        return None
    typical = _typical_widths(held, winter)
    whole = share_of_sum(typical.sum(keepdims=True), (typical**2).sum(keepdims=True), correlation)
    return min(found * float(whole[0]), 1.0)


def _distances(held: HeldOutMonths) -> FloatArray:
    """How far each winter lies off `(n_winters,)`, 1 on the sums of its months' bounds."""
    lower, upper = held.summed_bounds()
    estimate, observed = held.sums(held.predicted), held.sums(held.observed)
    off = observed - estimate
    room = np.where(off > 0, upper - estimate, estimate - lower)
    found = np.where(off == 0, 0.0, np.inf)
    return np.divide(np.abs(off), room, out=found, where=room > 0)


def _typical_widths(held: HeldOutMonths, winter: Winter) -> FloatArray:
    """Mean half widths of all months of a winter; of all together for one never held out."""
    width = held.half_width
    of_month = [width[held.month == month] for month in winter.months]
    return np.array([(own if len(own) else width).mean() for own in of_month])


def _numbered(labels: Labels) -> Labels:
    """The same labels as numbers from 0."""
    return np.asarray(np.unique(labels, return_inverse=True)[1]).reshape(-1)
