"""One run at a time in an output folder, by a lock that ends with the process that holds it."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wco2_engine.errors import Wco2Error, disk_errors

NAME = ".lock"
# What file systems without locks answer: some network and cluster ones, unless told to have them.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def locked(folder: Path, name: str = NAME) -> Iterator[bool]:
    """Hold a folder for one run; False where its file system has no locks.

    The system drops the lock when the process ends in whatever way. A file that a killed run left
    behind is locked by nobody, and is used again.

    Parameters
    ----------
    name : of the lock's file: runs that may go on beside each other have different ones.

    Raises
    ------
    Wco2Error : when another run holds the folder, or it can't be written to.
    """
    path = folder / name
    while True:
        with disk_errors(path):
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            held = _hold(descriptor, folder)
        except BaseException:
            os.close(descriptor)
            raise
        if not held or _is(descriptor, path):
            break
        os.close(descriptor)  # its holder removed the file while we opened it
    try:
        yield held
    finally:
        if sys.platform == "win32":  # which removes no file that is open
            os.close(descriptor)
        with suppress(OSError):  # of no matter: what is left is locked by nobody
            path.unlink(missing_ok=True)
        if sys.platform != "win32":
            os.close(descriptor)


def _is(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _hold(descriptor: int, folder: Path) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK):
            raise Wco2Error(
                f"Another run is writing to {folder}.",
                "Wait until it is done, stop it, or name another output folder.",
            ) from error
        raise
    return True
