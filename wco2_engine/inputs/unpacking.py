"""Files out of archives, for as long as they are read."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import IO

from wco2_engine.errors import Wco2Error, archive_errors, disk_errors
from wco2_engine.inputs.patterns import Found

BLOCK = 1 << 20
RESERVE = 200_000_000  # bytes of disk that stay free
MAX_RATIO = 2000  # of unpacked to packed bytes: zip and gzip reach about 1000 at most


def unpacked(found: Found, folder: Path) -> Path:
    """The file itself: where it is, or unpacked into `folder` out of its archive.

    Raises
    ------
    Wco2Error : when it is damaged, or would fill the disk.
    """
    packed = found.path.name.lower().endswith(".gz")
    if not found.member and not packed:
        return found.path
    name = Path(found.member).name if found.member else found.path.name
    inside_gz = name.lower().endswith(".gz")
    name = name[:-3] if inside_gz else name
    # Members of two archives may share a name.
    where = hashlib.sha256(str(found).encode()).hexdigest()[:12]
    target = folder / where / name
    if target.is_file():
        return target
    partial = target.with_name(f"{name}.partial")
    try:
        with disk_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with _Packed(found, inside_gz) as (source, size, compressed):
                _check_room(found, size, folder)
                with partial.open("wb") as out:
                    _copy(source, out, found, compressed, folder)
            partial.replace(target)
    except archive_errors() as error:
        raise Wco2Error(
            f"{found} can't be unpacked: {error}.",
            "It looks truncated or damaged, or is locked by a password: download it again.",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


class _Packed:
    """A packed file, its size unpacked (0 where unknown), and its size packed."""

    def __init__(self, found: Found, gz: bool) -> None:
        self._found, self._gz = found, gz
        self._closing: list[IO[bytes] | zipfile.ZipFile | gzip.GzipFile] = []

    def __enter__(self) -> tuple[IO[bytes], int, int]:
        found = self._found
        size = 0
        compressed = found.path.stat().st_size
        if found.member:
            archive = zipfile.ZipFile(found.path)
            self._closing.append(archive)
            about = archive.getinfo(found.member)
            size, compressed = about.file_size, about.compress_size
            source: IO[bytes] = archive.open(about)
        else:
            source = found.path.open("rb")
        self._closing.append(source)
        if self._gz:
            unzipped = gzip.GzipFile(fileobj=source)
            self._closing.append(unzipped)
            return unzipped, 0, compressed  # type: ignore[return-value]
        return source, size, compressed

    def __exit__(self, *about: object) -> None:
        for each in reversed(self._closing):
            each.close()


def _copy(source: IO[bytes], out: IO[bytes], found: Found, compressed: int, folder: Path) -> None:
    written = 0
    while block := source.read(BLOCK):
        out.write(block)
        written += len(block)
        if written > MAX_RATIO * max(compressed, 1000):
            raise Wco2Error(
                f"{found} unpacks to more than {MAX_RATIO} times its size.",
                "No download does: it is not what it seems.",
            )
        if written % (64 * BLOCK) == 0:
            _check_room(found, 0, folder)


def _check_room(found: Found, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size + RESERVE > free:
        raise Wco2Error(
            f"{found} needs {size / 1e9:.1f} GB to be unpacked, and {free / 1e9:.1f} GB are free "
            f"in {folder}.",
            "Make space, or choose another folder with --stack.",
        )
