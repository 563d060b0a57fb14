"""Inputs that follow the code they reach: `python -m tests.hostile.coverage DOOR [options]`.

Needs atheris (`pip install atheris`), which is for Linux and macOS. A door is one of those of
`doors.py`, options are libFuzzer's. What breaks a door is written to crash-* in the folder where it
runs, and belongs into a test.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["wco2_engine", "zipfile", "json", "csv", "tomllib"]):
    from .doors import DOORS


def main() -> None:
    """Try inputs until one breaks the door, or as long as the options say."""
    if len(sys.argv) < 2 or sys.argv[1] not in DOORS:
        raise SystemExit(f"Name a door: {', '.join(sorted(DOORS))}.")
    door = DOORS[sys.argv.pop(1)]

    def one_input(content: bytes) -> None:
        door(content)

    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
