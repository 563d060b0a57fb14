"""Which encoding the bytes of a text table are in: by its mark, or by what decodes and makes sense.

UTF-8 and UTF-16 are known by their byte order marks, UTF-8 also by strict decoding, which text of
another encoding practically never passes. What is left is told by evidence, because many encodings
decode anything: a text is Chinese in GB18030 where nearly all of its signs are those of GB 2312,
most of them of its first level (the 3,755 common ones); it is Windows-1252 (with Latin-1 inside it)
where letters with accents stand alone or in pairs beside plain letters; it is Windows-1251 or
KOI8-R where whole words are Cyrillic. Where none or two of these hold, the table is refused, never
guessed.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wco2_engine.errors import Wco2Error

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),  # its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_SAMPLE = 200_000  # signs that are looked at as evidence
_SHOWN = 24
_WORD = re.compile(r"[^\x00-\x7f]+")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_MOST_ACCENTS = 2  # one after the other: Hyytiälä, Säätiö
_HINT = "Save the table as CSV in UTF-8 (Excel: 'CSV UTF-8')."


@dataclass(frozen=True)
class Decoded:
    """A text, and the encoding it was read by.

    Parameters
    ----------
    evidence : a part of the text that only this encoding explains; "" where a mark or UTF-8 does.
    """

    text: str
    encoding: str
    evidence: str = ""


def decoded(data: bytes, path: Path) -> Decoded:
    """The text of a file.

    Raises
    ------
    Wco2Error : when it holds NUL, its bytes don't fit their mark, or no single encoding is likely.
    """
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(codec)
            except UnicodeDecodeError as error:
                raise Wco2Error(
                    f"{path} begins with the mark of {name}, but byte {error.start + len(mark)} is "
                    "no part of such a text.",
                    _HINT,
                ) from error
            return _without_nul(Decoded(text, name), path)
    if b"\0" in data:
        at = data.index(b"\0")
        line = data.count(b"\n", 0, at) + 1
        raise Wco2Error(
            f"{path} is no text: line {line} holds a NUL byte.",
            "If it is UTF-16 without a mark, or damaged, save the table again as CSV in UTF-8.",
        )
    try:
        return Decoded(data.decode("utf-8"), "UTF-8")
    except UnicodeDecodeError as error:
        bad = error.start
    _check_damaged(data, path, bad)
    return _by_evidence(data, path, bad)


def _check_damaged(data: bytes, path: Path, bad: int) -> None:
    """A text that is UTF-8 but for few bytes is a damaged one, not one of another encoding."""
    text = data.decode("utf-8", errors="replace")
    damaged = text.count("\ufffd")
    sound = sum(not c.isascii() for c in text) - damaged
    if sound >= 10 * damaged:
        line = data.count(b"\n", 0, bad) + 1
        raise Wco2Error(
            f"{path} is UTF-8, but line {line} holds bytes that are not.",
            "It was cut or put together from several files: mend that line, or save it again.",
        )


def _without_nul(found: Decoded, path: Path) -> Decoded:
    at = found.text.find("\0")
    if at >= 0:
        line = found.text.count("\n", 0, at) + 1
        raise Wco2Error(f"{path} is no text: line {line} holds a NUL.", _HINT)
    return found


def _by_evidence(data: bytes, path: Path, bad: int) -> Decoded:
    likely: list[Decoded] = []
    for codec, name, makes_sense in _ENCODINGS:
        try:
            text = data.decode(codec)
        except UnicodeDecodeError:
            continue
        if makes_sense(data, text):
            match = _WORD.search(text)
            start = max(0, match.start() - 8) if match else 0
            shown = re.split(r'[\r\n,;\t"]', text[start : start + _SHOWN + 8])
            part = next((p for p in shown if _WORD.search(p)), "").strip()
            likely.append(Decoded(text, name, part))
    if len(likely) == 1:
        return likely[0]
    line = data.count(b"\n", 0, bad) + 1
    if not likely:
        raise Wco2Error(
            f"{path}: the text of line {line} is neither UTF-8 nor surely of another encoding.",
            _HINT,
        )
    readings = " or ".join(f"{one.encoding} ('{one.evidence}')" for one in likely)
    raise Wco2Error(f"{path}: the text of line {line} may be {readings}.", _HINT)


def _is_chinese(data: bytes, text: str) -> bool:
    """Nearly all signs are of GB 2312, and most ideographs of its first level."""
    signs = [c for c in text if not c.isascii()][:_SAMPLE]
    common = [c for c in signs if _in_gb2312(c)]
    ideographs = [c for c in common if "\u4e00" <= c <= "\u9fff"]
    first_level = [c for c in ideographs if c.encode("gb2312")[0] <= 0xD7]
    return (
        len(common) >= 0.9 * len(signs)
        and len(ideographs) >= 1
        and len(first_level) >= 0.6 * len(ideographs)
    )


def _in_gb2312(sign: str) -> bool:
    try:
        sign.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _is_western(data: bytes, text: str) -> bool:
    """Accented letters stand beside plain ones, not in long rows; other signs are usual ones."""
    if any(len(run) > _MOST_ACCENTS for run in _HIGH_RUN.findall(data)[:_SAMPLE]):
        return False
    for match in _WORD.finditer(text):
        run = match[0]
        around = text[max(0, match.start() - 1) : match.start()] + text[match.end() :][:1]
        letters = [c for c in run if c.isalpha()]
        if len(run) > 1 and letters and not any(c.isalpha() for c in around):
            return False
        if any(c not in _USUAL_SIGNS and not c.isalpha() for c in run):
            return False
        if len(run) > 1 and not letters:
            return False
    return True


_USUAL_SIGNS = "°µ²³±·¹\u2013\u2014\u2018\u2019\u201c\u201d…§ª½¼¾\u00d7‰\u00b4«»\u00a0"


_SIGNS = "№\u2013\u2014«»°…\u00a0"  # beside Cyrillic letters


def _is_cyrillic(data: bytes, text: str) -> bool:
    """Words of Cyrillic letters, capital letters only where a word begins or all through it."""
    letters = [c for c in text if not c.isascii()][:_SAMPLE]
    if any("CYRILLIC" not in unicodedata.name(c, "") and c not in _SIGNS for c in letters):
        return False
    words = re.findall(r"[\u0400-\u04ff]+", text)[:_SAMPLE]
    long = [word for word in words if len(word) >= 3]
    cased = [w for w in long if w.islower() or w.isupper() or w[1:].islower()]
    return len(long) >= 1 and len(cased) >= 0.9 * len(long)


_ENCODINGS: tuple[tuple[str, str, Callable[[bytes, str], bool]], ...] = (
    ("gb18030", "GB18030", _is_chinese),
    ("cp1252", "Windows-1252", _is_western),
    ("cp1251", "Windows-1251", _is_cyrillic),
    ("koi8-r", "KOI8-R", _is_cyrillic),
)
