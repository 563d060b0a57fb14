"""Section: what was measured, and what was set aside."""

from __future__ import annotations

from wco2_engine.progress import Progress
from wco2_engine.report.material import Material
from wco2_engine.report.page import Section, Table, count, text


def build(material: Material, progress: Progress) -> Section | None:
    """Counts of rows by step and reason; None where the study's counts are not known."""
    steps = (("observations", material.observations), ("training table", material.sampling))
    rows = [
        {"step": step, "what": reason.replace("_", " "), "rows": rows}
        for step, counts in steps
        for reason, rows in counts.items()
    ]
    if not rows:
        return None
    columns = (text("step", "Step"), text("what", "Rows"), count("rows", "number"))
    table = Table("data_counts", "Rows read, kept and set aside at each step.", columns, rows)
    return Section("data", "Data", tables=(table,))
