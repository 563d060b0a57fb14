"""From rows that passed to one row a site and month: what is double, and how the rest is merged.

A row is left out where another says the same better, by these rules in their order:

- `fuller_row`: of several rows of one tower and month in a table of months, which are editions of
  one measurement, that with the fewest missing cells is kept; of equals the first in the file.
- `tower_there`: a chamber within 1 km of a tower that has the same month. A tower sees hectares,
  day and night; a cell of a map is nearer to that than to a collar of a few decimetres.
- `other_source`: a site and month that an earlier table has within 1 km with the same flux, to 1 %
  or 0.05 g C m-2 month-1, whichever is more.

What is left is merged: rows of one site, year and month whose coordinates agree when rounded to
0.01 degree become one, of their mean coordinates and mean (or median) flux. A name that is used
for places more than 0.1 degree apart is not one site: its places get their coordinates added to
the name, as in "JP-TEF @42.40N 141.40E".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import EARTH_RADIUS_M
from wco2_engine.inputs.cells import is_missing
from wco2_engine.inputs.formats.canonical import COLUMNS
from wco2_engine.inputs.rules import Rejection
from wco2_engine.inputs.screen import Merge

if TYPE_CHECKING:
    import pandas

Rejected = dict[int, Rejection]  # by the row's position among those that passed

SAME_PLACE_DEGREES = 0.1
SAME_PLACE_KM = 1.0
SAME_FLUX_SHARE = 0.01
SAME_FLUX = 0.05  # g C m-2 month-1
_KEY = ["site", "year", "month", "latitude_key", "longitude_key"]
_JOINT = "; "


def fuller_rows(rows: pandas.DataFrame, cells: pandas.DataFrame) -> Rejected:
    """Rows of a tower and month of which the same table has a fuller one.

    Parameters
    ----------
    rows : those of one table that passed, with `kind`, `row` (of `cells`) and `place` beside the
        columns of observations.
    cells : the table as it was read.
    """
    keyed = _keyed(rows.assign(at=np.arange(len(rows))))
    towers = keyed[keyed["kind"] == "tower"]
    twice = towers[towers.duplicated(_KEY, keep=False)]
    of_them = cells.iloc[twice["row"].to_numpy()]
    missing = np.zeros(len(twice), np.int64)
    for name in cells:
        missing += is_missing(of_them[name])
    twice = twice.assign(n_missing=missing)
    lacks = dict(zip(twice["at"], missing, strict=True))
    best = twice.sort_values(["n_missing", "at"], kind="stable").drop_duplicates(_KEY)
    kept = {tuple(row[:-1]): row[-1] for row in best[[*_KEY, "at"]].itertuples(index=False)}
    found: Rejected = {}
    for row in twice[[*_KEY, "at"]].itertuples(index=False):
        position, winner = int(row[-1]), int(kept[tuple(row[:-1])])
        if position != winner:
            found[position] = Rejection(
                "fuller_row",
                f"{rows['place'].iloc[winner]} is kept: it lacks {lacks[winner]} cells, this "
                f"{lacks[position]}",
            )
    return found


def chambers_at_towers(rows: pandas.DataFrame) -> Rejected:
    """Chambers within 1 km of a tower that has the same month."""
    found: Rejected = {}
    kind = rows["kind"].to_numpy(object)
    for positions in _months(rows):
        towers = positions[kind[positions] == "tower"]
        chambers = positions[kind[positions] == "chamber"]
        if not towers.size or not chambers.size:
            continue
        distance = _distances_km(rows, chambers, towers)
        nearest = distance.argmin(axis=1)
        for k in np.flatnonzero(distance.min(axis=1) <= SAME_PLACE_KM):
            tower = towers[nearest[k]]
            found[int(chambers[k])] = Rejection(
                "tower_there",
                f"the tower {rows['site'].iloc[tower]} is {distance[k, nearest[k]]:.2f} km away "
                "and has this month",
            )
    return found


def repeats_of_others(rows: pandas.DataFrame, names: Sequence[str]) -> tuple[Rejected, int]:
    """Rows whose site and month an earlier table has, and how many it has with another flux.

    Parameters
    ----------
    rows : those of all tables that passed, `table` being the number of each row's.
    names : of the tables.

    Returns
    -------
    The rows to leave out, and the number of site-months that stay beside one of an earlier table
    in the same place and month whose flux is another.
    """
    found: Rejected = {}
    n_other = 0
    table = rows["table"].to_numpy()
    if len(set(table.tolist())) < 2:
        return found, 0
    keyed = _keyed(rows)
    group = keyed.groupby(["table", *_KEY], sort=True).ngroup().to_numpy()
    n = np.bincount(group, rows["n"])
    months = rows.iloc[np.unique(group, return_index=True)[1]].reset_index(drop=True)
    months["flux_g_m2_month"] = np.bincount(group, rows["flux_g_m2_month"] * rows["n"]) / n
    flux, of_table = months["flux_g_m2_month"].to_numpy(), months["table"].to_numpy()
    repeated: dict[int, int] = {}
    for positions in _months(months):
        if len(set(of_table[positions].tolist())) < 2:
            continue
        near = _distances_km(months, positions, positions) <= SAME_PLACE_KM
        for k in np.argsort(of_table[positions], kind="stable"):
            here = positions[k]
            earlier = [
                int(other)
                for other in positions[near[k] & (of_table[positions] < of_table[here])]
                if int(other) not in repeated
            ]
            same = [other for other in earlier if _same_flux(flux[here], flux[other])]
            if same:
                repeated[int(here)] = same[0]
            n_other += bool(earlier) and not same
    for position in np.flatnonzero(np.isin(group, list(repeated))):
        other = repeated[int(group[position])]
        found[int(position)] = Rejection(
            "other_source",
            f"{months['site'].iloc[other]} in {names[of_table[other]]} has this place, month and "
            f"flux ({flux[other]:.4g} g C m-2 month-1)",
        )
    return found, n_other


def _same_flux(a: float, b: float) -> bool:
    return abs(a - b) <= max(SAME_FLUX, SAME_FLUX_SHARE * max(abs(a), abs(b)))


def _months(rows: pandas.DataFrame) -> Iterator[NDArray[np.int64]]:
    """The positions of the rows of each month."""
    month = rows["year"].to_numpy() * 12 + rows["month"].to_numpy()
    order = np.argsort(month, kind="stable")
    starts = np.flatnonzero(np.diff(month[order])) + 1
    yield from (part for part in np.split(order, starts) if part.size)


def _distances_km(
    rows: pandas.DataFrame, a: NDArray[np.int64], b: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Great-circle distances, `(len(a), len(b))`."""
    degrees = rows[["latitude", "longitude"]].to_numpy(np.float64)
    (p, x), (q, y) = np.radians(degrees[a]).T, np.radians(degrees[b]).T
    half = (
        np.sin((q - p[:, None]) / 2) ** 2
        + np.cos(p)[:, None] * np.cos(q) * np.sin((y - x[:, None]) / 2) ** 2
    )
    distances: NDArray[np.float64] = (
        2 * EARTH_RADIUS_M / 1000 * np.arcsin(np.sqrt(np.minimum(half, 1)))
    )
    return distances


def _keyed(rows: pandas.DataFrame) -> pandas.DataFrame:
    return rows.assign(
        longitude_key=_hundredths(rows["longitude"]),
        latitude_key=_hundredths(rows["latitude"]),
    )


def merged(kept: pandas.DataFrame, merge: Merge) -> pandas.DataFrame:
    """One row a site, year, month and place; see the module's first lines."""
    kept = _keyed(kept.assign(site=_names_of_places(kept)))
    groups = kept.groupby(_KEY, sort=True)
    merged = groups.first()  # and the rows of `merged` are in the order of `ngroup`
    group = groups.ngroup().to_numpy()
    n = np.bincount(group, kept["n"])
    for name in ("longitude", "latitude", "flux_g_m2_month"):
        # Summed as distances from the group's first value: the mean of equal values is that value.
        start = merged[name].to_numpy()
        distance = (kept[name].to_numpy() - start[group]) * kept["n"].to_numpy()
        merged[name] = start + np.bincount(group, distance) / n
    if merge == "median":
        merged["flux_g_m2_month"] = groups["flux_g_m2_month"].median()
    merged["n"] = n.astype(np.int64)
    for name in ("method", "source", "target"):
        found: list[set[str]] = [set() for _ in range(len(merged))]
        for k, text in zip(group, kept[name], strict=True):
            found[k].update(part for part in text.split(_JOINT) if part)
        merged[name] = [_JOINT.join(sorted(parts)) for parts in found]
    return merged.reset_index()[list(COLUMNS)]


def _hundredths(degrees: pandas.Series) -> list[int]:
    return [round(value * 100) for value in degrees.tolist()]


def _names_of_places(kept: pandas.DataFrame) -> list[str]:
    """The site of each row; with its place where the name is used for several far apart."""
    at = list(zip(_hundredths(kept["latitude"]), _hundredths(kept["longitude"]), strict=True))
    positions: dict[str, set[tuple[int, int]]] = {}
    for site, position in zip(kept["site"], at, strict=True):
        positions.setdefault(site, set()).add(position)
    names: dict[tuple[str, tuple[int, int]], str] = {}
    for site, found in positions.items():
        anchors: dict[tuple[int, int], tuple[int, int]] = {}
        for position in sorted(found):
            near = (a for a in anchors.values() if _is_near(a, position))
            anchors[position] = next(near, position)
        several = len(set(anchors.values())) > 1
        for position, anchor in anchors.items():
            names[site, position] = f"{site} @{_place(*anchor)}" if several else site
    return [names[site, position] for site, position in zip(kept["site"], at, strict=True)]


def _is_near(a: tuple[int, int], b: tuple[int, int]) -> bool:
    east = abs(a[1] - b[1])
    return max(abs(a[0] - b[0]), min(east, 36000 - east)) <= 100 * SAME_PLACE_DEGREES


def _place(latitude: int, longitude: int) -> str:
    """ "42.40N 141.40E" of hundredths of degrees."""
    north, east = "NS"[latitude < 0], "EW"[longitude < 0]
    return f"{abs(latitude) / 100:.2f}{north} {abs(longitude) / 100:.2f}{east}"
