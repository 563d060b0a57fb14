"""JSON that programs write, or people for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error
from wco2_engine.files import existing_file
from wco2_engine.inputs.texts import text_of
from wco2_engine.schema import check_plain

MOST_BYTES = 200_000_000  # polygons of regions may be among it


def read_json(path: Path, what: str) -> Any:
    """The values of a JSON file.

    Raises
    ------
    Wco2Error : when the file is missing, is no JSON, or holds what can't be meant: see
        `check_plain`.
    """
    return parse_json(text_of(existing_file(path, what), what, MOST_BYTES), str(path))


def parse_json(text: str, where: str) -> Any:
    """The values in JSON.

    Parameters
    ----------
    where : what the text comes from, for messages.

    Raises
    ------
    Wco2Error : as `read_json`.
    """
    try:
        values = json.loads(text)
    except RecursionError as error:
        raise Wco2Error(f"{where} is not JSON: it is nested too deep.") from error
    except ValueError as error:  # of more digits than Python reads, too
        raise Wco2Error(f"{where} is not JSON: {error}.") from error
    check_plain(values, where)
    return values
