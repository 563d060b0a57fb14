"""Section: what a reader in a hurry should take away."""

from __future__ import annotations

from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.page import Section, share
from wco2_engine.report.sections import coverage, scores


def build(context: ReportContext, progress: Progress) -> Section:
    """Data, the score to quote, coverage and ground outside, a sentence each."""
    model = context.model
    months = sum(region.n_rows for region in model.regions)
    sites = sum(region.n_sites for region in model.regions)
    first = min(int(region.year.min()) for region in model.regions)
    last = max(int(region.year.max()) for region in model.regions)
    points = [
        f"{months:,} winter site-months at {sites} sites from {first} to {last} trained "
        f"{len(model.regions)} forest{'s' if len(model.regions) > 1 else ''} on "
        f"{len(model.predictors)} predictors."
    ]
    points += [scores.sentence(model, region) for region in model.regions]
    points += [s for r in model.regions if (s := coverage.sentence(model, r.region.name))]
    for region in dict.fromkeys(row["region"] for row in context.outside):
        rows = [row for row in context.outside if row["region"] == region]
        low = share(min(row["outside_any"] for row in rows), 1)
        high = share(max(row["outside_any"] for row in rows), 1)
        span = low if low == high else f"{low} to {high}"
        ground = sum(row["mapped_km2"] for row in rows)
        together = sum(row["outside_months"] * row["mapped_km2"] for row in rows) / ground
        points.append(
            f"{proper_name(region)}: "
            f"{span} of the mapped ground lies outside the area of applicability in some "
            f"month of a winter, {share(together, 1)} of ground and months together. No score here "
            "speaks for it."
        )
    return Section("summary", "In short", facts={"points": points})
