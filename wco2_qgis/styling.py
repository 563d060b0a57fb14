"""How winter maps look: one ramp and the same class breaks for all of a run, units, time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from osgeo import gdal
from qgis.core import QgsMapLayer, QgsProcessingContext, QgsProject
from qgis.PyQt.QtGui import QColor

from wco2_qgis.compat import show_in_time, step_by_winter
from wco2_qgis.i18n import tr
from wco2_qgis.loading import Group, Loaded, load
from wco2_qgis.ramps import VIRIDIS, by_breaks, by_classes, class_breaks, pretty

FLUX, LOWER, UPPER = "winter_flux", "winter_flux_lower", "winter_flux_upper"
MEMBERS, APPLICABILITY = "winter_flux_members", "applicability"
_MONTHS_OUTSIDE = 2  # the band


@dataclass(frozen=True)
class MapFile:
    """What a map says of itself."""

    path: Path
    units: str
    first: date
    last: date
    low: float
    high: float
    time: str
    level: str
    simulated: bool

    @classmethod
    def read(cls, path: Path) -> MapFile:
        """From its tags; the range is that of most cells, not of a few extreme ones."""
        file = gdal.Open(str(path))
        band = file.GetRasterBand(1)
        tags = file.GetMetadata()
        low, high = most_values(band)
        return cls(
            path=path,
            units=pretty(band.GetUnitType()),
            first=date.fromisoformat(tags["WCO2_VALID_FROM"]),
            last=date.fromisoformat(tags["WCO2_VALID_TO"]),
            low=low,
            high=high,
            time=tags["WCO2_TIME"],
            level=tags.get("WCO2_INTERVAL_LEVEL", ""),
            simulated=tags.get("SIMULATED") == "yes",
        )

    @property
    def winter(self) -> str:
        return f"{self.time}{tr(' (simulated)') if self.simulated else ''}"


def most_values(band: gdal.Band) -> tuple[float, float]:
    """The range of most values of a band, by the statistics that its file states."""
    stated = band.GetMetadata()
    low, high, mean, deviation = (
        float(stated.get(f"STATISTICS_{name}", 0.0))
        for name in ("MINIMUM", "MAXIMUM", "MEAN", "STDDEV")
    )
    return max(low, mean - 2.5 * deviation), min(high, mean + 2.5 * deviation)


def by_quantity(paths: Sequence[str]) -> Mapping[str, list[str]]:
    """Maps by the folder that they lie in, which is called as what they show."""
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(Path(path).parent.name, []).append(path)
    return found


def show_maps(paths: Sequence[str], context: QgsProcessingContext) -> None:
    """Have the winters of a run loaded when the algorithm is done.

    Estimates lie above their bounds, and these above the applicability; only the estimates are
    switched on. The winters of a quantity share their classes, and each quantity has its own:
    bounds reach so far that the fluxes would be nearly one colour in the classes of both.
    """
    if context.project() is None:
        return
    files = {
        quantity: sorted((MapFile.read(Path(path)) for path in some), key=lambda m: m.first)
        for quantity, some in by_quantity(paths).items()
        if quantity in (FLUX, LOWER, UPPER, APPLICABILITY)
    }
    if FLUX not in files:
        return
    units = files[FLUX][0].units
    for quantity, maps in files.items():
        breaks = class_breaks(min(m.low for m in maps), max(m.high for m in maps))
        for number, each in enumerate(maps):
            words = f"{each.level} " if each.level else ""
            name, group = {
                FLUX: (
                    tr("Winter {}").format(each.winter),
                    Group(tr("Winter CO2 flux ({})").format(units), 3),
                ),
                UPPER: (
                    tr("Upper bound of {}{}").format(words, each.winter),
                    Group(tr("Upper bounds ({})").format(units), 2, False),
                ),
                LOWER: (
                    tr("Lower bound of {}{}").format(words, each.winter),
                    Group(tr("Lower bounds ({})").format(units), 1, False),
                ),
                APPLICABILITY: (
                    tr("Applicability {}").format(each.winter),
                    Group(tr("Applicability of the model"), 0, False),
                ),
            }[quantity]
            style = _applicability(each) if quantity == APPLICABILITY else _flux(each, breaks)
            is_last = number == len(maps) - 1
            load(Loaded(str(each.path), name, style, group=group, is_expanded=is_last), context)


def _flux(map_: MapFile, breaks: list[float]) -> Callable[[QgsMapLayer, QgsProject], None]:
    def style(layer: QgsMapLayer, project: QgsProject) -> None:
        layer.setRenderer(by_breaks(layer, breaks, VIRIDIS, map_.units))
        show_in_time(layer, map_.first, map_.last)
        step_by_winter(project, map_.first, map_.last)

    return style


def _applicability(map_: MapFile) -> Callable[[QgsMapLayer, QgsProject], None]:
    def style(layer: QgsMapLayer, project: QgsProject) -> None:
        tops, shades, names = zip(*_outside())
        colours = [QColor(shade) for shade in shades]
        layer.setRenderer(by_classes(layer, _MONTHS_OUTSIDE, tops, colours, names, 0.0, 12.0))
        show_in_time(layer, map_.first, map_.last)

    return style


def _outside() -> tuple[tuple[float, str, str], ...]:
    """Classes of months outside: up to so many, colour and name of the class."""
    return (
        (0.5, "#d9e8e0", tr("inside in all months")),
        (2.5, "#f6d55c", tr("1 to 2 months outside")),
        (4.5, "#ed8b34", tr("3 to 4 months outside")),
        (math.inf, "#a62b1f", tr("5 or more months outside")),
    )
