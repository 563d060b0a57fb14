"""A page of what a folder for a repository holds: what was checked, and what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wco2_engine.progress import Progress
from wco2_engine.report.page import PageTable, Section, text, write_page
from wco2_engine.season import format_years


def write_dataset_page(path: Path, facts: Mapping[str, Any], progress: Progress) -> list[Path]:
    """Write the page of a published folder, from the facts of the job."""
    unknown = list(facts["not_known"]) or ["All that a card asks for is known."]
    rows = [{"what": name, "how": str(how)} for name, how in facts["checks"].items()]
    checked = PageTable(
        "checks", "What was checked, and how.", (text("what", "What"), text("how", "")), rows
    )
    sections = [
        Section.plain(
            "folder",
            "The folder",
            key=[
                f"{len(facts['outputs'])} files, {facts['bytes'] / 1e6:.1f} MB, winters "
                f"{format_years(facts['winters'])}.",
                f"Licence: {facts['licence'] or 'not stated'}.",
            ],
        ),
        Section.plain("unknown", "Not known", notes=unknown),
        Section.plain("checks", "Checked", checked),
    ]
    heading = str(facts["title"] or "Dataset")
    simulated = facts["simulated"]
    return write_page(path, heading, "Dataset", simulated, sections, progress, with_files=False)
