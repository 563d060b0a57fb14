"""The folder by which others make the maps again: study, inputs, environment and a script."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.publication.about import About
from wco2_engine.publication.checksums import sha256_of
from wco2_engine.publication.environment import environment
from wco2_engine.publication.recipe import Input, Recipe

FOLDER, STUDY, TABLES = Path("reproduce"), Path("reproduce/study"), Path("tables")
SCRIPT = "reproduce.py"
_ABOUT = """\
# How to make these maps again

1. Install the engine in the version that `environment.json` names: `pip install wco2-engine`.
2. Put each file that `inputs.json` names into the folder `study`, under its name there.{here}
3. `python reproduce.py`

The script compares the inputs with their checksums, runs `wco2 run study/{study}`, and compares
each map with the published one, byte by byte. It says which differ, and by how much. With the
versions of `environment.json` none should; other versions of numpy or scikit-learn may grow other
trees.

Paths in the study and its catalogue are not those that they were written with: what lay outside of
the study's folder lies in `elsewhere`, in a folder with a number.
"""
_HERE = " The tables of\n   observations are there already."


def write_reproduction(recipe: Recipe, about: About, folder: Path, progress: Progress) -> None:
    """Write what makes the maps again into a published folder, and tables where they may be there.

    Raises
    ------
    Wco2Error : when an input is gone.
    Cancelled : when the user asks to stop.
    """
    (folder / STUDY).mkdir(parents=True)
    (folder / STUDY / recipe.study_name).write_text(recipe.study, encoding="utf-8")
    (folder / STUDY / recipe.catalogue_name).write_text(recipe.catalogue, encoding="utf-8")
    script = files("wco2_engine.publication") / "templates" / "reproduce.py.txt"
    (folder / FOLDER / SCRIPT).write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
    inputs = _checked(recipe.inputs, progress)
    allowed = about.tables is True
    if allowed:
        (folder / TABLES).mkdir()
        for table in recipe.tables:
            shutil.copyfile(table, folder / TABLES / table.name)
        for each in (each for each in recipe.inputs if each.is_table):
            place = folder / STUDY / each.place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each.path, place)
    told = {"study": recipe.study_name, "inputs": inputs, "remote": list(recipe.remote)}
    _write_json(folder / FOLDER / "inputs.json", told)
    _write_json(folder / FOLDER / "environment.json", environment())
    text = _ABOUT.format(study=recipe.study_name, here=_HERE if allowed else "")
    (folder / FOLDER / "README.md").write_text(text, encoding="utf-8")


def _checked(inputs: Sequence[Input], progress: Progress) -> list[dict[str, Any]]:
    """Name, size and checksum of each input; progress goes by bytes."""
    try:
        sizes = [each.path.stat().st_size for each in inputs]
        total, done, found = max(1, sum(sizes)), 0, []
        for number, (each, size) in enumerate(zip(inputs, sizes, strict=True), start=1):
            stop_if_cancelled(progress)
            progress.update(done / total, f"Checksum of input {number} of {len(inputs)}")
            digest = sha256_of(each.path, progress)
            done += size
            found.append(
                {"name": each.place, "bytes": size, "sha256": digest, "used_by": [*each.used_by]}
            )
    except OSError as error:
        raise Wco2Error(
            f"An input of the study can't be read: {error}.", "Put it back, and run the study."
        ) from error
    return found


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
