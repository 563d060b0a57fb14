"""The job that draws one figure for print."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import atomic_write, check_ending, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts
from wco2_engine.jobs.report import ReportJob
from wco2_engine.progress import Progress
from wco2_engine.schema import option
from wco2_engine.season import parse_years

if TYPE_CHECKING:
    from wco2_engine.mapping.record import PredictionRecord
    from wco2_engine.report.atlas import Setting
    from wco2_engine.study import Study

FULL = 180.0  # mm, the width of two columns
KINDS = (
    *("sites", "months_measured", "scores", "scores_by_month", "observed_against_predicted"),
    *("residuals_by_month", "residuals_by_site", "residuals_by_predictor", "coverage"),
    *("training_dissimilarity", "importance_by_predictor", "importance_by_group", "effects"),
    *("flux_and_temperature", "winter_flux", "monthly_flux", "season_flux", "interval_width"),
    *("outside_map", "trend", "totals", "difference"),
)


@dataclass(frozen=True)
class FigureJob:
    """One figure of a study, a model, maps or a table, at the width of a journal's columns.

    `source` is a study, from which all kinds can be drawn whose files are there; or a model; or a
    folder of maps; or the file that `wco2 trend`, `wco2 budget` or `wco2 compare` wrote.
    """

    verb: ClassVar[str] = "figure"
    kind: str = option("Which figure.", argument="KIND", choices=KINDS)
    source: str = option(
        "A study, a model, a folder of maps, or a file of an analysis.",
        path="read",
        argument="SOURCE",
    )
    output: str = option("figure.pdf, .svg or .png to write.", path="written")
    years: str | None = option("Winters to show, e.g. 1990,2010.", None, unset="first and last")
    width: float | None = option(
        "In mm: 90 for one column, 180 for two.", None, least=40.0, most=400.0, unset="its own"
    )
    dpi: int = option("Of pixels, in PNG and within the others.", 600, least=72, most=1200)
    zones: bool = option("Draw the borders of the study's [zones].", False)
    names: str = option("Of the products of a difference, e.g. 'ours,theirs'.", "")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.report.drawing import file_content, widen

        check_ending(self.output, ".pdf", ".svg", ".png")
        path = Path(self.output)
        refuse_overwriting_inputs([self.output], [self.source])
        progress.update(0.0, f"Drawing {self.kind.replace('_', ' ')}")
        figure, caption = self._drawn(progress)
        if self.width is not None:
            widen(figure, self.width)
        content = file_content(figure, path.suffix.lower(), "figure", caption, self.dpi)
        with atomic_write(path) as partial:
            partial.write_bytes(content)
        progress.update(1.0, "The figure is ready")
        return {
            "outputs": [str(path)],
            "caption": caption,
            "mm": [round(float(side) * 25.4, 1) for side in figure.get_size_inches()],
        }

    def _drawn(self, progress: Progress) -> tuple[Any, str]:
        """The figure and its caption."""
        from wco2_engine.learning.model import Model
        from wco2_engine.mapping.record import PredictionRecord
        from wco2_engine.report import kinds

        study = self._study()
        report = study.report if study else ReportJob(self.source, self.output)
        if self.kind in kinds.OF_A_FILE:
            path = self._file(report) if study else Path(self.source)
            names = [name.strip() for name in self.names.split(",") if name.strip()]
            setting = self._setting(study, None)
            return kinds.draw_of_file(self.kind, path, setting, self.width, names)
        if self.kind in kinds.OF_MAPS:
            record = PredictionRecord.read(Path(report.maps or "") if study else Path(self.source))
            years = tuple(parse_years(self.years)) if self.years else ()
            setting = self._setting(study, record)
            return kinds.Maps(record, setting, years, self.width or FULL).draw(self.kind)
        context = report.context(Model.read(Path(report.model)))
        zones = study.train.zones if study and self.zones else None
        context = replace(context, zones=zones, width=self.width or context.width)
        return kinds.draw_of_model(self.kind, context, progress)

    def _study(self) -> Study | None:
        """The study, where the source is one."""
        source = Path(self.source)
        if not (source.suffix == ".toml" or (source / "study.toml").is_file()):
            if self.zones:
                raise Wco2Error(
                    f"{self.source} is no study, so it has no zones whose borders could be drawn.",
                    "Name a study with [zones], or leave --zones out.",
                )
            return None
        from wco2_engine.study import Study

        study = Study.read(source)
        if self.zones and study.train.zones is None:
            raise Wco2Error(
                f"{study.file} has no [zones] whose borders could be drawn.", "Leave --zones out."
            )
        return study

    def _setting(self, study: Study | None, record: PredictionRecord | None) -> Setting:
        """What maps show besides."""
        from wco2_engine.inputs.regions import Region
        from wco2_engine.report.atlas import Setting

        entries = {} if record is None else record.entries
        regions = tuple(Region.from_json(each) for each in entries.get("regions", ()))
        return Setting.of(
            study.regions if study else regions,
            study.predict.domain if study else None,
            study.train.zones if study and self.zones else None,
            has_gaps=any(entries.get("missing_cell_months", {}).values()),
        )

    def _file(self, report: ReportJob) -> Path:
        """The file of an analysis of a study."""
        path = {"trend": report.trend_file, "totals": report.budget_file}.get(self.kind)
        if path is None:
            raise Wco2Error(
                "A difference is of two products, not of a study.",
                "Name the difference_mean.tif that wco2 compare wrote.",
            )
        return path
