"""What people read, in their language: translated where it is shown, and nowhere else.

The engine says everything in English, as plain sentences; jobs, files and JSON stay as they are. A
catalogue (`zh.toml` for pages and terminal, `zh/PACKAGE.toml` for what a package of the engine
says) has the sentences as the source writes them, with {0}, {1} … for what is filled in. So a
sentence is known by its own words when it comes to a page or a terminal, wherever it was made, and
what is filled in is put into the translation, itself translated where it is known: but not what
English has in quotes, nor {0!}, which are names. What has no translation stays English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ENGLISH, CHINESE = "en", "zh"
LANGUAGES = (ENGLISH, CHINESE)
_FIELD = re.compile(r"\{(\d)\}")
_FILLED = re.compile(r"\{(\d)(!?)\}")  # in a translation
_QUOTED = re.compile(r"'\{(\d)\}'")
_A_WORD = re.compile(r"[A-Za-z]{2}|%")
_LONGEST = 2000  # characters of a sentence that is looked for
_MOST_PARTS = 16  # sentences and clauses that may follow one another in a text
_FEW, _FEW_IN_ALL = 6, 7  # letters
_CLOSES = {
    ",": "\N{FULLWIDTH COMMA}",
    ":": "\N{FULLWIDTH COLON}",
    ";": "\N{FULLWIDTH SEMICOLON}",
}
_WIDE_STOPS = "\N{IDEOGRAPHIC FULL STOP}\N{FULLWIDTH QUESTION MARK}" + "".join(_CLOSES.values())
_OWN_SPACE = re.compile(f"([{_WIDE_STOPS}]) ")
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
    if language == ENGLISH or len(text) > _LONGEST or not _A_WORD.search(text):
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
    text : with {0}, {1} … for what is filled in.
    told : its longest stretch without a field, which is looked for before anything is matched.
    """

    text: str
    told: str
    translation: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What fits it; made when it is needed, for there are many sentences."""
        # A field of a sentence with few words of its own is one word, or it would fit anything.
        letters = sum(letter.isalpha() for letter in _FIELD.sub("", self.text))
        enough = len(self.told) >= _FEW or letters >= _FEW_IN_ALL
        field = "(.*?)" if enough else r"(\S*?)"
        return re.compile(field.join(map(re.escape, _FIELD.split(self.text)[::2])), re.DOTALL)


@dataclass(frozen=True)
class Catalogue:
    """The texts of a language, by their English."""

    whole: Mapping[str, str]
    sentences: tuple[_Sentence, ...]

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Catalogue:
        texts = {**_without_place(texts), **texts}
        sentences = [_sentence(text, other) for text, other in texts.items() if "{0}" in text]
        # The closest first.
        sentences.sort(key=lambda sentence: -len(_FIELD.sub("", sentence.text)))
        whole = {text: other for text, other in texts.items() if "{0}" not in text}
        return cls(whole, tuple(sentences))

    def translate(self, text: str) -> str:
        """A text whose parts are known: one sentence, several, or one behind what it is said of."""
        known = self._known(text)
        if known is not None:
            return known
        parts = re.split(r"(?<=[.:;,]) (?=\S)", text)
        listed = not any(" " in part for part in parts)  # names, among which may be known words
        if listed or not 1 < len(parts) <= _MOST_PARTS:
            return text
        done: list[str] = []
        start = 0
        while start < len(parts):
            for end in range(len(parts), start, -1):
                found = self._clause(" ".join(parts[start:end]))
                if found is not None:
                    break
            else:
                found, end = parts[start], start + 1
            done.append(found)
            start = end
        return _OWN_SPACE.sub(r"\1", " ".join(done))

    def _clause(self, text: str) -> str | None:
        """The translation of a sentence or of a clause of one, with what closes it."""
        found = self._known(text)
        if found is None and text[-1:] in _CLOSES:
            found = self._known(text[:-1])
            if found is not None:
                found += _CLOSES[text[-1]]
        return found

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
                    return text.replace(bare, self._filled(sentence, match))
        return None

    def _filled(self, sentence: _Sentence, match: re.Match[str]) -> str:
        names = set(_QUOTED.findall(sentence.text))

        def fill(field: re.Match[str]) -> str:
            value = match[int(field[1]) + 1]
            return value if field[2] or field[1] in names else self.translate(value)

        return _FILLED.sub(fill, sentence.translation)


def _without_place(texts: Mapping[str, str]) -> dict[str, str]:
    """Sentences of which "{0}: " says where, without it: the place may have been told before."""
    place, other_place = "{0}: ", "{0}\N{FULLWIDTH COLON}"
    return {
        _counted_down(text, place): _counted_down(other, other_place)
        for text, other in texts.items()
        if text.startswith(place) and other.startswith(other_place) and len(text) > len(place) + 3
    }


def _counted_down(text: str, place: str) -> str:
    return _FILLED.sub(lambda field: f"{{{int(field[1]) - 1}{field[2]}}}", text[len(place) :])


def _sentence(text: str, translation: str) -> _Sentence:
    parts = _FIELD.split(text)[::2]
    return _Sentence(text, max(parts, key=len).strip(), translation)


@lru_cache
def _catalogue(language: str) -> Catalogue:
    return Catalogue.of(texts(language))


def texts(language: str) -> dict[str, str]:
    """All texts of a language but those of templates, by their English."""
    tables = _tables(language)
    return {t: o for name in tables if name != "templates" for t, o in tables[name].items()}


@lru_cache
def _tables(language: str) -> Mapping[str, Mapping[str, str]]:
    folder = Path(__file__).parent
    tables = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    for path in sorted((folder / language).glob("*.toml")):
        tables[f"{language}/{path.stem}"] = tomllib.loads(path.read_text(encoding="utf-8"))
    return tables
