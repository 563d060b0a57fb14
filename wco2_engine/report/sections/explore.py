"""Section: a map to look at with the pointer, winter by winter, with the sites' residuals."""

from __future__ import annotations

from typing import Any

import numpy as np

from wco2_engine.language import translated
from wco2_engine.mapping.plan import WINTER_FLUX
from wco2_engine.naming import proper_name
from wco2_engine.progress import Progress
from wco2_engine.report.context import SHORT, ReportContext, shown
from wco2_engine.report.explorer import STEPS, explorer_data
from wco2_engine.report.page import Section, as_json, number
from wco2_engine.report.ramps import BIAS, Ramp
from wco2_engine.report.sections.residuals import residuals_by_site

MOST_SITES = 2000
# What the script says; {0} is filled in there.
WORDS = {
    "winter": "winter {0}",
    "none": "no value here",
    "inside": "inside the area of applicability",
    "outside": "months outside the area of applicability: {0}",
    "below": "below {0}",
    "above": "{0} or more",
    "between": "{0} to {1}",
    "failed": "This browser can't show the map ({0}). The figures above show the same.",
}


def build(context: ReportContext, progress: Progress) -> Section | None:
    """The maps of all winters, or of some where they are many; None without maps."""
    maps = context.maps
    if maps is None or not maps.by_year(WINTER_FLUX):
        return None
    sites, strongest = told_sites(context)
    data = explorer_data(maps, context.setting, sites, context.now_and_then)
    data["words"] = {key: translated(words) for key, words in WORDS.items()}
    return Section(
        "explore",
        "Interactive map",
        facts={
            "years": data["years"],
            "left_out": data["left_out"],
            "quantities": [each["name"] for each in data["quantities"]],
            "has_outside": data["outside"] is not None,
            "sites": [each["name"] for each in data["sites"]],
            "strongest": strongest,
            "steps": STEPS,
            "data": as_json(data),
        },
    )


def told_sites(context: ReportContext) -> tuple[list[dict[str, Any]], float]:
    """What the map tells of each site, and the residual that has the full colour."""
    rows = [
        (region, row)
        for region in context.model.regions
        if region.predictions
        for row in residuals_by_site(region)
    ][:MOST_SITES]
    if not rows:
        return [], 0.0
    bias = np.array([row["bias"] for _, row in rows])
    ramp = Ramp.of_both_signs(bias, "bias", BIAS)
    colors = ramp.hex_colors
    sites = []
    for region, row in rows:
        name = f"{proper_name(row['region'])}, site {row['site']}"
        sites.append(
            {
                "name": name,
                "longitude": row["longitude"],
                "latitude": row["latitude"],
                "color": colors[int(np.searchsorted(ramp.breaks, row["bias"], side="right"))],
                "told": f"{name}: {row['n']} months, observed {number(row['observed'], 1)}, "
                f"predicted {number(row['predicted'], 1)} while held out "
                f"({SHORT[shown(region)]}), residual {number(row['bias'], 1)} g C m⁻² month⁻¹",
            }
        )
    return sites, ramp.breaks[-1]
