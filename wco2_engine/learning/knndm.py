"""Folds whose held-out rows lie as far from the others as the cells to predict do (kNNDM).

Linnenbrink et al. 2024 (doi 10.5194/gmd-17-5897-2024), with the numbers of the R package
CAST 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.locations import Locations
from wco2_engine.learning.reprs import short_repr

SIGNIFICANT = 0.05
CLUSTER_COUNTS = 100  # tried, evenly spaced in logarithm
EXACT_BELOW = 10_000  # pairs, up to which the test's p is counted rather than approximated

FloatArray = NDArray[np.float64]
FoldArray = NDArray[np.int16]
Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class KnndmCandidate:
    """Folds made of `q` clusters.

    Parameters
    ----------
    folds : `(n,)`, from 0.
    w_m : how far held-out distances are from those to predict, in metres; None where a fold is too
        large for the candidate to be chosen.
    largest_cluster : its rows.
    large_clusters : how many have n / k rows or more, and so are a fold of their own.
    """

    q: int
    folds: FoldArray
    w_m: float | None
    largest_cluster: int
    large_clusters: int

    def __repr__(self) -> str:
        return short_repr(self)


@dataclass(frozen=True, eq=False)
class KnndmFolds:
    """Folds whose held-out rows are as far from training rows as the cells to predict are.

    Parameters
    ----------
    folds : `(n,)` from 0.
    decision : "random" where training rows are no nearer to each other than to the cells to
        predict, so that random folds are right; "clustering" otherwise.
    q : the number of clusters that the folds are made of; None when random.
    w_m : Wasserstein distance in metres between `cv_distance_m` and `prediction_to_sample_m`.
    w_leave_one_out_m : the same between `sample_to_sample_m` and `prediction_to_sample_m`.
    ks_statistic, ks_p_value : of the one-sided test that decides.
    candidates : what was tried, by q.
    sample_to_sample_m : `(n,)`, from each row to the nearest other one, or of another group.
    prediction_to_sample_m : `(m,)`, from each prediction point to the nearest row.
    cv_distance_m : `(n,)`, from each row to the nearest of another fold.
    """

    folds: FoldArray
    decision: str
    q: int | None
    w_m: float
    w_leave_one_out_m: float
    ks_statistic: float
    ks_p_value: float
    candidates: tuple[KnndmCandidate, ...]
    sample_to_sample_m: FloatArray
    prediction_to_sample_m: FloatArray
    cv_distance_m: FloatArray

    def __repr__(self) -> str:
        return short_repr(self)


def knndm(
    training_points: Locations,
    prediction_points: Locations,
    group: Labels | None,
    k: int = 5,
    maxp: float = 0.5,
    seed: int = 0,
    clusterings: Mapping[int, Labels] | None = None,
) -> KnndmFolds:
    """Folds by k-fold nearest-neighbour distance matching.

    Parameters
    ----------
    training_points : of the rows.
    prediction_points : a sample of the cells that the map will hold.
    group : `(n,)`, equal for rows of one site (see `site_groups`), which then stay in one fold:
        sites are clustered instead of rows, and distances are to rows of other sites. None does as
        CAST does, which puts rows of one site into several folds where that fits better.
    k : folds.
    maxp : no fold holds more than this share of the rows.
    seed : for random folds.
    clusterings : clusters `(n,)` by their number, to be merged instead of Ward's hierarchical ones.

    Raises
    ------
    Wco2Error : when there are too few rows or sites, or every candidate has a fold above `maxp`.
    ValueError : when shapes don't fit, or some points are on the sphere and others on a plane.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import Locations, knndm
    >>> rng = np.random.default_rng(0)
    >>> sites = Locations(rng.normal(-150, 2, 30), rng.normal(68, 1, 30))
    >>> cells = Locations(rng.uniform(-180, -120, 500), rng.uniform(60, 75, 500))
    >>> found = knndm(sites, cells, group=np.arange(30))
    >>> found.decision, bool(found.w_m < found.w_leave_one_out_m)
    ('clustering', True)
    """
    n = len(training_points)
    unit = np.arange(n) if group is None else np.unique(group, return_inverse=True)[1].reshape(-1)
    count = int(unit.max(initial=-1)) + 1
    kind = "rows" if group is None else "sites"
    if len(unit) != n or not len(prediction_points):
        raise ValueError(
            f"{len(unit)} groups, {n} training points, {len(prediction_points)} to predict"
        )
    if k < 2 or not 1.0 / k < maxp < 1.0:
        raise Wco2Error(
            f"kNNDM with k = {k} and maxp = {maxp:g} is not possible.",
            "k is 2 or more, and maxp between 1 / k and 1.",
        )
    if count < k:
        raise Wco2Error(
            f"{count} {kind} are too few for the {k} folds of kNNDM.",
            "Ask for fewer folds, or use leave-site-out, which is right for few sites.",
        )
    sample_to_sample = (
        training_points.nearest_other_m()
        if group is None
        else training_points.nearest_of_another_m(unit)
    )
    prediction_to_sample = prediction_points.nearest_m(training_points)
    statistic, p = one_sided_ks_test(sample_to_sample, prediction_to_sample)
    candidates: tuple[KnndmCandidate, ...] = ()
    if p >= SIGNIFICANT:
        q = None
        folds = _random_folds(count, k, seed)[unit]
    else:
        if clusterings is None:
            middles = training_points if group is None else training_points.centres(unit, count)
            clusters = _ward(middles, np.bincount(unit), k)
            clusterings = {q: label[unit] for q, label in clusters.items()}
        axis = _first_component(training_points, unwrap=group is not None)
        candidates = tuple(
            _candidate(q, label, axis, training_points, prediction_to_sample, k, maxp)
            for q, label in sorted(clusterings.items())
        )
        valid = [each for each in candidates if each.w_m is not None]
        if not valid:
            raise Wco2Error(
                f"kNNDM finds no {k} folds that each hold at most {maxp:.0%} of the {n} rows: the "
                f"{kind} are too clustered.",
                "Raise maxp, lower k, or use leave-site-out.",
            )
        best = min(valid, key=lambda each: (each.w_m, each.q))
        q, folds = best.q, best.folds
    cv_distance = training_points.nearest_of_another_m(folds)
    return KnndmFolds(
        folds=folds,
        decision="random" if q is None else "clustering",
        q=q,
        w_m=wasserstein(cv_distance, prediction_to_sample),
        w_leave_one_out_m=wasserstein(sample_to_sample, prediction_to_sample),
        ks_statistic=statistic,
        ks_p_value=p,
        candidates=candidates,
        sample_to_sample_m=sample_to_sample,
        prediction_to_sample_m=prediction_to_sample,
        cv_distance_m=cv_distance,
    )


def _random_folds(count: int, k: int, seed: int) -> FoldArray:
    """Labels drawn without replacement from as many copies of each as are needed."""
    labels = np.tile(np.arange(k, dtype=np.int16), -(-count // k))
    return np.random.default_rng(seed).permutation(labels)[:count]


def _ward(points: Locations, weight: Labels, k: int) -> dict[int, NDArray[np.intp]]:
    """Ward clusters `(n,)` of weighted points by their number, from k to n - 2 of them.

    A point of weight w counts as w points in one, so the clusters are those of all rows at their
    sites' middles. Distances along great circles are taken as they are: not quite Euclidean, but
    the update of squared distances (R's ward.D2) works all the same. Nearest-neighbour chains
    (Murtagh 1983, doi 10.1093/comjnl/26.4.354) find the same merges as looking for the closest
    pair each time.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(points)
    apart = np.stack([points.at([i]).distance_m(points) for i in range(n)]) ** 2
    apart *= 2.0 * weight * weight[:, None] / (weight + weight[:, None])
    np.fill_diagonal(apart, np.inf)
    size = weight.astype(np.float64)
    merges = np.empty((n - 1, 2), np.intp)
    height = np.empty(n - 1)
    chain: list[int] = []
    gone = np.zeros(n, bool)
    for step in range(n - 1):
        if not chain:
            chain = [int(np.argmin(gone))]
        while True:
            one = chain[-1]
            other = int(np.argmin(apart[one]))
            if len(chain) > 1 and apart[one, chain[-2]] <= apart[one, other]:
                break
            chain.append(other)
        other = chain[-2]
        del chain[-2:]
        between = apart[one, other]
        merges[step], height[step] = (one, other), between
        # `other` stands for both from here on.
        joined = (size[one] + size) * apart[one] + (size[other] + size) * apart[other]
        joined = (joined - size * between) / (size[one] + size[other] + size)
        joined[[one, other]] = np.inf
        apart[other], apart[:, other] = joined, joined
        apart[one], apart[:, one] = np.inf, np.inf
        size[other] += size[one]
        gone[one] = True
    merges = merges[np.argsort(height, kind="stable")]
    counts = np.geomspace(k, max(k, n - 2), CLUSTER_COUNTS).round().astype(int)
    clusters = {}
    for q in np.unique(counts).tolist():
        one, other = merges[: n - q].T
        graph = coo_matrix((np.ones(n - q), (one, other)), shape=(n, n))
        clusters[q] = connected_components(graph, directed=False)[1]
    return clusters


def _first_component(points: Locations, unwrap: bool) -> FloatArray:
    """Along the first principal component of the coordinates as they are.

    The component of two variables has a closed form, with the first one's loading positive.

    Parameters
    ----------
    unwrap : cut longitudes at their widest gap instead of at the antimeridian.
    """
    x, y = points.x, points.y
    if unwrap and points.on_sphere:
        x = x % 360.0
        ordered = np.unique(x)
        gap = np.diff(ordered, append=ordered[0] + 360.0)
        end = ordered[np.argmax(gap)]
        x = np.where(x > end, x - 360.0, x)
    x, y = x - x.mean(), y - y.mean()
    angle = 0.5 * np.arctan2(2.0 * np.sum(x * y), np.sum(x * x) - np.sum(y * y))
    return x * np.cos(angle) + y * np.sin(angle)


def _candidate(
    q: int,
    cluster: Labels,
    axis: FloatArray,
    training_points: Locations,
    prediction_to_sample: FloatArray,
    k: int,
    maxp: float,
) -> KnndmCandidate:
    n = len(cluster)
    # By first appearance, so that equal scores are ordered alike whoever numbered the clusters.
    _, first, label = np.unique(cluster, return_index=True, return_inverse=True)
    label = np.argsort(np.argsort(first))[label.reshape(-1)]
    size = np.bincount(label)
    folds = merge_clusters(size, np.bincount(label, axis) / size, k)[label]
    w = None
    if np.bincount(folds).max() <= maxp * n:
        w = wasserstein(training_points.nearest_of_another_m(folds), prediction_to_sample)
    return KnndmCandidate(q, folds, w, int(size.max()), int((size >= n / k).sum()))


def merge_clusters(size: Labels, score: FloatArray, k: int) -> FoldArray:
    """The fold of each cluster, from 0.

    In the order of their scores, clusters of a k-th of the rows or more become a fold each, and
    the others are dealt in turn to the folds left: each of these then spans the whole axis.

    Parameters
    ----------
    size : `(n_clusters,)`, rows.
    score : `(n_clusters,)`, where the cluster's centre lies along the axis.
    """
    order = np.argsort(score, kind="stable")
    large = size[order] >= size.sum() / k
    own = int(large.sum())
    folds = np.empty(len(size), np.int16)
    folds[order[large]] = np.arange(own)
    small = order[~large]
    if small.size:
        folds[small] = own + np.arange(small.size) % (k - own)
    return folds


def wasserstein(one: FloatArray, other: FloatArray) -> float:
    """The area between the two empirical distribution functions, in the units of the values."""
    value, below_one, below_other = _counts_below(one, other)
    gap = np.abs(below_one / one.size - below_other / other.size)
    return float(np.sum(gap[:-1] * np.diff(value)))


def one_sided_ks_test(one: FloatArray, other: FloatArray) -> tuple[float, float]:
    """Whether values of `one` are smaller: the Kolmogorov-Smirnov statistic and its p-value.

    The statistic is max(ECDF of one - ECDF of other). p is exact, given which values tie, for fewer
    than 10 000 pairs, and the asymptotic exp(-2 D^2 n m / (n + m)) else.
    """
    n, m = one.size, other.size
    _, below_one, below_other = _counts_below(one, other)
    # In units of 1 / (n m), where it is a whole number.
    largest = int((below_one * m - below_other * n).max())
    statistic = largest / (n * m)
    if n * m >= EXACT_BELOW:
        return statistic, float(np.exp(-2.0 * statistic**2 * n * m / (n + m)))
    # Of the orders in which n and m values can be drawn, the share in which the difference never
    # gets so large; within a run of ties there is no difference to look at.
    ends = np.zeros(n + m + 1, bool)
    ends[below_one + below_other] = True
    share = np.zeros(m + 1)
    for i in range(n + 1):
        for j in range(m + 1):
            if i + j == 0:
                share[j] = 1.0
            elif ends[i + j] and i * m - j * n >= largest:
                share[j] = 0.0
            else:
                above = share[j] * i if i else 0.0
                share[j] = (above + (share[j - 1] * j if j else 0.0)) / (i + j)
    return statistic, float(min(max(1.0 - share[m], 0.0), 1.0))


def _counts_below(
    one: FloatArray, other: FloatArray
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """The distinct values of both, and how many of each are not above them."""
    value = np.unique(np.concatenate([one, other]))
    below_one, below_other = (
        np.searchsorted(np.sort(each), value, side="right").astype(np.int64)
        for each in (one, other)
    )
    return value, below_one, below_other
