"""Stored numbers become values: what is missing, what is zero, and one scale and offset."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.downloads.quantities import kelvin_or_celsius
from wco2_engine.downloads.reading import Reading, matching
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.details import Codes
from wco2_engine.inputs.marks import bytes_of_percent, mark_among, may_be_marks
from wco2_engine.units import is_quantity

_PIECE = 65_536  # numbers computed at once
# What the netCDF library writes where nothing was written, by kind and bytes; bytes have none.
_UNWRITTEN = {
    "i2": -32767.0,
    "u2": 65535.0,
    "i4": -2147483647.0,
    "u4": 4294967295.0,
    "f4": 9.969209968386869e36,
    "f8": 9.969209968386869e36,
}
_A_DIVISOR = 100.0  # scale of whole numbers, from here on: MODIS states 10000 and means 1 / 10000
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)[a-zA-Z]?\s*")


@dataclass(frozen=True)
class Decoding:
    """How the stored numbers of one variable in one file become values.

    Attributes
    ----------
    missing, zero, keep : codes of stored numbers; the catalogue's `keep` is stronger than the
        file's fill values.
    stored_valid, valid : what lies outside is missing; of stored numbers, and of values.
    unsigned : whether stored signed numbers are to be read as unsigned.
    undecided : codes that the file explains, and of which nobody said what value they mean.
    percent : whether whole numbers above 100 can't be values.
    """

    missing: Codes = ()
    never: Codes = ()
    zero: Codes = ()
    keep: Codes = ()
    scale: float = 1.0
    offset: float = 0.0
    stored_valid: tuple[float, float] | None = None
    valid: tuple[float, float] | None = None
    from_file: bool = False
    unsigned: bool = False
    undecided: tuple[tuple[float, str], ...] = ()
    percent: bool = False
    zero_is_fill: bool = False

    def __call__(self, stored: NDArray[Any], where: str) -> NDArray[np.float32]:
        """Values of the shape of `stored`, NaN where missing.

        Raises
        ------
        Wco2Error : when numbers are there that look like codes and that nobody explained.
        """
        if self.unsigned:
            stored = stored.view(f"u{stored.dtype.itemsize}")
        if stored.dtype.kind not in "iufb":
            raise Wco2Error(f"{where} holds {stored.dtype} values, which are no numbers.")
        kept = matching(stored, self.keep) if self.keep else None
        zero = matching(stored, self.zero) if self.zero else None
        missing = matching(stored, self.missing)
        if kept is not None:
            missing &= ~kept
        if self.never:
            never = matching(stored, self.never)
            missing |= never
            zero = zero & ~never if zero is not None else None
        if stored.dtype.kind == "f" and np.isinf(stored).any():
            missing |= np.isinf(stored)
        self._check_codes(stored, missing, where)
        values = self._scaled(stored)
        if missing.any():  # most planes have NaN, which needs nothing done
            np.putmask(values, missing, np.float32(np.nan))
        spared = [each for each in (kept, zero) if each is not None and each.any()]
        rest = (
            np.where(np.logical_or.reduce(spared), np.float32(np.nan), values) if spared else values
        )
        outside = self._outside(stored, rest, where)
        if outside is not None and outside.any():
            np.putmask(values, outside, np.float32(np.nan))
            if spared:
                np.putmask(rest, outside, np.float32(np.nan))
        self._check_marks(stored, rest, where)
        if zero is not None:
            np.putmask(values, zero, np.float32(0))
        return values

    def _scaled(self, stored: NDArray[Any]) -> NDArray[np.float32]:
        """Values in single precision, computed in double, piece by piece to stay in the cache."""
        with np.errstate(over="ignore"):
            if self.scale == 1.0 and self.offset == 0.0:
                return stored.astype(np.float32)
            values = np.empty(stored.shape, np.float32)
            flat, into = np.ascontiguousarray(stored).ravel(), values.reshape(-1)
            for start in range(0, flat.size, _PIECE):
                piece = slice(start, start + _PIECE)
                into[piece] = flat[piece] * np.float64(self.scale) + np.float64(self.offset)
        return values

    def _outside(
        self, stored: NDArray[Any], values: NDArray[np.float32], where: str
    ) -> NDArray[np.bool_] | None:
        """Which values, of those that are not settled, lie outside of the valid range."""
        valid = self.stored_valid or self.valid
        if valid is None:
            return None
        low, high = valid
        numbers = stored if self.stored_valid else values
        rounding = 1e-6 * max(abs(low), abs(high)) if numbers.dtype.kind == "f" else 0.0
        with np.errstate(invalid="ignore"):
            outside: NDArray[np.bool_] = (numbers < low - rounding) | (numbers > high + rounding)
        if not outside.any():
            return None
        unsettled = ~np.isnan(values)
        outside &= unsettled
        if self.from_file and outside.any() and (outside == unsettled).all():
            others = (values if self.stored_valid else stored)[outside]
            if ((others >= low) & (others <= high)).mean() > 0.5:
                raise Wco2Error(
                    f"{where}: every value lies outside the valid range {low:g} to {high:g} that "
                    "the file states; it seems to be meant for numbers "
                    f"{'after' if self.stored_valid else 'before'} scaling.",
                    'Say the range of values, valid = [low, high], with overrule = ["valid"].',
                )
        return outside

    def _check_codes(self, stored: NDArray[Any], missing: NDArray[np.bool_], where: str) -> None:
        found = [
            f"{code:g} {meaning}" for code, meaning in self.undecided if (stored == code).any()
        ]
        if found:
            raise Wco2Error(
                f"{where} holds codes beside values: {', '.join(found)}.",
                "Say which of them are missing and which mean 0: nodata = [...], zero = [...]; "
                "keep = [...] has those that are values.",
            )
        if self.zero_is_fill and ((stored == 0) & ~missing).any():
            raise Wco2Error(
                f"{where}: 0 is what its Zarr array holds where nothing was written, and it is "
                "there.",
                "Say what 0 means: nodata = [0] or keep = [0].",
            )

    def _check_marks(self, stored: NDArray[Any], values: NDArray[np.float32], where: str) -> None:
        """Refuse numbers that stand for missing values though nothing in the file says so.

        Parameters
        ----------
        values : NaN where missing, and where the number has been explained.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that all is NaN
            ends = float(np.nanmin(values)), float(np.nanmax(values))
        if math.isnan(ends[0]):
            return
        # The stored numbers behind the smallest and the largest value.
        low, high = sorted((end - self.offset) / self.scale for end in ends)
        if not self.percent and not may_be_marks(low, high):
            return
        numbers = stored[~np.isnan(values)]
        if self.percent and numbers.max() > 100:
            codes = np.unique(numbers[numbers > 100])
            shown = ", ".join(f"{code:g}" for code in codes[:8])
            raise Wco2Error(
                f"{where} is in %, and holds {shown}{', …' if codes.size > 8 else ''}.",
                f'If these are codes, say what they mean: nodata = ["101-{codes[-1]:g}"] or zero; '
                "else correct units.",
            )
        mark = mark_among(numbers)
        if mark is not None:
            count = int((numbers == mark).sum())
            raise Wco2Error(
                f"{where} holds {mark:.7g} in {count} of {stored.size} cells, and nothing says "
                "that it means a missing value.",
                f"Add nodata = [{mark:.7g}]; if it is a value, keep = [{mark:.7g}].",
            )


def decoding(
    attributes: Mapping[str, Any],
    dtype: np.dtype[Any],
    units: str | None,
    reading: Reading,
    where: str,
    *,
    netcdf: bool = False,
) -> Decoding:
    """How a variable with these attributes is decoded (CF conventions 2.5 and 8.1).

    Parameters
    ----------
    units : of the values, as the catalogue and the file agree.
    netcdf : whether the netCDF library wrote it, whose fill values count where none is named.

    Raises
    ------
    Wco2Error : when scale or offset have two sources, or can't be meant.
    """
    unsigned = dtype.kind == "i" and str(attributes.get("_Unsigned", "")).lower() == "true"
    wrap = 2.0 ** (8 * dtype.itemsize) if unsigned else 0.0

    def stored(name: str) -> list[float]:
        return [v + wrap if v < 0 and wrap else v for v in numbers(attributes.get(name))]

    missing = [v for name in ("_FillValue", "missing_value", "_fill_val") for v in stored(name)]
    if netcdf and not stored("_FillValue"):
        missing += [_UNWRITTEN[key] for key in [dtype.str[1:]] if key in _UNWRITTEN]
    scale, offset = _scaling(attributes, dtype, reading, where)
    kelvin_or_celsius(units, offset if reading.offset is None else 0.0, where)
    found: Codes = tuple((v, v) for v in missing if np.isfinite(v))
    stored_valid, valid = None, reading.valid
    if reading.valid is None and "valid" not in reading.overrule:
        stored_valid, valid = _valid(attributes, dtype, scale != 1.0 or offset != 0.0, stored)
    explained = found + reading.nodata + reading.zero + reading.keep
    return Decoding(
        missing=found,
        never=reading.nodata,
        zero=reading.zero,
        keep=reading.keep,
        scale=scale,
        offset=offset,
        stored_valid=stored_valid,
        valid=valid,
        from_file=reading.valid is None,
        unsigned=unsigned,
        undecided=_undecided(attributes, stored("flag_values"), units, explained),
        percent=bytes_of_percent(units, dtype.name, scale),
        zero_is_fill=bool(attributes.get("zarr_fill_is_zero")) and not _has_zero(explained),
    )


def numbers(value: Any) -> list[float]:
    """The numbers in an attribute: of one or several numbers, or a text with one ("-9999.f")."""
    if value is None:
        return []
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value)
        return [float(match[1])] if match else []
    array = np.asarray(value).ravel()[:1000]
    return [float(v) for v in array] if array.dtype.kind in "iuf" else []


def _scaling(
    attributes: Mapping[str, Any], dtype: np.dtype[Any], reading: Reading, where: str
) -> tuple[float, float]:
    stated_scale = next(iter(numbers(attributes.get("scale_factor"))), 1.0)
    stated_offset = next(iter(numbers(attributes.get("add_offset"))), 0.0)
    if reading.scale is not None and reading.offset is not None:
        return reading.scale, reading.offset
    replaced = "scale" in reading.overrule
    if reading.scale is not None:
        if stated_offset != 0.0 and not replaced:
            raise Wco2Error(
                f"{where}: the catalogue says scale = {reading.scale:g}, and the file offset = "
                f"{stated_offset:g} (with scale = {stated_scale:g}).",
                "Leave out scale to take both from the file, or say both scale and offset.",
            )
        return reading.scale, 0.0
    if reading.offset is not None:
        if stated_scale != 1.0 and not replaced:
            raise Wco2Error(
                f"{where}: the catalogue says offset = {reading.offset:g}, and the file scale = "
                f"{stated_scale:g} (with offset = {stated_offset:g}).",
                "Leave out offset to take both from the file, or say both scale and offset.",
            )
        return 1.0, reading.offset
    if not (np.isfinite(stated_scale) and np.isfinite(stated_offset)) or stated_scale == 0.0:
        raise Wco2Error(
            f"{where}: the file says scale = {stated_scale:g} and offset = {stated_offset:g}.",
            "Say scale and offset in the catalogue.",
        )
    if dtype.kind in "iu" and stated_scale >= _A_DIVISOR:
        raise Wco2Error(
            f"{where}: the file says scale = {stated_scale:g} of whole numbers. Some products "
            "mean a number to divide by.",
            f"Say which: scale = {1 / stated_scale:g} and offset = 0, or scale = "
            f"{stated_scale:g} and offset = 0.",
        )
    return stated_scale, stated_offset


def _valid(
    attributes: Mapping[str, Any], dtype: np.dtype[Any], packed: bool, stored: Any
) -> tuple[tuple[float, float] | None, tuple[float, float] | None]:
    """The valid range of stored numbers, or of values, as CF tells them apart: by their type."""
    ends = stored("valid_range")
    low, high = (ends[0], ends[1]) if len(ends) == 2 else (-np.inf, np.inf)
    low = next(iter(stored("valid_min")), low)
    high = next(iter(stored("valid_max")), high)
    if not (np.isfinite(low) or np.isfinite(high)) or low > high:
        return None, None
    names = [n for n in ("valid_range", "valid_min", "valid_max") if numbers(attributes.get(n))]
    of_values = (
        packed
        and dtype.kind in "iu"
        and any(
            isinstance(attributes[n], str) or np.asarray(attributes[n]).dtype.kind == "f"
            for n in names
        )
    )
    return (None, (low, high)) if of_values else ((low, high), None)


def _undecided(
    attributes: Mapping[str, Any], flags: list[float], units: str | None, explained: Codes
) -> tuple[tuple[float, str], ...]:
    """Flags among the values of a quantity; a variable of classes is made of nothing else."""
    if not flags or not is_quantity(units):
        return ()
    meanings = str(attributes.get("flag_meanings", "")).split()
    named = [meanings[k] if k < len(meanings) else "" for k in range(len(flags))]
    return tuple(
        (code, meaning)
        for code, meaning in zip(flags, named, strict=True)
        if not any(low <= code <= high for low, high in explained)
    )


def _has_zero(explained: Codes) -> bool:
    return any(low <= 0 <= high for low, high in explained)
