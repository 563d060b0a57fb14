"""Section: what was measured, and what was set aside."""

from __future__ import annotations

from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.page import PageTable, Section, count, text


def build(context: ReportContext, progress: Progress) -> Section | None:
    """Counts of rows by step and reason; None where the study's counts are not known."""
    steps = (("observations", context.observations), ("training table", context.sampling))
    rows = [
        {"step": step, "what": reason.replace("_", " "), "rows": rows}
        for step, counts in steps
        for reason, rows in counts.items()
    ]
    if not rows:
        return None
    columns = (text("step", "Step"), text("what", "Rows"), count("rows", "number"))
    table = PageTable("data_counts", "Rows read, kept and set aside at each step.", columns, rows)
    return Section("data", "Data", tables=(table,))
