"""Print what pip has to know, from pyproject.toml and the libraries of this interpreter.

`pinned` prints each library that the engine needs as `name==version`, at the version that this
interpreter finds, for a constraints file; `test`, `lint` and `docs` print what these need.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
EXTRAS = PROJECT["optional-dependencies"]
# Not asked for by name, but brought by those that are, and built on the same GDAL, GEOS or numpy.
INDIRECT = ("fiona", "gdal", "llvmlite", "pyogrio")


def pinned() -> list[str]:
    """`name==version` for every library of the engine that is installed."""
    needed = [*PROJECT["dependencies"], *EXTRAS["fast"]]
    names = {re.split(r"[^\w.-]", requirement)[0] for requirement in needed}
    found = []
    for name in sorted(names.union(INDIRECT)):
        try:
            found.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            continue
    return found


match sys.argv[1:]:
    case ["pinned"]:
        lines = pinned()
    case ["test"]:
        lines = EXTRAS["test"]
    case ["lint" | "docs" as group]:
        lines = PYPROJECT["dependency-groups"][group]
    case _:
        sys.exit(__doc__)
sys.stdout.write("".join(f"{line}\n" for line in lines))
