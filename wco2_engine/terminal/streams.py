"""Standard output and standard error of a process of our own: kept clean, and watched."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

MOST_NOISE = 4000  # characters of what libraries said, where it is shown


class OutputClosed(Exception):
    """Standard output or error takes nothing any more: its reader is gone, or its disk is full."""


class Watched:
    """A text stream that says by `OutputClosed` that nothing can be written to it."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self._name = stream, name

    def write(self, text: str) -> int:
        with self._said():
            return self._stream.write(text)

    def flush(self) -> None:
        with self._said():
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = error.strerror or str(error)
            raise OutputClosed(f"{self._name} could not be written: {why}.") from error


class Noise:
    """What libraries wrote to standard error by themselves, past Python."""

    def __init__(self, file: Any = None) -> None:
        self._file = file

    def text(self) -> str:
        """The end of it."""
        if self._file is None:
            return ""
        self._file.seek(0, os.SEEK_END)
        self._file.seek(max(0, self._file.tell() - MOST_NOISE))
        return str(self._file.read().decode("utf-8", "replace"))


_noise = Noise()


def noise() -> str:
    """The end of what libraries wrote to standard error, to be shown with a bug."""
    return _noise.text()


@contextmanager
def own_streams() -> Iterator[None]:
    """Watch both streams, and keep what libraries print from what is told people.

    GDAL, HDF5, eccodes and PROJ print beside our messages, which say the same with the file and
    the fix. Set CPL_DEBUG or Python's -W to see what they print. A stream that takes nothing any
    more ends the process with one message, where there is still a place for it, and exit code 2.
    """
    if sys.stdout is None:  # closed by whoever started this process
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    errors = _errors()
    for stream in (sys.stdout, errors):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
        sys.unraisablehook = _to_noise
        sys.excepthook = _to_noise_too
    sys.stdout = Watched(sys.stdout, "Standard output")
    sys.stderr = Watched(errors, "Standard error")
    try:
        yield
        sys.stdout.flush()
    except OutputClosed as error:
        _end(str(error))
    except Exception:
        sys.excepthook = sys.__excepthook__  # of ours, that nobody caught
        raise
    except SystemExit:
        try:
            sys.stdout.flush()
        except OutputClosed as error:
            _end(str(error))
        raise


def _to_noise(lost: Any) -> None:
    """Keep with the noise what a library could not raise, e.g. while a file was closed."""
    with suppress(OSError):
        os.write(2, f"{lost.err_msg or 'Ignored'}: {lost.exc_value!r}\n".encode("utf-8", "replace"))


def _to_noise_too(kind: type[BaseException], error: BaseException, _: Any) -> None:
    """Keep what a library printed as if it had ended the process, while a file was closed."""
    with suppress(OSError):
        os.write(2, f"{kind.__name__}: {error}\n".encode("utf-8", "replace"))


def _errors() -> TextIO:
    """Standard error for ourselves; that of libraries goes to a file that nobody sees."""
    global _noise
    if sys.stderr is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
    if "CPL_DEBUG" in os.environ:
        return sys.stderr
    try:
        sys.stderr.flush()
        ours = os.dup(2)
    except OSError:
        return sys.stderr
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        os.dup2(file.fileno(), 2)
        _noise = Noise(file)
    except OSError:  # nowhere to write
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    return os.fdopen(ours, "w", encoding=sys.stderr.encoding, buffering=1)


def _end(message: str) -> None:
    """Leave with one message, and with nothing that Python could still try to write."""
    with suppress(OutputClosed):
        sys.stderr.write(f"Error: {message}\n")
        sys.stderr.flush()
    os._exit(2)
