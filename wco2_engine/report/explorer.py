"""The data of an interactive map: cells, values of winters, shores and sites, in few bytes."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.mapping.plan import APPLICABILITY, LOWER, UPPER, WINTER_FLUX
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.report.atlas import Places, Setting
from wco2_engine.report.coast import shapes_in
from wco2_engine.report.drawing import WINTER_LABEL
from wco2_engine.report.insets import with_room
from wco2_engine.report.mapped import MONTHS_OUTSIDE
from wco2_engine.report.ramps import FLUX, WIDTH, Ramp
from wco2_engine.report.sheets import Sheet
from wco2_engine.report.views import View, views_of

FloatArray = NDArray[np.float64]
WIDE, A_MM = 150.0, 6  # mm that the map is laid out for, and pixels each
LEAST_A_MM = 2
MOST_VALUES = 2_000_000  # in the page, which is to be light enough for a mail
MOST_READ = 60_000_000  # cells of maps that are read for it
STEPS = 4000  # that a quantity's values are told in
LEAST = {"land": 4, "lakes": 10}  # pixels of an island or a lake
GRAIN = 1.2  # pixels, finer than which shores are not drawn


@dataclass(frozen=True, eq=False)
class Plate:
    """A view as pixels of the map.

    Attributes
    ----------
    place : left, upper edge and width in the map, pixels.
    cells : `(height, width)`, the raster's cell that each pixel lies in; -1 for none.
    """

    view: View
    place: tuple[int, int, int]
    cells: NDArray[np.int64]


def explorer_data(
    record: PredictionRecord,
    setting: Setting,
    sites: Sequence[Mapping[str, Any]],
    now_and_then: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """All that the map needs, as JSON.

    Parameters
    ----------
    sites : with `longitude` and `latitude`, and what is told of each.
    now_and_then : is called during long work; may raise to stop.

    Raises
    ------
    Wco2Error : when maps can't be read.
    """
    maps = record.by_year(WINTER_FLUX)
    first = Sheet.read(next(iter(maps.values())))
    bounds = {end: record.by_year(WINTER_FLUX + end) for end in (LOWER, UPPER)}
    reach = record.by_year(APPLICABILITY)
    of_each = 1 + 2 * (set(maps) <= set(bounds[LOWER]) & set(bounds[UPPER]))
    has_reach = set(maps) <= set(reach)
    cost = first.values.size * (of_each + has_reach)
    years = evenly(list(maps), max(2, MOST_READ // max(cost, 1)))
    plates = _plates(first, len(years) * (1 + (of_each > 1)))
    shown = np.unique(np.concatenate([plate.cells.ravel() for plate in plates]))
    shown = shown[shown >= 0]

    def values(paths: Mapping[int, Path], band: int = 1) -> FloatArray:
        found = np.full((len(years), len(shown)), np.nan)
        for k, year in enumerate(years):
            now_and_then()
            found[k] = Sheet.read(paths[year], band).values.ravel()[shown]
        return found

    flux = values(maps)
    has = np.isfinite(flux).any(axis=0)
    quantities = [_quantity("winter CO₂ flux", WINTER_LABEL, flux[:, has], FLUX)]
    if of_each > 1:
        wide = (values(bounds[UPPER]) - values(bounds[LOWER]))[:, has]
        level = "interval" if record.level is None else f"{100 * record.level:g} % interval"
        quantities.append(_quantity(f"width of the {level}", WINTER_LABEL, wide, WIDTH))
    outside = values(reach, MONTHS_OUTSIDE)[:, has] if has_reach else None
    return {
        "years": years,
        "left_out": len(maps) - len(years),
        "plates": [_plate(plate, shown[has]) for plate in plates],
        "inset": setting.name_of(_southern(plates)) if len(plates) > 1 else "",
        "quantities": quantities,
        "outside": None
        if outside is None
        else packed(np.where(np.isfinite(outside), outside + 1, 0).astype(np.uint16)),
        "sites": list(_placed(sites, plates)),
    }


def evenly(years: Sequence[int], most: int) -> list[int]:
    """The first and the last of some years, and so many between them."""
    if len(years) <= most:
        return list(years)
    chosen = np.unique(np.linspace(0, len(years) - 1, most).round().astype(int))
    return [years[k] for k in chosen]


def packed(values: NDArray[np.uint16]) -> str:
    """Values `(n_years, n)` as text: each year less the one before, low bytes, then high ones."""
    apart = values.copy()
    apart[1:] -= values[:-1]  # modulo 65536
    return _text((apart & 255).astype(np.uint8).tobytes() + (apart >> 8).astype(np.uint8).tobytes())


def _text(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def _quantity(name: str, units: str, values: FloatArray, colors: str) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    step = (high - low) / STEPS or 1.0
    counted = np.where(np.isfinite(values), np.rint((values - low) / step) + 1, 0)
    ramp = Ramp.of(known, colors, name)
    return {
        "name": name,
        "units": units,
        "low": low,
        "step": step,
        "breaks": list(ramp.breaks),
        "colors": ramp.hex_colors,
        "below": ramp.below,
        "above": ramp.above,
        "values": packed(counted.astype(np.uint16)),
    }


def _plates(sheet: Sheet, layers: int) -> list[Plate]:
    """The views in as many pixels as the page can hold values for."""
    places = sheet.places
    view, apart = views_of(*places)
    inset = None
    if apart is not None:
        view, inset = with_room(view, apart, places, WIDE, has_title=True)
    cells = sheet.of(np.arange(sheet.values.size, dtype=np.float64).reshape(sheet.values.shape))
    for a_mm in range(A_MM, LEAST_A_MM - 1, -1):
        plates = [_on(view, (0.0, 0.0, WIDE), cells, a_mm)]
        if inset is not None:
            plates.append(_on(inset.view, inset.map[:3], cells, a_mm))
        seen = np.unique(np.concatenate([plate.cells.ravel() for plate in plates]))
        seen = seen[seen >= 0]
        if np.isfinite(sheet.values.ravel()[seen]).sum() * layers <= MOST_VALUES:
            break
    return plates


def _on(view: View, place: tuple[float, float, float], cells: Sheet, a_mm: int) -> Plate:
    left, upper, wide = (round(side * a_mm) for side in place)
    seen = cells.on(view, wide)
    return Plate(view, (left, upper, wide), np.where(np.isfinite(seen), seen, -1).astype(np.int64))


def _plate(plate: Plate, known: NDArray[np.int64]) -> dict[str, Any]:
    """A plate as JSON; its pixels name cells by their place among those with a value."""
    at = np.clip(np.searchsorted(known, plate.cells), 0, max(len(known) - 1, 0))
    hit = known[at] == plate.cells if len(known) else np.zeros(plate.cells.shape, bool)
    named = np.where(hit, at, -1).astype(np.int32).ravel()
    steps = np.diff(named, prepend=np.int32(0)).astype("<i4")
    planes = steps.view(np.uint8).reshape(-1, 4).T
    left, upper, wide = plate.place
    view = plate.view
    return {
        "left": left,
        "upper": upper,
        "width": wide,
        "height": plate.cells.shape[0],
        "longitude": view.longitude,
        "latitude": view.latitude,
        "frame": list(view.frame),
        "cells": _text(planes.tobytes()),
        **{kind: _lines(plate, kind) for kind in ("land", "lakes")},
    }


def _lines(plate: Plate, kind: Any) -> list[list[int]]:
    """Shores in pixels of the plate, ten to a pixel."""
    view, (_, _, wide) = plate.view, plate.place
    pixel = view.width / wide
    shapes, _ = shapes_in(view, kind, GRAIN * pixel, LEAST[kind] * pixel)
    found = []
    for shape in shapes:
        x, y = _pixels(plate, *shape.vertices.T)
        found.append(np.rint(10 * np.column_stack([x, y])).astype(int).ravel().tolist())
    return found


def _pixels(plate: Plate, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Places in the view as pixels of the plate."""
    west, _, _, north = plate.view.frame
    size = plate.place[2] / plate.view.width
    return (x - west) * size, (north - y) * size


def _placed(
    sites: Sequence[Mapping[str, Any]], plates: Sequence[Plate]
) -> Iterator[dict[str, Any]]:
    """The sites that lie in a plate, with their pixel in the map."""
    for site in sites:
        at = np.array([site["longitude"]]), np.array([site["latitude"]])
        for plate in reversed(plates):  # an inset lies above the map
            x, y = plate.view.place(*at)
            if plate.view.holds(x, y)[0]:
                px, py = _pixels(plate, x, y)
                left, upper, _ = plate.place
                yield {
                    **{k: (round(v, 4) if isinstance(v, float) else v) for k, v in site.items()},
                    "x": round(left + float(px[0]), 1),
                    "y": round(upper + float(py[0]), 1),
                }
                break


def _southern(plates: Sequence[Plate]) -> Places:
    """The middle of the inset."""
    view = plates[-1].view
    return np.array([view.longitude]), np.array([view.latitude])
