"""What a forest has learned: importance by predictor group, effects, and whether they make sense.

SHAP values are left out: for predictors that correlate they need a choice of what to hold fixed,
and grouped importances and accumulated effects answer what a reviewer asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.learning.cross_validation import cross_val_predict
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.metrics import Score, draw_sites, site_sums, with_interval
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import Hyperparameters
from wco2_engine.progress import Progress, Silent, stop_if_cancelled

FloatArray = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

BINS = 20


@dataclass(frozen=True)
class GroupImportance:
    """What held-out predictions lose when a group of predictors is shuffled.

    Parameters
    ----------
    group : its name.
    predictors : those that were shuffled together.
    excess : by how much the mean squared error grows, in (g C m-2 month-1) squared, with an
        interval by site. About 0, or below, for a group that does not help at new sites.
    share : the excess / the mean squared error without shuffling; NaN where there is no error.
    """

    group: str
    predictors: tuple[str, ...]
    excess: Score
    share: float


def group_importances(
    rows: TrainingRows,
    folds: Labels,
    groups: Mapping[str, Sequence[str]],
    hyperparameters: Hyperparameters,
    run: RunContext | None = None,
    level: float = 0.9,
    draws: int = 1000,
) -> tuple[GroupImportance, ...]:
    """Permutation importance of groups of predictors at held-out sites, the largest first.

    The predictors of a group are shuffled together, keeping their company, because shuffled alone
    each is made up for by its kin (Gregorutti et al. 2015, doi 10.1016/j.csda.2015.04.002). Groups
    of correlated predictors still share what both tell, so importances don't add up.

    Parameters
    ----------
    folds : `(n_rows,)`, whole sites from 0; rows of fold -1 only train.
    groups : the predictors of each.
    level, draws : of the intervals, by bootstrap of sites.

    Raises
    ------
    Wco2Error : for a predictor that is not among the names.
    Cancelled : when the user asks to stop.
    """
    run = run or RunContext()
    place = {name: column for column, name in enumerate(rows.names)}
    for name in (name for members in groups.values() for name in members):
        if name not in place:
            raise Wco2Error(f"Unknown predictor '{name}'.", nearest_name(name, place))
    sets = [[place[name] for name in members] for members in groups.values()]
    run.step(0.0, "Importance of predictor groups")
    held = cross_val_predict(rows, folds, hyperparameters, run, permute=sets)
    excess_errors = held.excess_errors(rows.target)
    columns = np.column_stack([np.ones(excess_errors.shape[1]), excess_errors.T])
    by_site = site_sums(columns, rows.site[held.known])
    whole = by_site.sum(axis=0)
    drawn = draw_sites(len(by_site), draws, run.seed) @ by_site
    error = float(((held.predicted - rows.target) ** 2)[held.known].mean())
    found = []
    for k, (group, members) in enumerate(groups.items(), start=1):
        value = float(whole[k] / whole[0])
        excess = with_interval(value, drawn[:, k] / drawn[:, 0], level, len(by_site))
        share = value / error if error > 0 else float("nan")
        found.append(GroupImportance(group, tuple(members), excess, share))
    return tuple(sorted(found, key=lambda each: -each.excess.value))


@dataclass(frozen=True, eq=False)
class AccumulatedEffect:
    """The accumulated local effect of a predictor.

    Parameters
    ----------
    name : of the predictor.
    edges : `(n_edges,)` of its values, rising, in its units.
    effect : `(n_edges,)`, by how much the predicted flux lies above its mean there because of this
        predictor, in units of the flux. Its mean over the rows is 0.
    rows : `(n_edges - 1,)`, between one edge and the next.
    is_class : whether the predictor is a class. Then edges are its codes, the effect is that of
        each class, and rows are of each: `(n_edges,)`.
    """

    name: str
    edges: FloatArray
    effect: FloatArray
    rows: NDArray[np.int64]
    is_class: bool = False

    def __repr__(self) -> str:
        return short_repr(self)

    @property
    def gained(self) -> float:
        """The sum of all its rises, from the lowest edge to the highest."""
        steps = np.diff(self.effect)
        return float(steps[steps > 0].sum())

    @property
    def lost(self) -> float:
        """The sum of all its falls, as a positive number."""
        steps = np.diff(self.effect)
        return float(-steps[steps < 0].sum())


def accumulated_effects(
    forest: Forest,
    features: NDArray[np.float32],
    names: Sequence[str],
    bins: int = BINS,
    threads: int = 1,
    progress: Progress | None = None,
) -> Iterator[AccumulatedEffect]:
    """First-order accumulated local effects (Apley and Zhu 2020, doi 10.1111/rssb.12377).

    In each bin of a predictor, with equally many rows, the flux is predicted for the bin's own rows
    with the predictor at the upper and at the lower edge; the mean differences are added up along
    the bins. So no row is moved further than its bin, where partial dependence would combine values
    that never occur together when predictors correlate.

    Classes have no order to go along: of them it is told what all rows would have on average, were
    they of this class (partial dependence: Friedman 2001, doi 10.1214/aos/1013203451), less the
    mean of that over the rows.

    Parameters
    ----------
    features : `(n_rows, n_features)`, most usefully the training rows.
    bins : at most so many; fewer where values repeat. The quantiles that bound them are values that
        occur. A predictor that does not vary has one edge and the effect 0.

    Yields
    ------
    One effect a predictor, in the order of the columns.

    Raises
    ------
    Cancelled : when the user asks to stop.
    """
    progress = progress or Silent()
    for column, name in enumerate(names):
        stop_if_cancelled(progress)
        progress.update(column / len(names), f"Effect of {name}")
        values = features[:, column]
        codes = forest.classes.of(column)
        if codes:
            yield _effect_of_classes(forest, features, column, name, codes, threads)
            continue
        quantiles = np.linspace(0.0, 1.0, bins + 1)
        edges = np.unique(np.quantile(values, quantiles, method="inverted_cdf"))
        # The lowest value belongs to the first bin, which alone holds its lower edge.
        own = np.maximum(np.searchsorted(edges, values) - 1, 0)
        if len(edges) == 1:
            yield AccumulatedEffect(
                name, edges.astype(np.float64), np.zeros(1), np.zeros(0, np.int64)
            )
            continue
        both = np.tile(features, (2, 1))
        both[: len(features), column] = edges[own + 1]
        both[len(features) :, column] = edges[own]
        upper, lower = np.split(forest.predict(both, threads=threads), 2)
        rows = np.bincount(own, minlength=len(edges) - 1)
        steps = np.bincount(own, upper - lower, minlength=len(edges) - 1) / rows
        effect = np.concatenate([[0.0], np.cumsum(steps)])
        effect -= np.sum(rows * (effect[:-1] + effect[1:]) / 2) / rows.sum()
        yield AccumulatedEffect(name, edges.astype(np.float64), effect, rows)


def _effect_of_classes(
    forest: Forest,
    features: NDArray[np.float32],
    column: int,
    name: str,
    codes: Sequence[int],
    threads: int,
) -> AccumulatedEffect:
    """What the flux would be on average, were all rows of one class."""
    rows = np.array([np.count_nonzero(features[:, column] == code) for code in codes])
    means = np.empty(len(codes))
    moved = features.copy()
    for k, code in enumerate(codes):
        moved[:, column] = code
        means[k] = forest.predict(moved, threads=threads).mean()
    effect = means - np.average(means, weights=rows) if rows.any() else means - means.mean()
    return AccumulatedEffect(name, np.array(codes, np.float64), effect, rows, is_class=True)


@dataclass(frozen=True)
class ApparentQ10:
    """By which factor the flux grows for 10 degC more, over all sites and months.

    Apparent, because wetness, substrate and snow change along with temperature (Davidson and
    Janssens 2006, doi 10.1038/nature04514).

    Parameters
    ----------
    rows, sites : that the slope comes from.
    left_out : rows whose flux is not above 0, which have no logarithm.
    slope : of ln(flux) against temperature, in degC-1.
    q10 : exp(10 slope).
    """

    rows: int
    sites: int
    left_out: int
    slope: Score
    q10: Score


def apparent_q10(
    flux: FloatArray,
    soil_temperature: FloatArray,
    site: Labels,
    level: float = 0.9,
    draws: int = 1000,
    seed: int = 0,
) -> ApparentQ10:
    """The least-squares slope of ln(flux) against soil temperature, with its interval by site.

    Works alike for measured and for predicted fluxes. NaN where the temperature does not vary, or
    where fewer than three fluxes are above 0.

    Parameters
    ----------
    flux, soil_temperature, site : `(n_rows,)`; temperature in degC or K.
    """
    used = flux > 0
    temperature = soil_temperature[used].astype(np.float64)
    rows, sites = int(used.sum()), len(np.unique(site[used]))
    slope = Score(float("nan"), float("nan"), float("nan"))
    if rows >= 3 and float(np.ptp(temperature)) > 0:
        x, y = temperature - temperature.mean(), np.log(flux[used])
        y = y - y.mean()
        by_site = site_sums(np.column_stack([np.ones(rows), x, y, x * x, x * y]), site[used])
        least = 1e-12 * float(np.sum(x * x))

        def slopes(sums: FloatArray) -> FloatArray:
            n, sx, sy, sxx, sxy = np.moveaxis(sums, -1, 0)
            spread = sxx - sx**2 / n
            nan = np.full(np.shape(n), np.nan)
            return np.divide(sxy - sx * sy / n, spread, out=nan, where=spread > least)

        drawn = slopes(draw_sites(sites, draws, seed) @ by_site)
        slope = with_interval(float(slopes(by_site.sum(axis=0))), drawn, level, sites)
    q10 = Score(*(float(np.exp(10 * end)) for end in slope))
    return ApparentQ10(rows, sites, len(flux) - rows, slope, q10)


def plausibility(
    effect: AccumulatedEffect, measured: ApparentQ10, modelled: ApparentQ10, name: str = ""
) -> str:
    """Sentences on whether the flux follows soil temperature as respiration does.

    Parameters
    ----------
    effect : of the soil temperature.
    name : what the sentences call it; by default as the effect does.
    measured, modelled : of the same rows, `modelled` from held-out predictions.
    """
    gained, lost, name = effect.gained, effect.lost, name or effect.name
    span = f"from {effect.edges[0]:.3g} to {effect.edges[-1]:.3g}"
    if gained == lost == 0:
        sentence = f"The modelled flux does not depend on {name}."
    else:
        if gained >= 2 * lost:
            verdict = "rises with"
            judged = "as is expected of respiration"
        elif lost >= 2 * gained:
            verdict = "falls with"
            judged = "which respiration does not explain: look at what else changes along with it"
        else:
            verdict = "neither rises nor falls steadily with"
            judged = "so it must not be read as a response to temperature"
        sentence = (
            f"The modelled flux {verdict} {name}, {judged}: {span} it gains {gained:.3g} "
            f"and loses {lost:.3g} g C m-2 month-1 on the way."
        )
    return (
        f"{sentence} Apparent Q10: {_q10_text(measured)} measured, {_q10_text(modelled)} predicted."
    )


def _q10_text(found: ApparentQ10) -> str:
    value, lower, upper = found.q10
    if np.isnan(value):
        return "not defined as"
    if np.isnan(lower):
        return f"{value:.2f}"
    return f"{value:.2f} ({lower:.2f} to {upper:.2f})"
