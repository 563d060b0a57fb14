"""Sites: which rows of a training table stand for one, and what its rows count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import EARTH_RADIUS_M

SAME_SITE_KM = 1.0


def site_groups(
    site: Sequence[str],
    longitude: NDArray[np.float64],
    latitude: NDArray[np.float64],
    distance_km: float = SAME_SITE_KM,
) -> NDArray[np.int32]:
    """Group numbers `(n,)`, counted from 0 by first appearance.

    Rows belong together when they bear the same name, or lie within `distance_km` of each other, or
    are tied by a chain of such pairs. So no fold has one site on both of its sides, though a site
    goes by several names or its coordinates were given with different care.

    Examples
    --------
    >>> import numpy as np
    >>> from wco2_engine import site_groups
    >>> longitude, latitude = np.array([-149.6, -149.6, 27.5]), np.array([68.63, 68.63, 69.1])
    >>> site_groups(["Toolik", "Toolik wet sedge", "Kevo"], longitude, latitude)
    array([0, 0, 1], dtype=int32)
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    names = np.unique(np.asarray(site, dtype=str), return_inverse=True)[1]
    n = len(names)
    if not n:
        return np.zeros(0, np.int32)
    lon, lat = np.radians(longitude), np.radians(latitude)
    points = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    unique, place = np.unique(points.round(12), axis=0, return_inverse=True)
    chord = 2.0 * np.sin(distance_km * 1000.0 / EARTH_RADIUS_M / 2.0)
    near = cKDTree(unique).query_pairs(chord, output_type="ndarray")
    # The vertices are names, then places; a row ties its name to its place.
    first = names.max() + 1
    left = np.concatenate([names, near[:, 0] + first])
    right = np.concatenate([place.reshape(n) + first, near[:, 1] + first])
    size = first + len(unique)
    graph = coo_matrix((np.ones(len(left)), (left, right)), shape=(size, size))
    component = connected_components(graph, directed=False)[1][names]
    order = {label: number for number, label in enumerate(dict.fromkeys(component.tolist()))}
    return np.asarray([order[label] for label in component.tolist()], np.int32)


def site_weights(group: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
    """Sample weights `(n_rows,)` that add up to 1 at each site, so that a long record is no more
    than one.

    In fully grown trees they decide where trees split; a leaf with one row says that row's flux
    whatever its weight.
    """
    _, site, size = np.unique(group, return_inverse=True, return_counts=True)
    return np.asarray(1.0 / size[site.reshape(-1)])
