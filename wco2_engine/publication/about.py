"""What only its authors can say of a dataset: who made it, under which licence, where it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.escaping import is_plain_name, one_line, web_address
from wco2_engine.files import existing_file
from wco2_engine.inputs.toml import read_toml

_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"'<>`\\{}|^\[\]]+")  # without what ends a link in some text


@dataclass(frozen=True)
class Creator:
    """A person or a group, as a citation names them."""

    name: str
    given: str = ""
    affiliation: str = ""
    orcid: str = ""

    @property
    def cited(self) -> str:
        """Family name and initials."""
        initials = " ".join(f"{word[0]}." for word in re.split(r"[\s-]+", self.given) if word)
        return f"{self.name}, {initials}" if initials else self.name


@dataclass(frozen=True)
class About:
    """Facts of `publication.toml`; empty ones are not known, and are said to be so.

    Attributes
    ----------
    licence : an SPDX identifier, e.g. CC-BY-4.0.
    predictors : what the predictors are, in words: products, versions, references.
    abstract_en, abstract_zh : what the abstracts say besides what is known from the maps.
    include : files that belong to the dataset besides those of the study.
    tables : whether the tables of observations and training rows may be published; None where that
        is not known, and then they are not.
    date : of the publication, YYYY-MM-DD; today where it is empty.
    """

    title: str = ""
    version: str = ""
    licence: str = ""
    doi: str = ""
    url: str = ""
    publisher: str = ""
    contact: str = ""
    funding: str = ""
    predictors: str = ""
    abstract_en: str = ""
    abstract_zh: str = ""
    keywords: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    include: tuple[Path, ...] = ()
    tables: bool | None = None
    date: str = ""
    creators: tuple[Creator, ...] = ()

    @classmethod
    def read(cls, path: Path) -> About:
        """The facts of a TOML file; files that it includes are relative to its folder.

        Raises
        ------
        Wco2Error : for unknown keys, values of another kind, or an included file that is missing.
        """
        where = str(path)
        tables = read_toml(path, "Publication")
        check_names(tables, (item.name for item in fields(cls)), where)
        words: dict[str, Any] = {}
        for key, value in tables.items():
            if key == "creators":
                words[key] = _creators(value, where)
            elif key in ("keywords", "references", "include"):
                words[key] = _texts(value, f"{where}: {key}")
            elif key == "tables":
                words[key] = _yes_or_no(value, f"{where}: {key}")
            elif key == "date":
                words[key] = _day(value, f"{where}: {key}")
            else:
                words[key] = _text(value, f"{where}: {key}")
        words["include"] = _included(path.parent, words.get("include", ()), where)
        found = cls(**words)
        if found.doi and not _DOI.fullmatch(found.doi):
            raise Wco2Error(f"{where}: doi '{found.doi}' is none.", 'Write e.g. "10.1234/abcd".')
        if found.url and not web_address(found.url):
            raise Wco2Error(
                f"{where}: url '{found.url}' is no address of the web.",
                'Write e.g. "https://doi.org/10.1234/abcd".',
            )
        return found


def _included(folder: Path, names: tuple[str, ...], where: str) -> tuple[Path, ...]:
    """Files in a folder and below, each of another name: they lie side by side when published."""
    home = folder.resolve()
    found: dict[str, Path] = {}
    for name in names:
        path = existing_file(folder / name, "Included file")
        if home not in path.resolve().parents:
            raise Wco2Error(
                f"{where} includes {name}, which is outside of its folder.",
                f"Copy it to {folder} first, if it is to be published.",
            )
        if not is_plain_name(path.name):
            raise Wco2Error(f"{where} includes {path.name!r}.", "Give that file a plain name.")
        other = found.setdefault(path.name.casefold(), path)
        if other.resolve() != path.resolve():
            raise Wco2Error(
                f"{where} includes {other} and {path}, which are of one name.",
                "Name one of them otherwise: both go to extras/.",
            )
    return tuple(found.values())


def _creators(value: Any, where: str) -> tuple[Creator, ...]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise Wco2Error(f"{where}: creators are no list of tables.", "Write [[creators]] for each.")
    found = []
    for number, table in enumerate(value, start=1):
        place = f"{where}: creator {number}"
        check_names(table, (item.name for item in fields(Creator)), place)
        if not table.get("name"):
            raise Wco2Error(f"{place} has no name.", 'Write name = "Family name".')
        creator = Creator(**{k: _text(v, f"{place}: {k}") for k, v in table.items()})
        if creator.orcid and not _ORCID.fullmatch(creator.orcid):
            raise Wco2Error(
                f"{place}: orcid '{creator.orcid}' is none.", 'Write "0000-0002-1825-0097".'
            )
        found.append(creator)
    return tuple(found)


def _yes_or_no(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise Wco2Error(
            f"{where} = {value!r} is neither true nor false.",
            "Say true only if the licences of all tables allow to publish them.",
        )
    return value


def _day(value: Any, where: str) -> str:
    try:
        return (value if type(value) is dt.date else dt.date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError):
        raise Wco2Error(f"{where} = {value!r} is no day.", 'Write "2024-05-01".') from None


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise Wco2Error(f"{where} is no text ({value!r}).", "Put it in quotes.")
    return one_line(value)


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise Wco2Error(f"{where} is no list of texts ({value!r}).", 'Write ["…", "…"].')
    return tuple(_text(each, where) for each in value)
