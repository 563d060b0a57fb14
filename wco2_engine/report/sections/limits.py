"""Section: what a reader must not conclude."""

from __future__ import annotations

from wco2_engine.mapping.record import beyond_training
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext, quoted
from wco2_engine.report.page import Section, share


def build(context: ReportContext, progress: Progress) -> Section:
    """Sentences that hold for this model and these maps."""
    model = context.model
    limits = []
    if model.simulated:
        limits.append(
            "That anything here is true of the real world: observations and rasters were made up."
        )
    if "random" in model.settings["validation"]:
        limits.append(
            "That the map is as good as the random folds say. They ask how well a month is known "
            "at a site whose other months were measured; a map is about places without any."
        )
    lacking = [proper_name(region.region.name) for region in model.regions if not quoted(region)]
    if lacking:
        limits.append(
            f"Anything about how good the map is in {', '.join(lacking)}: no validation there held "
            "whole sites out."
        )
    if not all("knndm" in region.folds for region in model.regions):
        limits.append(
            "That scores of held-out sites hold for all of the map: a site's nearest neighbour is "
            "usually nearer than a cell's nearest site. Validation with kNNDM takes that into "
            "account."
        )
    limits.append(
        "That the scores hold outside the area of applicability. There nobody has measured under "
        "such conditions, and nothing here says how wrong the map is."
    )
    if context.maps is not None:
        years = context.maps.entries["years"]
        limits += [
            f"That other years are as those measured. {note}"
            for note in beyond_training(model, years)
        ]
    if context.outside:
        worst = max(context.outside, key=lambda row: row["outside_any"])
        limits.append(
            f"That the map is known everywhere alike: up to {share(worst['outside_any'], 1)} of "
            f"{proper_name(worst['region'])} is outside in some month ({worst['year']})."
        )
    limits += [
        "That an interval is about the mean flux of a cell. That of a month is about a single "
        "measured site-month there, that of a winter about the sum of a winter's months at one "
        "site: noise of the measurement and what a cell's mean hides are in them.",
        "That cells' bounds may be added up to an interval of a total: their errors are neither "
        "independent nor the same. Totals take the members of the ensemble, each summed by itself.",
        "That important predictors are causes, or that unimportant ones don't matter: predictors "
        "that vary together stand for one another.",
        "That a trend over decades was learned from trends: a forest learns from differences among "
        "sites and months, and beyond the training ranges it answers with their edge.",
        "That winter fluxes are the carbon balance: they are CO₂ of the winter's months alone, "
        "without summer uptake, methane, fires or water.",
    ]
    return Section("limits", "What must not be concluded", facts={"limits": limits})
