"""Forests of resampled sites, so that a total over an area carries an interval of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.learning.correction import corrected
from wco2_engine.learning.fitting import fit_forest
from wco2_engine.learning.folds import blocks_of_sites
from wco2_engine.learning.forest import Forest
from wco2_engine.learning.reprs import short_repr
from wco2_engine.learning.rows import TrainingRows
from wco2_engine.learning.run import RunContext
from wco2_engine.options import MEMBERS, Hyperparameters

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]
Labels = NDArray[np.integer[Any]]


BLOCK_KM = 250.0  # of sites that are drawn together
FEWEST_BLOCKS = 4  # that are drawn whole


def _bootstrap(seed: int, block: Labels, number: int) -> IntArray:
    sites = len(block)
    drawn = np.random.default_rng((seed, number)).integers(sites, size=sites)
    return np.bincount(drawn, minlength=sites).astype(np.int32)


def _halves(seed: int, block: Labels, number: int) -> IntArray:
    """Of an odd number of sites the smaller half, and for the next member the larger one."""
    rng = np.random.default_rng((seed, number - number % 2))
    return _in_turn(rng.permutation(len(block)) < len(block) // 2, number)


def _blocks(seed: int, block: Labels, number: int) -> IntArray:
    """Whole blocks, as long as they bring it nearer to half of the sites."""
    size = np.bincount(block)
    if len(size) < FEWEST_BLOCKS or 2 * size.max() > len(block):
        return _halves(seed, block, number)
    rng = np.random.default_rng((seed, number - number % 2))
    chosen, sites = np.zeros(len(size), bool), 0
    for each in rng.permutation(len(size)):
        if abs(2 * (sites + size[each]) - len(block)) < abs(2 * sites - len(block)):
            chosen[each], sites = True, sites + size[each]
    return _in_turn(chosen[block], number)


def _in_turn(half: NDArray[np.bool_], number: int) -> IntArray:
    """A half, and for every other member what the one before it left."""
    return (half != (number % 2 == 1)).astype(np.int32)


# How often a member draws each site, by the block that it lies in; `number` is the member's.
DRAWS: Mapping[str, Callable[[int, Labels, int], IntArray]] = {
    "bootstrap": _bootstrap,
    "halves": _halves,
    "blocks": _blocks,
}


@dataclass(frozen=True, eq=False)
class Members:
    """Forests of equally many trees, each of other sites. Made by `fit_members`.

    Parameters
    ----------
    forests : one a member.
    drawn : `(n_members, n_sites)` int32, how often each site was drawn, sites being sorted as by
        `numpy.unique`.
    """

    forests: tuple[Forest, ...]
    drawn: IntArray

    def __repr__(self) -> str:
        return short_repr(self)

    def predict(self, rows: ArrayLike, threads: int = 1) -> FloatArray:
        """Predictions `(n_members, n_rows)`.

        It costs one walk through all the members' trees, as much as
        `join_forests(forests).predict`, which gives the mean of the members alone.
        """
        matrix = np.ascontiguousarray(rows, np.float32)
        return np.stack([forest.predict(matrix, threads=threads) for forest in self.forests])


def fit_members(
    rows: TrainingRows,
    hyperparameters: Hyperparameters,
    run: RunContext | None = None,
    members: int = MEMBERS,
    draw: str = "bootstrap",
    correct: bool = False,
) -> Members:
    """Refits on resampled sites that share the trees: `trees // members` trees each.

    With "bootstrap", a member trains with as many sites as there are, drawn with replacement, all
    rows of a site as often as it was drawn (Field and Welsh 2007,
    doi 10.1111/j.1467-9868.2007.00593.x). With "halves" it trains with half of the sites, none
    twice, which gives a mean over sites the same spread (Shao and Wu 1989,
    doi 10.1214/aos/1176347263). "blocks" is half of the sites too, those of one block of 250 km
    together: what neighbours have in common is then part of the spread. Sites along ten roads are
    fewer than they seem. With fewer than four blocks, or one that has more than half of the sites,
    it is "halves". Every other member takes the half that the one before it left, so that in the
    mean of the members every site counts alike, and chance has less of a say.

    They differ because fully grown trees give a site no more cells for being drawn twice, so that
    bootstrapped members are too much alike where sites differ by more than their predictors tell.
    In simulated studies of 10 to 60 sites the bootstrap's spread was 0.8 to 1.2 of the true error,
    and its intervals of level 0.9 held the true total in 80 to 92 %; those of halves 1.1 to 1.6,
    and 88 to 98 %. Halves are the cautious choice. Neither mends a bias, which `correct` does:
    leaves of 20 rows gave one, and intervals then held the truth in 65 and 75 %.

    Members predict means, whatever the hyperparameters' aggregate: they are there for totals, and a
    total is a sum of means. That of medians is not the median of anything.

    The members are the same for any number of threads.

    Parameters
    ----------
    hyperparameters : of the members together, which share the trees.
    draw : "bootstrap", "halves" or "blocks".
    correct : compare splits on the logarithm of the flux, and move each member by what it errs at
        the sites that it did not draw, see `corrected`; it then has five trees more.

    Raises
    ------
    Wco2Error : when there are fewer trees than members, fewer than two sites, or no such draw.
    Cancelled : when the user asks to stop.
    """
    run = run or RunContext()
    winter, rows = rows, rows.training(hyperparameters)
    sites, site = np.unique(rows.site, return_inverse=True)
    if members < 2 or hyperparameters.trees < members:
        raise Wco2Error(
            f"{hyperparameters.trees} trees can't be shared by {members} members.",
            f"Take 2 members or more, and a tree for each at least: {members} or more trees.",
        )
    if draw not in DRAWS:
        raise Wco2Error(f"Unknown draw of sites '{draw}'.", nearest_name(draw, DRAWS))
    if len(sites) < 2:
        raise Wco2Error(
            "The members of an ensemble differ by their sites, and all rows are of one site.",
            "Bring observations of more sites, or leave out the interval of totals.",
        )
    block = _blocks_of(rows, site.reshape(-1))
    each = replace(hyperparameters, trees=hyperparameters.trees // members, aggregate="mean")
    if correct:
        each = replace(each, transform="log1p")
    drawn = np.zeros((members, len(sites)), np.int32)
    forests = []
    for member in range(members):
        run.step(member / members, f"Member {member + 1} of {members}")
        drawn[member] = DRAWS[draw](run.seed, block, member)
        part = rows.subset(np.repeat(np.arange(len(rows)), drawn[member][site.reshape(-1)]))
        own = replace(run, seed=int(np.random.default_rng((run.seed, member, 1)).integers(2**31)))
        forest = fit_forest(part.features, part.target, each, own, part.sample_weight, part.classes)
        if correct:
            unseen = ~np.isin(winter.site, sites[drawn[member] > 0])
            forest = corrected(forest, winter.subset(unseen) if unseen.any() else winter, own)
        forests.append(forest)
    return Members(tuple(forests), drawn)


def _blocks_of(rows: TrainingRows, site: Labels) -> Labels:
    """The block `(n_sites,)` of each site; each site its own where places are not known."""
    if not np.isfinite(rows.longitude).all():
        return np.arange(int(site.max()) + 1)
    return blocks_of_sites(rows.locations, site, BLOCK_KM)


def total_interval(
    total: ArrayLike, of_members: ArrayLike, level: float = 0.9
) -> tuple[FloatArray, FloatArray]:
    """The lower and upper end of a total's interval: Student's, about the total.

    Each member's total is summed on its own, so errors that cells share stay shared. The ends are
    `total -/+ t sd`, with the members' standard deviation and the quantile of Student's t for one
    degree of freedom less than there are members: so few draws tell their spread well, their
    outermost twentieths hardly. Percentiles of 20 draws would hold a further draw in 81 % of cases
    at a level of 0.9.

    It carries what comes of which sites were measured, and of chance in the trees. It does not
    carry what all sites or all cells have in common, such as a bias of the predictors.

    Parameters
    ----------
    total : `(...)`, of the map itself, or the mean of corrected members.
    of_members : `(n_members, ...)`.

    Raises
    ------
    ValueError : for fewer than two members, or a level that is not between 0 and 1.
    """
    from scipy.stats import t

    totals = np.asarray(of_members, np.float64)
    if len(totals) < 2 or not 0 < level < 1:
        raise ValueError(f"{len(totals)} members give no interval of the level {level}")
    reach = float(t.ppf((1 + level) / 2, len(totals) - 1)) * totals.std(axis=0, ddof=1)
    return np.asarray(total - reach), np.asarray(total + reach)
