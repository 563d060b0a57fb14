"""Where the engine lies: bundled inside the installed plugin, or beside it in a checkout."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_BUNDLED = Path(__file__).parent / "bundled"


def folder() -> Path:
    """The folder that holds the package `wco2_engine`, which belongs to this plugin's version."""
    return _BUNDLED if _BUNDLED.is_dir() else Path(__file__).parents[1]


def make_importable() -> None:
    """Let QGIS's Python find this engine, before another one that it may have installed."""
    if str(folder()) not in sys.path:
        sys.path.insert(0, str(folder()))


def forget() -> None:
    """Undo `make_importable`, so that the next version of the plugin gets its own engine."""
    if str(folder()) in sys.path:
        sys.path.remove(str(folder()))
    for name in [name for name in sys.modules if name.partition(".")[0] == "wco2_engine"]:
        del sys.modules[name]


_TO_PREDICT = ("numpy", "rasterio", "joblib", "click", "rich", "jinja2", "numba")


def requirements(predicting_only: bool = False) -> list[str]:
    """The libraries that the engine needs, as pip takes them."""
    if predicting_only:
        return [each for each in requirements() if re.split(r"[^\w-]", each)[0] in _TO_PREDICT]
    listed = _BUNDLED / "requirements.txt"
    if listed.is_file():
        return listed.read_text(encoding="utf-8").splitlines()
    import tomllib  # novermin - in a checkout only, whose Python is 3.11 or newer

    project = tomllib.loads((folder() / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *extras["fast"], *extras["publish"]]
