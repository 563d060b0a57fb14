"""The doors by which files of unknown origin come in, each as a function of bytes.

A door lets pass what it can use, refuses the rest by `Wco2Error`, and raises nothing else. The same
functions serve tests and `python -m tests.hostile.coverage`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.tables import read_table
from wco2_engine.inputs.toml import read_toml
from wco2_engine.jobs import job_from_json
from wco2_engine.learning.model import Model
from wco2_engine.study import Study


def _through(content: bytes, name: str, read: Callable[[Path], object]) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            read(path)
        except Wco2Error:
            return False
        return True


def model(content: bytes) -> bool:
    """Whether bytes are a model, all of which can be described."""
    return _through(content, "m.wco2", lambda path: Model.read(path).describe())


def table(content: bytes) -> bool:
    """Whether bytes are a table."""
    return _through(content, "t.csv", read_table)


def toml(content: bytes) -> bool:
    """Whether bytes are TOML."""
    return _through(content, "s.toml", lambda path: read_toml(path, "Study"))


def catalogue(content: bytes) -> bool:
    """Whether bytes are a catalogue."""
    return _through(content, "c.toml", Catalogue.read)


def study(content: bytes) -> bool:
    """Whether bytes are a study."""
    return _through(content, "s.toml", Study.read)


def job(content: bytes) -> bool:
    """Whether bytes are a job."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return False
    try:
        job_from_json(data)
    except Wco2Error:
        return False
    return True


DOORS: dict[str, Callable[[bytes], bool]] = {
    "model": model,
    "table": table,
    "toml": toml,
    "catalogue": catalogue,
    "study": study,
    "job": job,
}
