"""Downloads behind a predictor, opened: from what a catalogue says to series of planes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.unpacking import unpacked
from wco2_engine.stack.candidates import Candidate
from wco2_engine.units import Conversion, conversion, is_quantity

if TYPE_CHECKING:
    from wco2_engine.downloads.reading import Reading


def opened(
    predictor: Predictor, files: Sequence[Candidate], folder: Path, where: str
) -> list[tuple[int, Any]]:
    """A series for each of a predictor's paths that has files, with the number of the path.

    Parameters
    ----------
    folder : to unpack archives into.

    Raises
    ------
    Wco2Error : when a file can't be read, or contradicts the catalogue or another file.
    """
    from wco2_engine.downloads.reading import NamedFile
    from wco2_engine.downloads.regridding import regridded
    from wco2_engine.downloads.series import open_series

    reading = reading_of(predictor)
    series: list[tuple[int, Any]] = []
    try:
        for part in sorted({item.part for item in files}):
            named = [
                NamedFile(
                    unpacked(item.found, folder),
                    _day(item.begin),
                    _day(item.end),
                    item.calendar_month,
                )
                for item in files
                if item.part == part
            ]
            one = open_series(named, reading, where)
            series.append((part, regridded(one, predictor.resampling, where)))
    except BaseException:
        closed(series)
        raise
    return series


def closed(series: Sequence[tuple[int, Any]]) -> None:
    """Close all files."""
    for _, one in series:
        one.close()


def reading_of(predictor: Predictor) -> Reading:
    """What a catalogue says, as readers of downloads understand it."""
    from wco2_engine.downloads.reading import Reading

    details, encoding = predictor.details, predictor.encoding
    single = () if encoding.nodata is None else ((encoding.nodata, encoding.nodata),)
    return Reading(
        variable=predictor.variable,
        band=predictor.band,
        select=dict(details.select),
        nodata=(*single, *details.nodata),
        zero=details.zero,
        keep=details.keep,
        scale=encoding.scale,
        offset=encoding.offset,
        units=predictor.units if predictor.units_said else None,
        crs=encoding.crs,
        bands=details.bands,
        stamp=details.time,
        quality=details.quality,
        overrule=frozenset(details.overrule),
    )


def units_and_conversion(
    predictor: Predictor, series: Sequence[tuple[int, Any]], where: str
) -> tuple[str, Conversion]:
    """The unit that the model sees, and what turns stored values into it.

    Raises
    ------
    Wco2Error : when files state several units, or one that can't be converted.
    """
    if predictor.units_said:
        return predictor.to, predictor.convert
    stated = sorted({one.units or "" for _, one in series})
    if len(stated) > 1:
        raise Wco2Error(
            f"{where}: its files state several units: '{stated[0]}' and '{stated[1]}'.",
            "Make a predictor of each, or say units.",
        )
    units = stated[0] if stated and is_quantity(stated[0]) else "1"  # a class is no unit
    per = predictor.details.per
    if per is not None and f"{per}-1" not in units:
        time = "s" if per == "second" else per
        units = f"{time}-1" if units == "1" else f"{units} {time}-1"
    to = predictor.to if predictor.to_said else units
    return to, conversion(units, to, where)


def _day(day: date | None) -> np.datetime64 | None:
    return None if day is None else np.datetime64(day.isoformat(), "D")
