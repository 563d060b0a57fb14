"""What a catalogue says about a variable in downloaded files, and what the files' names say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.inputs.details import Bands, Codes, Quality, Stamp

FIRST = ("first-valid", "first")  # of a dimension's steps: the first that is not missing


def matching(values: NDArray[Any], wanted: Codes) -> NDArray[np.bool_]:
    """Which of the stored values are one of the codes.

    A float32 file holds -3.4e38 or 0.1 in its own precision, and is compared in that.
    """
    found = np.zeros(values.shape, bool)
    narrow = values.dtype.kind == "f" and values.dtype.itemsize == 4
    for low, high in wanted:
        with np.errstate(over="ignore", invalid="ignore"):
            first, last = (np.float32(low), np.float32(high)) if narrow else (low, high)
            found |= values == first if low == high else (values >= first) & (values <= last)
    return found


@dataclass(frozen=True)
class Reading:
    """What a catalogue says about a variable. What it leaves out, the file is asked for.

    Attributes
    ----------
    variable : its name in the file, with groups: "Grid/tas". None where the file has only one.
    band : the band of a GeoTIFF, HDF4 or VRT, from 1.
    select : the step to take along further dimensions: {"depth": 0.1, "number": 0}; "first-valid"
        takes the first that is not missing, cell by cell.
    nodata : stored numbers that mean missing, beside those that the file names.
    zero : stored numbers that mean 0 in the units of the file.
    keep : stored numbers that are values though the file's valid range excludes them, or though
        they look like a mark for missing values.
    scale, offset : value = stored * scale + offset, instead of what the file says.
    units : of the value after scaling.
    crs : of the coordinates x and y.
    valid : values outside of it, in the file's units after scaling, are missing; it stands instead
        of the file's valid range.
    bands : what the bands, or the steps of an axis without units, stand for, in their order.
    stamp : where in its interval a step's date lies, where the file has no bounds.
    quality : which values to believe.
    overrule : in what the catalogue is right where the file contradicts it: "units", "crs", "time",
        "scale", "valid".
    """

    variable: str | None = None
    band: int | None = None
    select: Mapping[str, float | str] = field(default_factory=dict)
    nodata: Codes = ()
    zero: Codes = ()
    keep: Codes = ()
    scale: float | None = None
    offset: float | None = None
    units: str | None = None
    crs: str | None = None
    valid: tuple[float, float] | None = None
    bands: Bands | None = None
    stamp: Stamp | None = None
    quality: Quality | None = None
    overrule: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NamedFile:
    """A file, and the days that its name says it is of: `begin` to `end`, half open.

    `calendar_month` is what the name says where it has a month and no year.
    """

    path: Path
    begin: np.datetime64 | None = None
    end: np.datetime64 | None = None
    calendar_month: int | None = None
