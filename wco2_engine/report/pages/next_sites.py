"""A page of next sites: the map of what one site would bring, and their table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wco2_engine.progress import Progress
from wco2_engine.report.page import write_page
from wco2_engine.report.sections.next_sites import section_of


def write_next_sites_page(
    path: Path, facts: Mapping[str, Any], figure: Any, progress: Progress
) -> list[Path]:
    """Write the page.

    Parameters
    ----------
    facts : of the job: `sites`, `winter`, `mean_di`, `outside_share`, `cells`, `sampled`,
        `simulated`.
    figure : the map.
    """
    section = section_of(facts, lambda: figure)
    return write_page(
        *(path, "Next sites", "Next sites", facts["simulated"], [section], progress),
        with_files=False,
    )
