"""The stylised north of the simulated world: coasts, ice, the plateau and mountains.

All outlines were drawn by hand from rough coordinates. They are recognisable, and no more than
that: never use them as a map of the Earth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wco2_engine.grid import GEOGRAPHIC
from wco2_engine.inputs.areas import Polygons, Ring

Array = NDArray[np.float64]

# Longitude, latitude in degrees; a ring may run beyond 180 E, and needs no closing point.
# fmt: off
EURASIA: Ring = (
    (-5.5, 36.2), (-9, 37), (-9.3, 43), (-1.6, 43.5), (-1.2, 46), (-4.6, 48.4), (-1.5, 49.3),
    (2, 51), (4.5, 53), (8.5, 54), (8.2, 57), (10.5, 57.5), (10.6, 54.5), (14, 54), (19, 54.5),
    (21, 57), (24, 57.3), (23.5, 59.2), (29.5, 60), (22.5, 60.2), (21.3, 62.5), (25, 65),
    (22, 65.7), (17.5, 62), (18.5, 60), (16.5, 57), (14, 55.5), (12.5, 56), (11, 59), (7, 58),
    (5, 60), (5.5, 62), (10, 64), (13, 67), (18, 69.5), (25.5, 71), (31, 70), (41, 67.2),
    (40, 66.2), (33, 66.7), (35, 64.2), (40, 64.7), (44, 66), (44, 68.3), (54, 68.5), (60, 69.7),
    (66, 69), (68.5, 68.3), (67, 69.5), (69, 72.8), (73, 72.5), (73.5, 68.5), (75, 72), (81, 73.5),
    (87, 75), (98, 76.2), (104, 77.7), (113, 76), (110, 73.8), (127, 73), (130, 71), (140, 72.5),
    (150, 71.5), (160, 69.8), (170, 69.8), (180, 69), (190, 66.2), (181, 64.8), (177.5, 62.5),
    (170, 60), (163, 59.5), (162.5, 56), (157, 51), (156, 57), (163, 61.5), (155, 59.5),
    (143, 59.3), (135.5, 54.7), (141, 53), (140, 48), (135, 43.5), (130, 42.5), (127.5, 39.5),
    (129.3, 36), (126.5, 34.5), (125.5, 38), (121.5, 39.5), (118, 39), (122, 37), (119, 35),
    (121.8, 31), (120, 27), (117, 23), (108, 21), (106, 18), (72, 18), (68, 23.5), (66.5, 25),
    (57, 25.5), (56.5, 27), (51, 28), (48, 30), (50, 26.5), (52, 24), (56, 24), (59, 22), (55, 18),
    (43, 18), (35, 28), (34.3, 31.2), (36, 36), (30.5, 36.5), (27, 37), (26.5, 40), (29, 41),
    (35, 42), (41.5, 41.5), (37, 45), (33, 46), (30.5, 46.3), (28, 43.5), (28, 41), (23.5, 40),
    (23, 36.5), (19.5, 41), (13.5, 45.5), (18, 40), (16, 38), (12, 42), (9, 44.3), (3.2, 43),
    (0, 39), (-2, 36.8),
)
AFRICA: Ring = (
    (-17, 18), (-16, 24), (-10, 30), (-6, 35.5), (0, 36), (10, 37), (11, 33.5), (20, 31),
    (25, 32), (32, 31), (34.5, 28), (37, 18),
)
NORTH_AMERICA: Ring = (
    (-168, 65.7), (-162, 66.3), (-163.5, 67.7), (-166.5, 68.4), (-161, 70.3), (-156.5, 71.3),
    (-145, 70), (-135, 69), (-128, 70.2), (-115, 68.5), (-108, 68), (-97, 68), (-94, 71.8),
    (-91.5, 69.7), (-86, 67.5), (-82, 69.5), (-81.5, 68.5), (-86.5, 66.3), (-88, 64), (-94.5, 60),
    (-92.5, 57), (-83, 55.2), (-80, 51.3), (-78.8, 54.5), (-77, 57), (-78, 62.4), (-70, 61),
    (-69.5, 59), (-65, 60), (-61.5, 57), (-56, 52), (-65, 50), (-70, 47.3), (-64.5, 48.9),
    (-64.5, 46.3), (-60, 46), (-65.8, 43.5), (-67, 45), (-70.5, 43), (-70.3, 41.7), (-74, 40.5),
    (-76, 36.5), (-81, 31.5), (-80.2, 25.5), (-82.6, 28.5), (-84.5, 30), (-90, 29.3), (-97, 27.5),
    (-97.5, 21), (-105.5, 20), (-109.5, 25.5), (-113.5, 31), (-110, 23), (-115, 29), (-117.5, 33),
    (-121.5, 35.5), (-124.3, 40), (-124, 47), (-128, 51), (-131, 55), (-138, 59), (-147, 61),
    (-153, 59.3), (-163, 55), (-157.5, 58.5), (-162, 59.8), (-165.5, 61.5), (-164, 63.3),
    (-161, 64.5), (-166.5, 64.6),
)
GREENLAND: Ring = (
    (-73, 78.3), (-60, 82), (-32, 83.6), (-20, 81.5), (-18, 77), (-22, 72), (-26, 70), (-38, 66),
    (-43, 60), (-48.5, 61), (-53.5, 66), (-51, 69.5), (-58, 75.5), (-68, 76),
)
ISLANDS: tuple[Ring, ...] = (
    ((-5.5, 50), (1.3, 51.2), (0, 53.5), (-2, 56), (-3, 58.6), (-5.5, 58), (-4, 54), (-4.5, 52)),
    ((-10, 52), (-6, 52.3), (-6, 55), (-9.5, 54.3)),
    ((-24, 65.5), (-22, 64), (-18.5, 63.4), (-13.7, 64.8), (-15, 66.3), (-22.5, 66.3)),
    ((11, 79.2), (15, 76.7), (21, 78.5), (27, 80), (18, 80.3)),
    ((51.5, 71.5), (56, 70.5), (58, 73.3), (69, 76.5), (65, 77.1), (55, 75)),
    ((48, 80.2), (60, 80.1), (62, 81), (52, 81.3)),
    ((94, 79.3), (103, 78.2), (104.5, 79.5), (95, 81)),
    ((138, 74.9), (150, 74.8), (149, 75.7), (140, 76.1)),
    ((178.3, 70.9), (182.8, 70.8), (181.5, 71.7), (179, 71.6)),
    ((142, 46), (144.5, 49), (143.5, 54), (141.8, 54), (142, 50)),
    ((139.8, 41.7), (145.5, 43.3), (142, 45.5)),
    ((130, 33), (131, 31.3), (136, 33.7), (140.8, 35.5), (142, 39.5), (140.5, 41.3), (138, 37),
     (132, 35.2)),
    ((-66, 62.2), (-72, 63.2), (-78, 64.7), (-73, 66), (-73, 68.3), (-79, 70), (-89.5, 71),
     (-89, 73.5), (-81, 73.6), (-76, 72.6), (-68, 70), (-61.5, 66.8), (-66, 64.5)),
    ((-117, 70), (-113, 68.9), (-103, 69), (-102, 70.5), (-105.5, 73), (-117.5, 73)),
    ((-125, 72), (-121.5, 71.3), (-118.5, 73.5), (-124, 74.4)),
    ((-90, 76.7), (-79, 76.3), (-75, 79), (-62, 82.5), (-71, 83.1), (-90, 81.5), (-87, 79)),
    ((-96, 76.3), (-80, 75.6), (-80, 74.5), (-92, 74.6)),
    ((-117, 75.4), (-106, 74.9), (-106, 76.2), (-116, 76.5)),
    ((-101.5, 72), (-96.5, 71.6), (-91, 72.6), (-91.5, 74), (-101, 73.7)),
    ((-87, 64), (-81, 63.5), (-84.5, 66)),
    ((-59, 47.6), (-53, 46.6), (-53.3, 49.3), (-56, 51.6)),
)
CASPIAN: Ring = (
    (47, 45), (51, 47), (53, 45), (50.5, 44.3), (53, 41), (54, 37.2), (49, 37.5), (49.7, 40.5),
    (47.5, 43),
)
ICE: tuple[Ring, ...] = (
    ((-66, 78), (-57, 81), (-32, 82.3), (-24, 80), (-23, 76), (-27, 71.5), (-38, 67.2),
     (-43.5, 61.3), (-47, 61.8), (-49.5, 66), (-48, 70), (-54, 75), (-62, 76.7)),
    ((-82, 79.5), (-77, 79.2), (-68, 82.2), (-75, 82.4)),
)

# The plateau's edges as latitude over longitude, and the polygon that they enclose. No vertex or
# meridian lies on a multiple of a quarter degree, so no cell centre can fall onto the outline.
PLATEAU_LONGITUDE = (73.6, 78.1, 84.1, 90.1, 97.1, 101.1, 104.6)
PLATEAU_SOUTH = (35.6, 31.4, 28.3, 27.6, 27.9, 29.1, 31.9)
PLATEAU_NORTH = (39.1, 36.6, 36.4, 38.2, 39.6, 38.9, 35.9)
PLATEAU: Ring = (
    *zip(PLATEAU_LONGITUDE, PLATEAU_SOUTH, strict=True),
    *zip(PLATEAU_LONGITUDE[::-1], PLATEAU_NORTH[::-1], strict=True),
)

# A ridge from one point to another: lon, lat, lon, lat, half width in degrees of arc, height in m.
RIDGES = (
    (-152, 63, -130, 60, 1.6, 1500), (-130, 58, -116, 48, 1.8, 1300),
    (-114, 46, -106, 35, 3.6, 1600), (-160, 68.2, -142, 68.8, 1.2, 1000),
    (-119, 41, -105, 25, 2.6, 900), (-80, 72, -65, 66, 1.5, 700),
    (-85, 80.5, -72, 82, 1.5, 1100), (-71, 55, -63, 58, 2.0, 450),
    (7, 60.5, 19, 68.5, 1.4, 1000), (6.5, 45.5, 15, 47, 1.3, 1800), (40, 43.5, 48, 41.5, 1.2, 2200),
    (58, 53, 61, 60, 1.2, 500), (60, 61, 66, 68, 1.0, 700), (31, 39, 44, 39, 2.2, 1400),
    (46, 36, 66, 33, 3.4, 1400), (66, 36, 74, 39, 1.8, 3000), (71, 42, 90, 43.3, 1.7, 2700),
    (85, 49.5, 99, 51, 2.4, 1900), (96, 46.5, 112, 48, 3.0, 1200), (107, 53, 136, 55.5, 2.4, 950),
    (92, 69, 106, 65, 3.5, 550), (127, 70, 137, 62, 1.5, 1100), (139, 68, 152, 62, 2.2, 1200),
    (155, 64, 176, 67, 2.2, 750), (158, 53.5, 162, 57.5, 1.0, 1100), (103, 28, 101, 25, 2.2, 1900),
    (-8, 31.5, 4, 35, 1.3, 1200),
)
# fmt: on


def inside(rings: tuple[Ring, ...], longitude: Array, latitude: Array) -> NDArray[np.bool_]:
    """Whether each point `(n,)` lies in any of the rings; either longitude convention will do."""
    found = np.zeros(longitude.shape, bool)
    for ring in rings:
        south, north = min(y for _, y in ring), max(y for _, y in ring)
        near = np.flatnonzero((latitude >= south) & (latitude <= north))
        found[near] |= Polygons(GEOGRAPHIC, (ring,)).contains(longitude[near], latitude[near])
    return found


def is_land(longitude: Array, latitude: Array) -> NDArray[np.bool_]:
    """Whether each point `(n,)` is land; the Caspian is sea."""
    land = inside((EURASIA, AFRICA, NORTH_AMERICA, GREENLAND, *ISLANDS), longitude, latitude)
    return land & ~inside((CASPIAN,), longitude, latitude)


def plateau_height(longitude: Array, latitude: Array) -> Array:
    """Height of the plateau alone in m, `(n,)`: flat on top, steep at its edges."""
    x = longitude % 360.0
    south = latitude - np.interp(x, PLATEAU_LONGITUDE, PLATEAU_SOUTH)
    north = np.interp(x, PLATEAU_LONGITUDE, PLATEAU_NORTH) - latitude
    ends = _step((x - 73.6) / 0.5) * _step((104.6 - x) / 0.7)
    eastward_fall = np.interp(x, (92.0, 104.6), (1.0, 0.72))
    return 4800.0 * eastward_fall * ends * _step(south / 0.35) * _step(north / 0.35)


def mountain_height(longitude: Array, latitude: Array) -> Array:
    """Height of the ridges and of the ice domes in m, `(n,)`, the plateau left out."""
    height = np.zeros(longitude.shape)
    for lon0, lat0, lon1, lat1, width, top in RIDGES:
        squeeze = np.cos(np.radians((lat0 + lat1) / 2))
        dx, dy = (lon1 - lon0) * squeeze, lat1 - lat0
        x = wrapped(longitude - lon0) * squeeze
        y = latitude - lat0
        along = np.clip((x * dx + y * dy) / (dx**2 + dy**2), 0.0, 1.0)
        squared = (x - along * dx) ** 2 + (y - along * dy) ** 2
        height += top * np.exp(-squared / (2 * width**2))
    for lon, lat, top, lon_width, lat_width in ((-40, 73, 3000, 16, 6.5), (-44, 65, 1700, 7, 3.5)):
        x, y = wrapped(longitude - lon) / lon_width, (latitude - lat) / lat_width
        height = np.maximum(height, top * np.exp(-((x**2 + y**2) ** 1.5)))
    return height


def bump(
    longitude: Array, latitude: Array, centre: tuple[float, float], size: tuple[float, float]
) -> Array:
    """A smooth bump of height 1 about `centre` (lon, lat), `size` degrees wide to either side."""
    x, y = wrapped(longitude - centre[0]) / size[0], (latitude - centre[1]) / size[1]
    return np.exp(-(x**2 + y**2) / 2)


def wrapped(degrees: Array) -> Array:
    """A difference of longitudes brought to -180..180."""
    return (degrees + 180.0) % 360.0 - 180.0


def _step(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(np.clip(-4.0 * x, -50.0, 50.0)))
