"""What can go wrong through no fault of ours, said so that a user can mend it."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Wco2Error(Exception):
    """An input or a call is wrong.

    Parameters
    ----------
    message : what is wrong, naming the file, layer, column, row or band.
    hint : what to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[type[Wco2Error], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class Cancelled(Exception):
    """The user asked to stop. Finished files stay, partial ones are gone."""


def nearest_name(name: str, choices: Iterable[str]) -> str:
    """A hint that names the choice nearest to `name`, or all of them when none is near."""
    known = sorted(set(choices))
    lowered = {choice.lower(): choice for choice in known}
    near = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    if near:
        return f"Did you mean '{lowered[near[0]]}'?"
    if not known:
        return "There is nothing to choose from."
    shown = ", ".join(known[:20])
    return f"Known: {shown}{', …' if len(known) > 20 else '.'}"


def check_names(found: Iterable[str], known: Iterable[str], where: str) -> None:
    """Raise when `found` holds a name that `known` lacks.

    Raises
    ------
    Wco2Error : for the first unknown name, with the nearest known one as hint.
    """
    allowed = set(known)
    for name in found:
        if name not in allowed:
            raise Wco2Error(f"{where}: unknown key '{name}'.", nearest_name(name, allowed))


def archive_errors() -> tuple[type[Exception], ...]:
    """What reading a damaged or hostile zip or gzip file raises, in whatever member."""
    import lzma
    import struct
    import zipfile
    import zlib

    damaged = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError)
    # OSError has gzip's own; RuntimeError stands for a password, ValueError for names and sizes.
    return *damaged, OSError, RuntimeError, NotImplementedError, ValueError, KeyError, OverflowError


def gdal_errors() -> tuple[type[Exception], ...]:
    """What rasterio raises when GDAL fails, to be caught where rasters are opened or written.

    What GDAL itself raises, e.g. of a point beyond a projection, has its root in no public module.
    """
    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError, RasterioIOError

    return RasterioError, RasterioIOError, CPLE_BaseError


def reason_of(error: BaseException) -> str:
    """What went wrong in a library, in one line without a full stop."""
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is"
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def full_disk(path: Path | str) -> Wco2Error:
    """That a disk takes no more."""
    return Wco2Error(
        f"The disk is full: {path} could not be written.",
        "Make space and run the same command again; what was finished is kept.",
    )


@contextmanager
def disk_errors(path: Path | str) -> Iterator[None]:
    """Turn a full disk or a folder that can't be written into a `Wco2Error` that names `path`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise full_disk(path) from error
        if error.errno == errno.EFBIG:
            raise Wco2Error(
                f"{path} could not be written: the file grew larger than is allowed there.",
                "Choose a file system without such a limit, or look at ulimit -f.",
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise Wco2Error(
                f"{path} can't be written: {error.strerror}.",
                "Choose an output folder that you may write to.",
            ) from error
        if error.errno == errno.ENOENT:
            raise Wco2Error(
                f"{path} can't be written: its folder is not there and can't be made.",
                "Choose an output folder that you may write to.",
            ) from error
        if error.errno in (errno.ENAMETOOLONG, errno.ELOOP):
            raise Wco2Error(
                f"{str(path)[:80]}… can't be written: {error.strerror}.",
                "Choose another name for the output.",
            ) from error
        if error.errno in (errno.EIO, errno.ESTALE, errno.ETIMEDOUT):
            raise Wco2Error(
                f"{path} could not be written: {error.strerror}.",
                "The disk or the network share fails: look at it, then run the same command again.",
            ) from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            raise Wco2Error(
                f"{path} can't be written: a part of its path is a file, not a folder.",
                "Choose another output folder.",
            ) from error
        raise
