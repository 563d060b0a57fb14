"""TOML files that people write by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    Wco2Error : when the file is missing, or is no TOML (with the line that is wrong).
    """
    existing_file(path, what)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Wco2Error(f"{path} is not valid TOML: {error}.", "Mend that line.") from error
