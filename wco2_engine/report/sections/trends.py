"""Section: trends of winters, where the map of `wco2 trend` lies beside the report or the maps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.analysis.budget import read_summary
from wco2_engine.analysis.ground import cell_areas
from wco2_engine.analysis.tables import read_rows
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, crs_text
from wco2_engine.inputs.opening import open_raster
from wco2_engine.progress import Progress
from wco2_engine.report.atlas import MAPPED
from wco2_engine.report.context import ReportContext
from wco2_engine.report.mapped import SIGNIFICANT, SLOPE, draw_trend
from wco2_engine.report.page import PageTable, Picture, Section, count, ranged, value, zone

P = 2  # a band of the map, beside those that are drawn
ROWS = 256  # of the map at a time, so that memory does not grow with it
SAME_SLOPE = 1e-3  # relative; tables of totals and of trends round differently
# Of a table of trends by zone, and what they are called here.
TREND = {
    "slope": "slope_tg_a",
    "p": "slope_p",
    "slope_mean": "slope_mean_g_m2_a",
    "p_mean": "slope_mean_p",
}


@dataclass(frozen=True)
class TrendFile:
    """What a map of trends says of itself, and shares of the ground that has a trend.

    Attributes
    ----------
    winters : first and last, e.g. "1983-2012".
    rate : of false discoveries.
    model : fingerprint of the model that made the maps; empty where it is not known.
    rising, falling : shares of the ground with a significant slope above and below 0.
    """

    winters: str
    prewhitening: str
    rate: float
    model: str
    rising: float
    falling: float

    @classmethod
    def read(cls, path: Path) -> TrendFile:
        """The facts of a map of `wco2 trend`.

        Raises
        ------
        Wco2Error : when it is no such map.
        """
        from rasterio.errors import RasterioError, RasterioIOError

        try:
            with open_raster(path) as source:
                tags = source.tags()
                if tags.get("WCO2_QUANTITY") != "trend" or source.count < SIGNIFICANT:
                    raise ValueError("it does not say that it holds a trend")
                rate = float(tags["WCO2_FALSE_DISCOVERY_RATE"])
                winters, prewhitening = tags["WCO2_TIME"], tags["WCO2_PREWHITENING"]
                ground = _ground(source)
        except (RasterioError, RasterioIOError, Wco2Error, KeyError, ValueError) as error:
            raise Wco2Error(
                f"{path} can't be read as a map of trends ({error}).",
                "Make it anew with wco2 trend, or move it away.",
            ) from error
        model = tags.get("WCO2_MODEL_FINGERPRINT", "")
        whole = ground[0] or 1.0
        return cls(winters, prewhitening, rate, model, ground[1] / whole, ground[2] / whole)


def _ground(source: Any) -> tuple[float, float, float]:
    """Ground with a trend, with a significant rise and with a significant fall, m2."""
    from rasterio.windows import Window

    a, _, c, _, e, f = tuple(source.transform)[:6]
    grid = Grid.of_pixels(crs_text(source.crs), c, f, a, -e, source.width, source.height)
    sums = np.zeros(3)
    for tile in grid.strips(ROWS):
        window = Window(tile.column, tile.row, tile.width, tile.height)
        slope, p, sure = source.read((SLOPE, P, SIGNIFICANT), window=window, masked=True)
        tested, sure = ~np.ma.getmaskarray(p), sure.filled(0) == 1
        parts = (tested, sure & (slope.filled(0) > 0), sure & (slope.filled(0) < 0))
        sums += [float(cell_areas(grid, tile)[part].sum()) for part in parts]
    return float(sums[0]), float(sums[1]), float(sums[2])


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Slopes on the map and by zone; None without a map of trends newer than the winters' maps."""
    path, maps = context.trend, context.maps
    if path is None or maps is None or not path.is_file():
        return None
    if maps.is_newer_than(path):
        return Section("trends", "Trends", facts={"file": path.name, "is_old": True})
    found = TrendFile.read(path)
    zones = path.with_name(f"{path.stem}_zones.csv")
    rows = read_zones(zones) if zones.is_file() else []
    if context.budget is not None:
        summary = context.budget.with_name(f"{context.budget.stem}_summary.csv")
        rows = with_intervals(rows, summary) if summary.is_file() else rows
    table = PageTable(
        "trends",
        "Theil-Sen slopes of totals and means a winter, and the p of their Mann-Kendall tests. "
        "Intervals are of the members' slopes: where one holds 0, the sites don't tell whether "
        "the flux rose, however small p is.",
        (
            zone(),
            count("winters", "winters"),
            ranged("slope", "Tg C a⁻¹", 3),
            value("p", "p", 3),
            value("slope_mean", "g C m⁻² a⁻¹", 3),
            value("p_mean", "p of the mean", 3),
        ),
        rows,
        most=40,
    )
    return Section(
        "trends",
        "Trends",
        facts={
            "file": path.name,
            "is_old": False,
            "found": found,
            "is_another_model": found.model not in ("", context.model.fingerprint),
            "has_intervals": any(row["slope_low"] is not None for row in rows),
        },
        tables=(table,) if rows else (),
        pictures=(
            Picture(
                "trend",
                f"Theil-Sen slope of the winters {found.winters}; dots: the trend is significant. "
                f"{MAPPED}",
                lambda: draw_trend(path, setting=context.setting),
            ),
        ),
    )


def read_zones(path: Path) -> list[dict[str, Any]]:
    """The rows of a table of trends by zone, without intervals as yet.

    Raises
    ------
    Wco2Error : when it is no such table.
    """
    columns = {"kind": str, "zone": str, "winters": int, **dict.fromkeys(TREND.values(), float)}
    return [
        {
            **{key: row[key] for key in ("kind", "zone", "winters")},
            **{key: row[column] for key, column in TREND.items()},
            "slope_low": None,
            "slope_high": None,
        }
        for row in read_rows(path, columns, "trends by zone", "wco2 trend --budget")
    ]


def with_intervals(rows: list[dict[str, Any]], summary: Path) -> list[dict[str, Any]]:
    """The same rows with the intervals of a budget's summary, where it tells of the same slope.

    Raises
    ------
    Wco2Error : when it is no such table.
    """
    names = ("slope_tg_a", "slope_lower_tg_a", "slope_upper_tg_a")
    told = {
        (row["kind"], row["zone"]): tuple(row[name] for name in names)
        for row in read_summary(summary, *names)
    }
    done = []
    for row in rows:
        slope, low, high = told.get((row["kind"], row["zone"]), (None, None, None))
        ours = row["slope"]
        same = (
            slope is not None and ours is not None and math.isclose(slope, ours, rel_tol=SAME_SLOPE)
        )
        done.append({**row, "slope_low": low, "slope_high": high} if same else row)
    return done
