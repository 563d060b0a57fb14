"""The job that adds maps up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.files import check_ending, file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import PAGE, Facts, files, page_path, record_of
from wco2_engine.options import ZONES
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class BudgetJob:
    """Totals and means of winters, of all cells, by region and by zone.

    `maps` is a folder of yearly maps, ours or anybody's; `crs` and `units` say what they do not.
    `zones` has `path`, and `name_field` for polygons or `names` (by pixel value) for a raster;
    `regions` is a model or a TOML file. A summary, a figure and, for polygons, a GeoPackage are
    written beside the output.
    """

    verb: ClassVar[str] = "budget"
    maps: str = option("Folder of yearly maps.", path="read", argument="DIR")
    output: str = option("budget.csv to write.", path="written")
    zones: dict[str, Any] | None = option("Zones to add up by too.", None, table=ZONES)
    fraction: str | None = option(
        "Raster of the share of ground that counts, 0 to 1.", None, path="read"
    )
    regions: str | None = option(
        "Model or TOML file, whose regions are added up each by itself.", None, path="read"
    )
    level: float = option("Of intervals, from members' maps.", 0.9, above=0.0, below=1.0)
    crs: str | None = option("CRS of maps that state none, e.g. EPSG:4326.", None)
    units: str | None = option("Unit of maps that state none, e.g. 'g C m-2'.", None)
    page: str | None = option(PAGE, None, path="written")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.analysis.budget import budget, write_budget, write_zones
        from wco2_engine.analysis.polygons import PolygonZoning
        from wco2_engine.analysis.series import MapSeries, quantity_of_totals
        from wco2_engine.analysis.zoning import (
            cell_fraction,
            region_zoning,
            zoning_of,
        )
        from wco2_engine.progress import SubProgress
        from wco2_engine.report.figures import draw_totals, save_figure

        path = Path(self.output)
        check_ending(self.output, ".csv")
        page = page_path(self.page)
        beside = path.with_suffix(".gpkg")  # the polygons, which may be named as the zones are
        refuse_overwriting_inputs(
            [self.output, *([str(beside)] if self.zones else []), *files(self.page)], self._inputs()
        )
        quantity = quantity_of_totals(self.maps)
        series = MapSeries.read(Path(self.maps), quantity, crs=self.crs, units=self.units)
        if series.added_up:
            progress.note(series.added_up)
        grid = series.grid
        regions = region_zoning(self.regions, series.record, grid)
        zones = zoning_of(self.zones, grid) if self.zones else None
        fraction = cell_fraction(self.fraction, grid) if self.fraction else None
        zonings = [zoning for zoning in (regions, zones) if zoning is not None]
        found = budget(series, zonings, fraction, self.level, SubProgress(progress, 0.0, 0.9))
        summary = found.summary()
        written = [path, write_budget(found, summary, path)]
        if isinstance(zones, PolygonZoning):
            written.append(path.with_suffix(".gpkg"))
            write_zones(zones.frame, summary, written[-1])
        words = "Winter CO2 release"
        words += f", band: {self.level:.0%} interval" if found.of_members is not None else ""
        words += " (simulated)" if series.simulated else ""
        figure = draw_totals(found.rows(), summary, words)
        written += save_figure(figure, path.with_suffix(""), words)
        facts: Facts = {
            "winters": list(series.years),
            "level": self.level if found.of_members is not None else None,
            "summary": summary,
            "notes": found.notes(),
            "simulated": series.simulated,
        }
        if page is not None:
            from wco2_engine.report.pages.budget import write_budget_page

            written += write_budget_page(page, facts, figure, SubProgress(progress, 0.95, 1.0))
        progress.update(1.0, "Totals are ready")
        return {"outputs": [str(file) for file in written], **facts}

    def depends_on(self) -> list[str]:
        return [file_state(path) for path in (record_of(self.maps), *self._inputs())]

    def _inputs(self) -> list[str]:
        zones = (self.zones or {}).get("path")
        return [path for path in (zones, self.fraction, self.regions) if isinstance(path, str)]
