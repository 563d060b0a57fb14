"""Section: whether intervals hold as many held-out fluxes as they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import SHORT, ReportContext, shown
from wco2_engine.report.drawing import (
    BLUE,
    GREY,
    VERMILION,
    label,
    legend,
    new_panels,
    title,
)
from wco2_engine.report.page import (
    Column,
    PageTable,
    Picture,
    Section,
    count,
    named,
    number,
    percent,
    place,
    share,
    value,
)

APART = 0.1  # widths that differ by more, relative, are told


def build(context: ReportContext, progress: Progress) -> Section:
    """Coverage and width before and after calibration, or that nothing is known of them."""
    model = context.model
    name, heading = "coverage", "Intervals: do they hold what they say?"
    if not model.coverage:
        return Section(name, heading, facts={"sentences": [], "winters": []})
    rows = [
        {
            **{key: row[key] for key in ("region", "validation", "level", "n", "sites")},
            "coverage_before": row["raw_coverage"],
            "width_before": row["raw_width"],
            "coverage_after": row["coverage"],
            "width_after": row["width"],
            "width_in_maps": width_in_maps(model, row),
        }
        for row in model.coverage
    ]
    moved = [
        {"region": region.region.name, "level": float(level), "moved_outward": by}
        for region in model.regions
        for level, by in region.calibration.items()
    ]
    tables = [
        PageTable(
            "coverage",
            "Share of held-out fluxes within their interval, and the intervals' mean width in "
            "g C m-2 month-1, as the forest gives them (before) and calibrated (after). In maps: "
            "the width before, and both bounds moved as the maps move them.",
            _columns(
                "site-months",
                (),
                ("coverage_before", "coverage_after", "width_before", "width_after"),
                value("width_in_maps", "width in maps", 1),
            ),
            rows,
            most=60,
        )
    ]
    if moved:
        tables.append(
            PageTable(
                "calibration",
                "What maps move both bounds outward by (inward where negative), g C m-2 month-1.",
                (
                    place(),
                    percent("level", "level"),
                    Column("moved", lambda row: f"{row['moved_outward']:+.2f}"),
                ),
                moved,
            )
        )
    if model.winter_coverage:
        tables.append(table_of_winters(model))
    return Section(
        name,
        heading,
        facts={
            "winters": [s for s in (of_winters(model, r) for r in model.regions) if s],
            "sentences": [s for s in (sentence(model, r.region.name) for r in model.regions) if s],
            "widths": [s for r in model.regions for s in widths(model, r.region.name)],
        },
        tables=tuple(tables),
        pictures=(
            Picture(
                "coverage",
                "Share of held-out fluxes that intervals hold, against the share that they should "
                "hold. On the line they are right; below it they are too narrow.",
                lambda: draw(model),
            ),
        ),
    )


def _columns(
    counted: str, further: Sequence[Column], keys: tuple[str, str, str, str], in_maps: Column
) -> tuple[Column, ...]:
    """Columns of a table of coverage.

    Parameters
    ----------
    counted : what held-out fluxes are.
    further : facts of these.
    keys : of coverage before and after, and of width before and after.
    in_maps : what maps make of it.
    """
    held_before, held_after, before, after = keys
    return (
        place(),
        named("validation", "validation", SHORT),
        percent("level", "should hold"),
        count("n", counted),
        count("sites", "sites"),
        *further,
        percent(held_before, "held before", 1),
        percent(held_after, "held after", 1),
        value(before, "width before", 1),
        value(after, "width after", 1),
        in_maps,
    )


def table_of_winters(model: Model) -> PageTable:
    """What bounds of winters hold: added up of months, and as maps have them."""
    factors = {region.region.name: region.winter_calibration for region in model.regions}
    rows = [
        {**row, "factor": factors.get(row["region"], {}).get(f"{row['level']:g}")}
        for row in model.winter_coverage
    ]
    return PageTable(
        "winter_coverage",
        "Share of the winters of held-out sites within their interval, each with the months that "
        "the site has, and the mean width over these months in g C m-2: of the months' bounds "
        "added up (before), and of bounds of winters (after). Correlation: of the errors of two "
        "months of a winter. Factor: by which maps bring the bounds of whole winters nearer.",
        _columns(
            "winters",
            (value("months", "months each", 1), value("correlation", "correlation", 2)),
            ("sum_coverage", "coverage", "sum_width", "width"),
            value("factor", "factor in maps", 2),
        ),
        rows,
        most=60,
    )


def of_winters(model: Model, region: RegionModel) -> str:
    """What bounds of a region's winters are, and what they hold."""
    name, method = region.region.name, shown(region)
    rows = [r for r in model.winter_coverage if (r["region"], r["validation"]) == (name, method)]
    if not rows:
        return ""
    row = min(rows, key=lambda row: abs(row["level"] - 0.9))
    factor = region.winter_calibration.get(f"{row['level']:g}")
    if factor is None or row["coverage"] is None:
        return (
            f"{proper_name(name)}: "
            f"too few sites were measured in several months of a winter to tell how errors "
            "of months add up. Bounds of winters are sums of the months' bounds, which is too wide."
        )
    return (
        f"{proper_name(name)}: of {row['n']} winters at {row['sites']} held-out sites, with "
        f"{number(row['months'], 1)} months each, sums of the months' {share(row['level'])} bounds "
        f"held {share(row['sum_coverage'])}, and bounds of winters {share(row['coverage'])}. "
        f"In maps these are {number(factor, 2)} times as wide as the sums."
    )


def rows_of(model: Model, region: str, method: str) -> list[Any]:
    """The rows of a region under one validation, by level."""
    found = [r for r in model.coverage if (r["region"], r["validation"]) == (region, method)]
    return sorted(found, key=lambda row: row["level"])


def sentence(model: Model, region: str) -> str:
    """What the widest intervals of a region hold, under the validation to quote."""
    part = next(each for each in model.regions if each.region.name == region)
    rows = rows_of(model, region, shown(part))
    if not rows:
        return ""
    row = min(rows, key=lambda row: abs(row["level"] - 0.9))
    told = (
        f"{proper_name(region)}: "
        f"intervals that should hold {share(row['level'])} of the fluxes held "
        f"{share(row['raw_coverage'])} at held-out places ({SHORT[row['validation']]}) as the "
        "forest gives them"
    )
    if row["coverage"] is None:
        return f"{told}; they are not calibrated, because the sites are too few."
    return f"{told}, and {share(row['coverage'])} after calibration."


def width_in_maps(model: Model, row: Mapping[str, Any]) -> float | None:
    """The mean width at held-out sites if moved by what maps move; None where not calibrated."""
    part = next(each for each in model.regions if each.region.name == row["region"])
    moved = part.calibration.get(f"{row['level']:g}")
    return None if moved is None else float(row["raw_width"] + 2 * moved)


def widths(model: Model, region: str) -> list[str]:
    """How wide the widest calibrated intervals of a region are, and what to make of that."""
    part = next(each for each in model.regions if each.region.name == region)
    known = [row for row in rows_of(model, region, shown(part)) if row["width"] is not None]
    if not known:
        return []
    row = min(known, key=lambda row: abs(row["level"] - 0.9))
    level, wide, flux = share(row["level"]), row["width"], float(part.target.mean())
    told = [
        f"{proper_name(region)}: "
        f"calibration takes the {level} interval from {number(row['raw_width'], 0)} to "
        f"{number(wide, 0)} g C m-2 month-1, where the mean measured flux is {number(flux, 0)}."
    ]
    apart = [
        f"{share(row['level'])}: {number(row['width'], 0)} and {number(mapped, 0)}"
        for row in known
        if (mapped := width_in_maps(model, row)) is not None
        and abs(mapped / row["width"] - 1) > APART
    ]
    if apart:
        told.append(
            f"{proper_name(region)}: "
            f"what was tried at held-out sites and what the maps use differ in width "
            f"({', '.join(apart)} g C m-2 month-1), because one site more or less among "
            f"{part.n_sites} changes by how much bounds are moved. The coverage told is that of "
            "the first; take the width of either with that caution."
        )
    return told


def draw(model: Model) -> Any:
    """A panel a region; the validation to quote filled, the others hollow."""
    figure, axes = new_panels(len(model.regions), 3, 68)
    for axis, region in zip(axes, model.regions, strict=True):
        method = shown(region)
        rows = rows_of(model, region.region.name, method)
        axis.plot([0, 1], [0, 1], color=GREY, linewidth=0.8)
        for key, color, marker, name in (
            ("raw_coverage", VERMILION, "s", "as the forest gives them"),
            ("coverage", BLUE, "o", "calibrated"),
        ):
            known = [(row["level"], row[key]) for row in rows if row[key] is not None]
            axis.plot(
                [level for level, _ in known],
                [held for _, held in known],
                marker=marker,
                color=color,
                linewidth=1,
                markersize=4,
                label=name,
            )
        axis.set_xlim(0, 1)
        axis.set_ylim(0, 1)
        axis.set_aspect("equal", "box")
        title(axis, f"{proper_name(region.region.name)}, {SHORT.get(method, method)}")
        label(axis, "nominal level of the interval", "coverage of held-out fluxes")
        legend(axis, loc="upper left")
    return figure
