"""The Python interface as documents show it: the lines of the README, and the notebook."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.e2e
REPOSITORY = Path(__file__).resolve().parents[2]


def run(code: str, folder: Path) -> None:
    """Run lines of Python as a process of its own would, in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_ten_lines_of_the_readme_lead_from_a_table_to_a_map(simulated: SimpleNamespace) -> None:
    text = (REPOSITORY / "README.md").read_text("utf-8")
    found = re.search(r"```python\n(import wco2_engine as wco2\n.*?)```", text, re.DOTALL)
    assert found is not None
    assert len(ast.parse(found[1]).body) <= 10  # a statement may be laid out over several lines
    shown = "assert maps.winter_flux.sizes['winter'] == 2 and maps.winter_flux.notnull().any()"
    run(f"{found[1]}\n{shown}", simulated.folder.parent)


def test_the_notebook_runs_from_its_first_cell_to_its_last(tmp_path: Path) -> None:
    path = REPOSITORY / "examples/notebook.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells), "it is kept without outputs"
    run("\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code"), tmp_path)
    assert list((tmp_path / "notebook-study/maps/winter_flux").glob("*.tif"))
