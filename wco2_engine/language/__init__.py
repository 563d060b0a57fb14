"""What people read, in their language: translated where it is shown, and nowhere else.

The engine says everything in English, as plain sentences; jobs, files and JSON stay as they are. A
catalogue (`zh.toml`) has the sentences as the source writes them, with {0}, {1} … for what is
filled in. So a sentence is known by its own words when it comes to a page or a terminal, wherever
it was made, and what is filled in is put into the translation. What has no translation stays
English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = (ENGLISH, CHINESE)
_FIELD = re.compile(r"\{(\d)\}")
_LONGEST = 2000  # characters of a sentence that is looked for
_MOST_PARTS = 16  # sentences and clauses that may follow one another in a text
_FEW = 6  # letters
_spoken: ContextVar[str] = ContextVar("spoken", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Show people what happens within in this language."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The language that people are spoken to in."""
    return _spoken.get()


def of_locale(environment: Mapping[str, str]) -> str:
    """The language that a system's variables ask for; English where there is no other."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return CHINESE if environment[name].lower().startswith("zh") else ENGLISH
    return ENGLISH


def translated(text: str, language: str | None = None) -> str:
    """A text in a language, the spoken one by default; as it is where no translation is known."""
    language = language or spoken()
    if language == ENGLISH or not text or len(text) > _LONGEST:
        return text
    return _catalogue(language).translate(text)


def passages(source: str) -> str:
    """A page's template in the spoken language."""
    if spoken() == ENGLISH:
        return source
    for passage, other in _tables(spoken())["templates"].items():
        source = source.replace(passage, other)
    return source


@dataclass(frozen=True)
class _Sentence:
    """A sentence with fields.

    Attributes
    ----------
    told : its longest stretch without a field, which is looked for before anything is matched.
    """

    told: str
    pattern: re.Pattern[str]
    translation: str


@dataclass(frozen=True)
class Catalogue:
    """The texts of a language, by their English."""

    whole: Mapping[str, str]
    sentences: tuple[_Sentence, ...]

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Catalogue:
        sentences = [_sentence(text, other) for text, other in texts.items() if "{0}" in text]
        sentences.sort(key=lambda sentence: -len(sentence.pattern.pattern))  # the closest first
        whole = {text: other for text, other in texts.items() if "{0}" not in text}
        return cls(whole, tuple(sentences))

    def translate(self, text: str) -> str:
        """A text whose parts are known: one sentence, several, or one behind what it is said of."""
        known = self._known(text)
        if known is not None:
            return known
        parts = re.split(r"(?<=[.:;,]) (?=\S)", text)
        if not 1 < len(parts) <= _MOST_PARTS:
            return text
        done: list[str] = []
        start = 0
        while start < len(parts):
            for end in range(len(parts), start, -1):
                found = self._known(" ".join(parts[start:end]))
                if found is not None:
                    break
            else:
                found, end = parts[start], start + 1
            done.append(found)
            start = end
        return " ".join(done)

    def _known(self, text: str) -> str | None:
        """The translation of a text that is one sentence; None where there is none."""
        bare = text.strip()
        found = self.whole.get(bare)
        if found is not None:
            return text.replace(bare, found)
        for sentence in self.sentences:
            if sentence.told in bare:
                match = sentence.pattern.fullmatch(bare)
                if match:
                    return text.replace(bare, self._filled(sentence.translation, match))
        return None

    def _filled(self, translation: str, match: re.Match[str]) -> str:
        fields = [self.translate(field) for field in match.groups()]
        return _FIELD.sub(lambda field: fields[int(field[1])], translation)


def _sentence(text: str, translation: str) -> _Sentence:
    parts = _FIELD.split(text)[::2]
    # A field of a sentence with few words of its own is one word, or it would fit anything.
    field = "(.*?)" if len(max(parts, key=len).strip()) >= _FEW else r"(\S*?)"
    pattern = field.join(map(re.escape, parts))
    return _Sentence(max(parts, key=len).strip(), re.compile(pattern, re.DOTALL), translation)


@lru_cache
def _catalogue(language: str) -> Catalogue:
    return Catalogue.of(texts(language))


def texts(language: str) -> dict[str, str]:
    """All texts of a language but those of templates, by their English."""
    tables = _tables(language)
    return {t: o for name in tables if name != "templates" for t, o in tables[name].items()}


@lru_cache
def _tables(language: str) -> Mapping[str, Mapping[str, str]]:
    path = Path(__file__).with_name(f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
