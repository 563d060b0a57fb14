"""Which figures there are, and what each is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from wco2_engine.analysis.budget import read_budget
from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.mapping.plan import LOWER, MONTHLY_FLUX, UPPER, WINTER_FLUX
from wco2_engine.mapping.record import PredictionRecord
from wco2_engine.progress import Progress
from wco2_engine.report.atlas import MAPPED, PLAIN, Setting
from wco2_engine.report.context import ReportContext
from wco2_engine.report.drawing import FLUX_LABEL, FULL, WINTER_LABEL
from wco2_engine.report.figures import draw_totals
from wco2_engine.report.mapped import (
    MONTHS_OUTSIDE,
    draw_difference,
    draw_fluxes,
    draw_reach,
    draw_trend,
    draw_widths,
)
from wco2_engine.report.page import Section
from wco2_engine.report.sections import (
    applicability,
    coverage,
    effects,
    importances,
    observed,
    residuals,
    scores,
    sites,
    temperature,
)
from wco2_engine.report.sheets import Sheet
from wco2_engine.season import MONTH_NAMES, format_years

Build = Callable[[ReportContext, Progress], Section | None]
# By the name that the figure has beside a report too.
OF_A_MODEL: Mapping[str, Build] = {
    "sites": sites.build,
    "months_measured": sites.build,
    "scores": scores.build,
    "scores_by_month": scores.build,
    "observed_against_predicted": observed.build,
    "residuals_by_month": residuals.build,
    "residuals_by_site": residuals.build,
    "residuals_by_predictor": residuals.build,
    "coverage": coverage.build,
    "training_dissimilarity": applicability.build,
    "importance_by_predictor": importances.build,
    "importance_by_group": importances.build,
    "effects": effects.build,
    "flux_and_temperature": temperature.build,
}
OF_MAPS = ("winter_flux", "monthly_flux", "season_flux", "interval_width", "outside_map")
OF_A_FILE = {"trend": ".tif", "totals": ".csv", "difference": ".tif"}
KINDS = (*OF_A_MODEL, *OF_MAPS, *OF_A_FILE)
MOST_PANELS = 12
# Parts of the cold half-year by their calendar months.
SEASONS = {"autumn": (9, 10, 11), "winter": (12, 1, 2), "spring": (3, 4, 5)}


@dataclass(frozen=True)
class Maps:
    """Maps of a prediction and how figures show them.

    Attributes
    ----------
    years : the winters that are wanted; empty for the kind's own choice.
    width : of the figure, mm.
    """

    record: PredictionRecord
    setting: Setting = PLAIN
    years: tuple[int, ...] = ()
    width: float = FULL

    def draw(self, kind: str) -> tuple[Any, str]:
        """A figure of a kind of `OF_MAPS`, and its caption.

        Raises
        ------
        Wco2Error : when there are no maps for it.
        """
        draw, words = {
            "winter_flux": (self._winters, "Winter flux."),
            "monthly_flux": (self._months, "Flux of each month of a winter."),
            "season_flux": (self._seasons, "Flux of each part of a winter."),
            "interval_width": (self._widths, "Width of the winter flux's interval."),
            "outside_map": (self._reach, "How far the model can be applied."),
        }[kind]
        return draw(), f"{words} {MAPPED}"

    def _winters(self) -> Any:
        found = self._of(WINTER_FLUX)
        years = self.years or tuple(dict.fromkeys((min(found), max(found))))
        sheets = {f"winter {year}": Sheet.read(found[year]) for year in years[:MOST_PANELS]}
        return self._fluxes(sheets, f"winter CO₂ flux ({WINTER_LABEL})")

    def _months(self) -> Any:
        sheets = {
            f"{MONTH_NAMES[month - 1]} {year}": Sheet.read(path)
            for (year, month), path in self._monthly().items()
        }
        shown = {f"{MONTH_NAMES[month - 1]} {year}": (month,) for year, month in self._monthly()}
        return self._fluxes(sheets, f"monthly CO₂ flux ({FLUX_LABEL})", shown)

    def _seasons(self) -> Any:
        paths = self._monthly()
        sheets, of_months = {}, {}
        for name, months in SEASONS.items():
            parts = [Sheet.read(path) for (_, month), path in paths.items() if month in months]
            if parts:
                there = tuple(month for _, month in paths if month in months)
                total = np.sum([part.values for part in parts], axis=0)
                ends = dict.fromkeys(MONTH_NAMES[there[k] - 1] for k in (0, -1))
                words = f"{name} ({' to '.join(ends)})"
                sheets[words], of_months[words] = parts[0].of(total), there
        return self._fluxes(sheets, "CO₂ flux of the season (g C m⁻² season⁻¹)", of_months)

    def _fluxes(
        self,
        sheets: Mapping[str, Sheet],
        label: str,
        months: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ) -> Any:
        return draw_fluxes(sheets, label, self.setting, self.width, months)

    def _widths(self) -> Any:
        year = self._year(WINTER_FLUX + LOWER)
        lower, upper, flux = (
            Sheet.read(self._of(WINTER_FLUX + end)[year]) for end in (LOWER, UPPER, "")
        )
        reach = self.record.by_year("applicability").get(year)
        outside = None if reach is None else Sheet.read(reach, MONTHS_OUTSIDE)
        words, level = f"winter {year}", self.record.level
        return draw_widths(flux, lower, upper, outside, words, level, self.setting, self.width)

    def _reach(self) -> Any:
        year = self._year("applicability")
        path = self._of("applicability")[year]
        most = max((len(region.winter.months) for region in self.setting.regions), default=12)
        return draw_reach(path, most, f"winter {year}", self.setting, self.width)

    def _year(self, quantity: str) -> int:
        return self.years[-1] if self.years else max(self._of(quantity))

    def _of(self, quantity: str) -> dict[int, Path]:
        """The maps of a quantity, all winters that are wanted among them."""
        found = self.record.by_year(quantity)
        lacking = [year for year in self.years if year not in found]
        if not found or lacking:
            years = f" of winter {format_years(lacking)}" if found else ""
            raise Wco2Error(
                f"{self.record.folder} holds no map of {quantity}{years}.",
                f"It has {format_years(list(found))}." if found else _HOW.get(quantity, ""),
            )
        return found

    def _monthly(self) -> dict[tuple[int, int], Path]:
        """The months of a winter, by year and month."""
        year = self._year(WINTER_FLUX)
        winters = [region.winter for region in self.setting.regions]
        wanted = {str(month) for winter in winters for month in winter.months_of(year)}
        found = {}
        for name in self.record.names or ():
            time = name.stem.rpartition("_")[2]
            if name.parent == Path(MONTHLY_FLUX) and (time in wanted or not winters):
                found[int(time[:4]), int(time[5:7])] = self.record.folder / name
        if not found:
            raise Wco2Error(
                f"{self.record.folder} holds no monthly maps of winter {year}.", _HOW[MONTHLY_FLUX]
            )
        return dict(sorted(found.items())[:MOST_PANELS])


_HOW = {
    MONTHLY_FLUX: "Predict them again with --monthly, or monthly = true in [map].",
    WINTER_FLUX + LOWER: "Predict them again with --interval 0.9, or interval = 0.9 in [map].",
    "applicability": "Predict them again with --applicability, or applicability = true in [map].",
}


def draw_of_model(kind: str, context: ReportContext, progress: Progress) -> tuple[Any, str]:
    """A figure of `OF_A_MODEL`, and its caption.

    Raises
    ------
    Wco2Error : when the model has nothing to show in it.
    """
    section = OF_A_MODEL[kind](context, progress)
    pictures = () if section is None else section.pictures
    for picture in pictures:
        if picture.name == kind:
            return picture.draw(), picture.caption
    others = [each.name for each in pictures]
    raise Wco2Error(
        f"The model has nothing for the figure {kind}.",
        nearest_name(kind, others) if others else "Train it with a validation, e.g. site.",
    )


def draw_of_file(
    kind: str, path: Path, setting: Setting, width: float | None, names: Sequence[str]
) -> tuple[Any, str]:
    """A figure of `OF_A_FILE`, and its caption.

    Parameters
    ----------
    width : of the figure, mm; its own where None.
    names : of the two products of a difference.

    Raises
    ------
    Wco2Error : when the file can't be read.
    """
    if path.suffix.lower() != OF_A_FILE[kind]:
        raise Wco2Error(
            f"{path} is no file to draw {kind} of.", f"Name a file that ends in {OF_A_FILE[kind]}."
        )
    if kind == "totals":
        return draw_totals(read_budget(path, "map_tg")), "Winter totals by zone."
    if kind == "trend":
        figure = draw_trend(path, setting=setting, width=width or 0.75 * FULL)
        return figure, f"Trend of the winter flux; dots: significant. {MAPPED}"
    if names and len(names) != 2:
        raise Wco2Error(f"{', '.join(names)} are not the names of two products.", "Give two.")
    first, second = names or ("A", "B")
    figure = draw_difference(path, (first, second), setting, width or FULL)
    return figure, f"{first}, {second} and their difference. {MAPPED}"
