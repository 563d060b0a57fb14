"""Which conditions of a map lie far from all that was measured, and where one more site helps most.

What a network of sites stands for is told by the distance of each place's conditions from the
nearest that was measured (Hargrove et al. 2003, doi 10.1029/2003EO480001; Pallandt et al. 2022,
doi 10.5194/bg-19-559-2022, for Arctic flux sites). Here the distance is the dissimilarity index,
which weighs predictors by their importance. A site brings it down wherever its own conditions are
nearer than all of before. The next site is the one that brings the mean of the map down most, and
so on: greedy, which for such sums reaches at least 63 % of what the best set of as many sites could
(Nemhauser et al. 1978, doi 10.1007/BF01588971).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

PAIRS = 2**22  # of a candidate's month and a cell's month at a time: bounds the memory


@dataclass(frozen=True, eq=False)
class Demand:
    """What a region's sampled cells are like, and how far that is from what was measured.

    Parameters
    ----------
    places : `(n_cells, n_months, n_used)`, where `AreaOfApplicability` measures distances.
    di : `(n_cells, n_months)`, the dissimilarity index by the training rows.
    weight : `(n_cells, n_months)`, what a month of a cell counts, of all regions together 1.
    """

    places: FloatArray
    di: FloatArray
    weight: FloatArray

    @property
    def flat(self) -> FloatArray:
        """`(n_cells * n_months, n_used)`."""
        return self.places.reshape(-1, self.places.shape[-1])

    def distances(self, candidates: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
        """For blocks of candidates, the distance of each cell's month to their nearest month.

        Parameters
        ----------
        candidates : `(n, n_months, n_used)`, sites that would measure all these months.

        Returns
        -------
        Which candidates, and `(n_block, n_cells * n_months)`.
        """
        flat = self.flat
        squares = np.sum(flat**2, axis=1)
        n, months = candidates.shape[:2]
        size = max(1, PAIRS // (len(flat) * months))
        for start in range(0, n, size):
            block = slice(start, min(n, start + size))
            some = candidates[block].reshape(-1, candidates.shape[2])
            apart = some @ flat.T
            apart *= -2.0
            apart += np.sum(some**2, axis=1)[:, None]
            nearest = apart.reshape(-1, months, len(flat)).min(axis=1) + squares
            yield block, np.sqrt(np.maximum(nearest, 0.0))

    def gains(self, candidates: FloatArray) -> FloatArray:
        """`(n,)`: by how much each candidate alone would bring the weighted mean of DI down."""
        found = np.empty(len(candidates))
        di, weight = self.di.reshape(-1), self.weight.reshape(-1)
        for block, apart in self.distances(candidates):
            found[block] = np.maximum(di - apart, 0.0) @ weight
        return found


@dataclass(frozen=True, eq=False)
class Pick:
    """A site that would be chosen.

    Parameters
    ----------
    region, cell : which demand, and which cell of it.
    gain : by how much it brings the weighted mean of DI down, after those before it.
    di : of each region `(n_cells, n_months)`, what is left with it and those before it.
    """

    region: int
    cell: int
    gain: float
    di: tuple[FloatArray, ...]


def next_sites(
    demands: Sequence[Demand], count: int, check: Callable[[float], None] = lambda _: None
) -> list[Pick]:
    """The cells among those sampled whose measuring would help most, one after the other.

    Fewer than `count` where no further cell would help.

    Parameters
    ----------
    check : is told the share that is done; may raise to stop.
    """
    near = []
    for demand in demands:
        apart = np.empty((len(demand.places), demand.di.size), np.float32)
        for block, distance in demand.distances(demand.places):
            # Rounded up, so that rounding never makes a site nearer than it is.
            apart[block] = np.nextafter(distance.astype(np.float32), np.float32(np.inf))
            check(0.5 * block.stop / max(1, len(apart)))
        near.append(apart)
    left = [demand.di.reshape(-1).copy() for demand in demands]
    weights = [demand.weight.reshape(-1) for demand in demands]
    gains = [_gains(*each) for each in zip(near, left, weights, strict=True)]
    picks: list[Pick] = []
    for k in range(count):
        region = int(np.argmax([found.max(initial=0.0) for found in gains]))
        cell = int(np.argmax(gains[region]))
        gain = float(gains[region][cell])
        if gain <= 0.0:
            break
        np.minimum(left[region], near[region][cell], out=left[region])
        gains[region] = _gains(near[region], left[region], weights[region])
        now = tuple(di.reshape(d.di.shape).copy() for di, d in zip(left, demands, strict=True))
        picks.append(Pick(region, cell, gain, now))
        check(0.5 + 0.5 * (k + 1) / count)
    return picks


def _gains(near: NDArray[np.float32], di: FloatArray, weight: FloatArray) -> FloatArray:
    """`(n_cells,)`: what each cell would still bring."""
    found = np.empty(len(near))
    size = max(1, PAIRS // max(1, len(di)))
    for start in range(0, len(near), size):
        block = slice(start, start + size)
        found[block] = np.maximum(di - near[block], 0.0) @ weight
    return found
