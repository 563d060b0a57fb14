"""Small text files, read whole."""

from __future__ import annotations

from pathlib import Path

from wco2_engine.errors import Wco2Error


def text_of(path: Path, what: str, most: int) -> str:
    """The text of a file in UTF-8, with or without a mark at its start.

    Parameters
    ----------
    most : bytes that such a file may have; more is another kind of file.

    Raises
    ------
    Wco2Error : when it can't be read, is larger than that, or in another encoding.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise Wco2Error(f"{what} {path} can't be read: {error.strerror}.") from error
    if len(data) > most:
        raise Wco2Error(
            f"{what} {path} is larger than {most // 1_000_000} MB.", "Name another file."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Wco2Error(
            f"{what} {path} is not in UTF-8: line {line} holds the byte 0x{data[error.start]:02x}.",
            "Save it as UTF-8.",
        ) from error
