"""The job that maps trends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.files import check_ending, file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import PAGE, Facts, files, page_path, record_of
from wco2_engine.progress import Progress
from wco2_engine.schema import option


@dataclass(frozen=True)
class TrendJob:
    """The trend of each cell of a series of maps, and of each zone of a budget.

    `alpha` is the rate of false discoveries among significant cells, or half of it where cells go
    together (`correlated`). `budget` is the table of a budget, whose trends by zone are written
    beside the output.
    """

    verb: ClassVar[str] = "trend"
    maps: str = option("Folder of yearly maps.", path="read", argument="DIR")
    output: str = option("trend.tif to write.", path="written")
    alpha: float = option("Rate of false discoveries.", 0.05, above=0.0, below=1.0)
    correlated: bool = option("Take twice alpha, as cells go together.", False)
    prewhitening: str = option(
        "residuals, pw, tfpw or none.",
        "residuals",
        choices=("residuals", "pw", "tfpw", "none"),
    )
    budget: str | None = option(
        "budget.csv, for the trends of its regions and zones.", None, path="read"
    )
    crs: str | None = option("CRS of maps that state none, e.g. EPSG:4326.", None)
    units: str | None = option("Unit of maps that state none, e.g. 'g C m-2'.", None)
    page: str | None = option(PAGE, None, path="written")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.analysis.budget import trends_by_zone
        from wco2_engine.analysis.series import MapSeries, quantity_of_totals
        from wco2_engine.analysis.tables import write_rows
        from wco2_engine.analysis.trend import as_prewhitening, map_trends, write_trends
        from wco2_engine.progress import SubProgress
        from wco2_engine.report.figures import save_figure
        from wco2_engine.report.mapped import draw_trend

        check_ending(self.output, ".tif", ".tiff")
        path = Path(self.output)
        page = page_path(self.page)
        outputs = files(self.output, self.page)
        refuse_overwriting_inputs(outputs, files(self.budget))
        how = as_prewhitening(self.prewhitening)
        by_zone = trends_by_zone(Path(self.budget), how) if self.budget else []
        quantity = quantity_of_totals(self.maps)
        series = MapSeries.read(Path(self.maps), quantity, crs=self.crs, units=self.units)
        if series.added_up:
            progress.note(series.added_up)
        refuse_overwriting_inputs(outputs, map(str, series.maps.values()))
        rate = self.alpha * (2 if self.correlated else 1)
        found = map_trends(series, rate, how, SubProgress(progress, 0.0, 0.9))
        write_trends(path, series, found, how)
        words = f"Trend of winter CO2 release, {series.years[0]}-{series.years[-1]}"
        words += " (simulated)" if series.simulated else ""
        words += "" if series.is_of_means else ", sums of monthly medians or trimmed means"
        words += f". False discoveries are kept at {found.rate:.0%}"
        figure = draw_trend(path, words)
        written = [path, *save_figure(figure, path.with_suffix(""), words)]
        if by_zone:
            written.append(path.with_name(f"{path.stem}_zones.csv"))
            write_rows(by_zone, written[-1])
        facts: Facts = {
            "winters": list(series.years),
            **found.facts(),
            "prewhitening": how,
            "zones": by_zone,
            "simulated": series.simulated,
        }
        if page is not None:
            from wco2_engine.report.pages.trend import write_trend_page

            written += write_trend_page(page, facts, figure, SubProgress(progress, 0.95, 1.0))
        progress.update(1.0, "Trends are ready")
        return {"outputs": [str(file) for file in written], **facts}

    def depends_on(self) -> list[str]:
        return [file_state(path) for path in files(record_of(self.maps), self.budget)]
