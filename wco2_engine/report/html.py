"""The report: which sections it has, in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from wco2_engine.progress import Progress, SubProgress, stop_if_cancelled
from wco2_engine.report.context import ReportContext
from wco2_engine.report.page import Section, write_page
from wco2_engine.report.sections import (
    applicability,
    coverage,
    curve,
    data,
    effects,
    explore,
    held_apart,
    importances,
    limits,
    maps,
    next_sites,
    observed,
    origin,
    residuals,
    scenarios,
    scores,
    settings,
    sites,
    summary,
    temperature,
    totals,
    trends,
    tuning,
)

Build = Callable[[ReportContext, Progress], Section | None]
# A new section is a module with `build`, a template of the same name, and its place here.
REPORT: tuple[Build, ...] = (
    summary.build,
    data.build,
    sites.build,
    settings.build,
    scores.build,
    held_apart.build,
    observed.build,
    residuals.build,
    coverage.build,
    curve.build,
    applicability.build,
    next_sites.build,
    importances.build,
    effects.build,
    temperature.build,
    tuning.build,
    maps.build,
    explore.build,
    totals.build,
    trends.build,
    scenarios.build,
    limits.build,
    origin.build,
)
VALIDATION: tuple[Build, ...] = (
    summary.build,
    sites.build,
    settings.build,
    scores.build,
    held_apart.build,
    observed.build,
    residuals.build,
    coverage.build,
    applicability.build,
    origin.build,
)


def write_report(
    path: Path,
    context: ReportContext,
    progress: Progress,
    sections: Sequence[Build] | None = None,
    kind: str = "Report",
) -> list[Path]:
    """Write a report as one HTML file, with its tables and figures as files beside it.

    Parameters
    ----------
    sections : what it has, in their order; those of `REPORT` where None.
    kind : what it calls itself.

    Returns
    -------
    The page, then the files; see `write_page`.

    Raises
    ------
    Wco2Error : when maps can't be read or files can't be written.
    Cancelled : when the user asks to stop.
    """
    sections = REPORT if sections is None else sections
    context = replace(context, now_and_then=lambda: stop_if_cancelled(progress))
    built = []
    for k, build in enumerate(sections):
        stop_if_cancelled(progress)
        part = SubProgress(progress, 0.6 * k / len(sections), 0.6 * (k + 1) / len(sections))
        part.update(0.0, "Gathering facts")
        section = build(context, part)
        if section is not None:
            built.append(section)
    return write_page(
        path,
        context.heading,
        kind,
        context.model.simulated,
        built,
        SubProgress(progress, 0.6, 1.0),
    )


__all__ = ["REPORT", "VALIDATION", "ReportContext", "write_report"]
