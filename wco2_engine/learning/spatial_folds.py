"""Folds by place: prediction-matched ones (kNNDM) and spatial blocks.

kNNDM: Linnenbrink et al. 2024 (doi 10.5194/gmd-17-5897-2024), with the numbers of the R package
CAST 1.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import EARTH_RADIUS_M

SIGNIFICANT = 0.05
CLUSTER_COUNTS = 100  # tried, evenly spaced in logarithm
EXACT_BELOW = 10_000  # pairs, up to which the test's p is counted rather than approximated

FloatArray = NDArray[np.float64]
FoldArray = NDArray[np.int16]
Labels = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Places:
    """Where rows lie.

    Parameters
    ----------
    x, y : `(n,)`. Longitude and latitude in degrees on the sphere, else metres on a plane.
    on_sphere : distances are along great circles of a sphere of 6 371 010 m, else straight.

    Raises
    ------
    ValueError : when they differ in length, are not finite, or are no degrees where they should be.
    """

    x: FloatArray
    y: FloatArray
    on_sphere: bool = True

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        if self.x.ndim != 1 or self.x.shape != self.y.shape:
            raise ValueError(f"places have {self.x.shape} x and {self.y.shape} y")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ValueError("a place is not finite")
        if self.on_sphere and ((np.abs(self.x) > 360).any() or (np.abs(self.y) > 90).any()):
            raise ValueError("a place is not in degrees of longitude and latitude")

    def __len__(self) -> int:
        return len(self.x)

    def at(self, rows: Any) -> Places:
        """Some of the places."""
        return Places(self.x[rows], self.y[rows], self.on_sphere)

    def centres(self, label: Labels, count: int) -> Places:
        """The middle of the places of each label from 0, also across the antimeridian."""
        size = np.bincount(label, minlength=count)
        mean = np.column_stack([np.bincount(label, c, count) / size for c in self._vectors.T])
        if not self.on_sphere:
            return Places(mean[:, 0], mean[:, 1], False)
        longitude = np.arctan2(mean[:, 1], mean[:, 0])
        latitude = np.arctan2(mean[:, 2], np.hypot(mean[:, 0], mean[:, 1]))
        return Places(np.degrees(longitude), np.degrees(latitude))

    def distance_m(self, other: Places) -> FloatArray:
        """From each place to the other's of the same index; a single one stands for all."""
        if not self.on_sphere:
            return np.hypot(self.x - other.x, self.y - other.y)
        lon, lat, lon2, lat2 = map(np.radians, (self.x, self.y, other.x, other.y))
        # Haversine, which is exact for near places, and the same bits both ways.
        half = np.sin(np.abs(lat - lat2) / 2.0) ** 2
        half += np.cos(lat) * np.cos(lat2) * np.sin(np.abs(lon - lon2) / 2.0) ** 2
        return 2.0 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))

    def nearest_m(self, others: Places) -> FloatArray:
        """`(n,)`: from each place to the nearest of `others`, to within 1e-8 m."""
        return self.distance_m(others.at(self._nearest(others, 1)[:, 0]))

    def nearest_other_m(self) -> FloatArray:
        """`(n,)`: from each place to the nearest of the rest, 0 where two are the same."""
        index = self._nearest(self, 2)
        itself = index[:, 0] == np.arange(len(self))
        return self.distance_m(self.at(np.where(itself, index[:, 1], index[:, 0])))

    def nearest_of_another_m(self, label: Labels) -> FloatArray:
        """`(n,)`: from each place to the nearest that bears another label."""
        found = np.empty(len(self))
        for each in np.unique(label):
            inside = label == each
            found[inside] = self.at(inside).nearest_m(self.at(~inside))
        return found

    @cached_property
    def _vectors(self) -> FloatArray:
        """Coordinates whose straight distance orders places as `distance_m` does."""
        if not self.on_sphere:
            return np.column_stack([self.x, self.y])
        lon, lat = np.radians(self.x), np.radians(self.y)
        return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])

    def _nearest(self, others: Places, count: int) -> NDArray[np.intp]:
        from scipy.spatial import cKDTree

        if self.on_sphere != others.on_sphere:
            raise ValueError("places on the sphere and on a plane can't be compared")
        if len(others) < count:
            raise ValueError(f"{len(others)} places have no {count} nearest")
        index = cKDTree(others._vectors).query(self._vectors, k=range(1, count + 1))[1]
        return np.asarray(index, np.intp)


@dataclass(frozen=True, eq=False)
class Candidate:
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


@dataclass(frozen=True, eq=False)
class Knndm:
    """Folds whose held-out rows are as far from training rows as the cells to predict are.

    Parameters
    ----------
    folds : `(n,)` from 0.
    decision : "random" where training rows are no nearer to each other than to the cells to
        predict, so that random folds are right; "clustering" otherwise.
    q : the number of clusters that the folds are made of; None when random.
    w_m : Wasserstein distance in metres between `held_out_m` and `to_predict_m`.
    w_leave_one_out_m : the same between `apart_m` and `to_predict_m`.
    ks_statistic, ks_p_value : of the one-sided test that decides.
    candidates : what was tried, by q.
    apart_m : `(n,)`, from each row to the nearest other one, or of another group.
    to_predict_m : `(m,)`, from each place to predict to the nearest row.
    held_out_m : `(n,)`, from each row to the nearest of another fold.
    """

    folds: FoldArray
    decision: str
    q: int | None
    w_m: float
    w_leave_one_out_m: float
    ks_statistic: float
    ks_p_value: float
    candidates: tuple[Candidate, ...]
    apart_m: FloatArray
    to_predict_m: FloatArray
    held_out_m: FloatArray


def knndm(
    training: Places,
    prediction: Places,
    group: Labels | None,
    k: int = 5,
    maxp: float = 0.5,
    seed: int = 0,
    clusterings: Mapping[int, Labels] | None = None,
) -> Knndm:
    """Folds by k-fold nearest-neighbour distance matching.

    Parameters
    ----------
    training : of the rows.
    prediction : a sample of the cells that the map will hold.
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
    ValueError : when shapes don't fit, or a place is on the sphere and another on a plane.
    """
    n = len(training)
    unit = np.arange(n) if group is None else np.unique(group, return_inverse=True)[1].reshape(-1)
    count = int(unit.max(initial=-1)) + 1
    kind = "rows" if group is None else "sites"
    if len(unit) != n or not len(prediction):
        raise ValueError(f"{len(unit)} groups, {n} places, {len(prediction)} to predict")
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
    apart = training.nearest_other_m() if group is None else training.nearest_of_another_m(unit)
    to_predict = prediction.nearest_m(training)
    statistic, p = smirnov(apart, to_predict)
    candidates: tuple[Candidate, ...] = ()
    if p >= SIGNIFICANT:
        q = None
        folds = _random_folds(count, k, seed)[unit]
    else:
        if clusterings is None:
            middles = training if group is None else training.centres(unit, count)
            clusters = _ward(middles, np.bincount(unit), k)
            clusterings = {q: label[unit] for q, label in clusters.items()}
        axis = _scores(training, unwrap=group is not None)
        candidates = tuple(
            _candidate(q, label, axis, training, to_predict, k, maxp)
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
    held_out = training.nearest_of_another_m(folds)
    return Knndm(
        folds=folds,
        decision="random" if q is None else "clustering",
        q=q,
        w_m=wasserstein(held_out, to_predict),
        w_leave_one_out_m=wasserstein(apart, to_predict),
        ks_statistic=statistic,
        ks_p_value=p,
        candidates=candidates,
        apart_m=apart,
        to_predict_m=to_predict,
        held_out_m=held_out,
    )


def _random_folds(count: int, k: int, seed: int) -> FoldArray:
    """Labels drawn without replacement from as many copies of each as are needed."""
    labels = np.tile(np.arange(k, dtype=np.int16), -(-count // k))
    return np.random.default_rng(seed).permutation(labels)[:count]


def _ward(places: Places, weight: Labels, k: int) -> dict[int, NDArray[np.intp]]:
    """Ward clusters `(n,)` of weighted places by their number, from k to n - 2 of them.

    A place of weight w counts as w places in one, so the clusters are those of all rows at their
    sites' middles. Distances along great circles are taken as they are: not quite Euclidean, but
    the update of squared distances (R's ward.D2) works all the same. Nearest-neighbour chains
    (Murtagh 1983, doi 10.1093/comjnl/26.4.354) find the same merges as looking for the closest
    pair each time.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(places)
    apart = np.stack([places.at([i]).distance_m(places) for i in range(n)]) ** 2
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


def _scores(places: Places, unwrap: bool) -> FloatArray:
    """Along the first principal component of the coordinates as they are.

    The component of two variables has a closed form, with the first one's loading positive.

    Parameters
    ----------
    unwrap : cut longitudes at their widest gap instead of at the antimeridian.
    """
    x, y = places.x, places.y
    if unwrap and places.on_sphere:
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
    training: Places,
    to_predict: FloatArray,
    k: int,
    maxp: float,
) -> Candidate:
    n = len(cluster)
    # By first appearance, so that equal scores are ordered alike whoever numbered the clusters.
    _, first, label = np.unique(cluster, return_index=True, return_inverse=True)
    label = np.argsort(np.argsort(first))[label.reshape(-1)]
    size = np.bincount(label)
    folds = merge_clusters(size, np.bincount(label, axis) / size, k)[label]
    w = None
    if np.bincount(folds).max() <= maxp * n:
        w = wasserstein(training.nearest_of_another_m(folds), to_predict)
    return Candidate(q, folds, w, int(size.max()), int((size >= n / k).sum()))


def merge_clusters(size: Labels, score: FloatArray, k: int) -> FoldArray:
    """The fold of each cluster, from 0.

    In the order of their scores, clusters of a k-th of the rows or more become a fold each, and
    the others are dealt in turn to the folds left: each of these then spans the whole axis.

    Parameters
    ----------
    size : `(n_clusters,)`, rows.
    score : `(n_clusters,)`, the place of the cluster's centre along the axis.
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


def smirnov(one: FloatArray, other: FloatArray) -> tuple[float, float]:
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


def spatial_blocks(
    places: Places, group: Labels, size_km: float, k: int = 10, seed: int = 0
) -> FoldArray:
    """Folds `(n,)` from 0 of whole blocks of about `size_km` by `size_km`.

    Blocks lie in belts of latitude, as many in each as fit, so all have nearly the same area. They
    are dealt to `k` folds of nearly equal numbers of rows. A site belongs to the block of its
    middle.

    Parameters
    ----------
    places : on the sphere.
    group : `(n,)`, equal for rows of one site.

    Raises
    ------
    Wco2Error : when the size is not above 0, or there are fewer blocks with rows than folds.
    """
    if not places.on_sphere:
        raise ValueError("blocks are for longitudes and latitudes")
    if not 0 < size_km < np.inf or k < 2:
        raise Wco2Error(f"Blocks of {size_km:g} km in {k} folds are not possible.")
    site = np.unique(group, return_inverse=True)[1].reshape(-1)
    middle = places.centres(site, int(site.max(initial=-1)) + 1)
    step = size_km * 1000.0 / EARTH_RADIUS_M
    belt = np.floor(np.radians(90.0 - middle.y) / step)
    around = 2.0 * np.pi * np.abs(np.sin(np.minimum((belt + 0.5) * step, np.pi)))
    blocks_in_belt = np.maximum(1.0, np.round(around / step))
    column = np.floor((middle.x % 360.0) / 360.0 * blocks_in_belt)
    block = np.unique(np.column_stack([belt, column]), axis=0, return_inverse=True)[1]
    block = block.reshape(-1)[site]
    size = np.bincount(block)
    if len(size) < k:
        raise Wco2Error(
            f"The rows lie in {len(size)} blocks of {size_km:g} km, too few for {k} folds.",
            "Take smaller blocks or fewer folds.",
        )
    shuffled = np.random.default_rng(seed).permutation(len(size))
    filled = np.zeros(k, np.int64)
    fold_of_block = np.empty(len(size), np.int16)
    for each in shuffled[np.argsort(-size[shuffled], kind="stable")]:
        fold_of_block[each] = np.argmin(filled)
        filled[fold_of_block[each]] += size[each]
    return fold_of_block[block]
