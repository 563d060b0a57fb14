"""TOML files that people write by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file
from wco2_engine.inputs.texts import text_of
from wco2_engine.schema import check_plain

MOST_BYTES = 10_000_000


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises
    ------
    Wco2Error : when the file is missing, or is no TOML (with the line that is wrong), or holds
        what can't be meant: see `check_plain`.
    """
    text = text_of(existing_file(path, what), what, MOST_BYTES)
    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        raise Wco2Error(f"{path} is not valid TOML: it is nested too deep.") from error
    except ValueError as error:  # of more digits than Python reads, too
        raise Wco2Error(f"{path} is not valid TOML: {error}.", "Mend that line.") from error
    check_plain(tables, str(path))
    return tables
