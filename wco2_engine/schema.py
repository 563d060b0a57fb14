"""One door for what people and programs write: JSON and TOML become frozen dataclasses.

The type of a field says what kind of value it takes, its `option` which values these may be and
what they mean. Commands, job files, study files and the tables of the docs are made from the same
descriptions, so that an option is described once. Whatever is wrong is one `Wco2Error` that names
where it stands, the key, the value and what would be right.
"""

from __future__ import annotations

import math
import os
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from wco2_engine.errors import Wco2Error, check_names, nearest_name

DEEPEST = 20  # of tables and lists in each other
LONGEST_TEXT = 20_000  # characters
LARGEST_WHOLE = 2**63 - 1
LONGEST_PATH, LONGEST_NAME = 4_000, 250  # bytes; Linux allows 4,095 and 255
LONGEST_OUTPUT = 200  # bytes; a partial file has a longer name

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Option:
    """What a field means, and which values it may have.

    Attributes
    ----------
    help : a sentence for people who call the command.
    title : a few words for a dialog.
    more : what the docs say besides `help`.
    unset : what holds where it is not given, where the default does not say so itself.
    least, most, above, below : bounds of a number, the first two included.
    choices : the texts that it may be; of a list, each of its items.
    path : whether it names what is read, or what is written.
    items : what the items of a list of this length are.
    table : the dotted name of a dataclass that a table here has to fit, or each of a list.
    argument : its name where a command takes it by its place; else the command has an option.
    flag : the name of that option, where it is not the field's.
    """

    help: str
    title: str = ""
    more: str = ""
    unset: str = ""
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    path: Literal["", "read", "written"] = ""
    items: tuple[str, ...] = ()
    table: str = ""
    argument: str = ""
    flag: str = ""

    @property
    def range(self) -> str:
        """The bounds in words; "" for none."""
        if self.above is not None and self.below is not None:
            return f"between {self.above:g} and {self.below:g}"
        if self.above is not None:
            most = "" if self.most is None else f" and at most {self.most:g}"
            return f"above {self.above:g}{most}"
        if self.least is not None and self.most is not None:
            return f"from {_plain_number(self.least)} to {_plain_number(self.most)}"
        return "" if self.least is None else f"{_plain_number(self.least)} or more"

    def holds(self, number: float) -> bool:
        """Whether a finite number is within the bounds."""
        return (
            (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )


NOTHING_SAID = Option(help="")


def option(help_: str, default: Any = MISSING, **said: Any) -> Any:
    """A field of a dataclass, described; see `Option`. A list is taken as the default's copy."""
    metadata = {"option": Option(help=help_, **said)}
    if isinstance(default, list | dict):
        kind, items = type(default), default
        return field(default_factory=lambda: kind(items), metadata=metadata)
    return field(default=default, metadata=metadata)


def group(kind: type[T], default: T | None = None) -> T:
    """A field that holds described options of its own, whose keys stand beside the other fields'.

    Parameters
    ----------
    default : where it is not the group's own.
    """
    made: T = field(
        default_factory=kind if default is None else lambda: default, metadata={"group": True}
    )
    return made


def same_option(kind: type[Any], name: str, default: Any = MISSING) -> Any:
    """A field described as that of another dataclass, with another default where one is given."""
    item = next(item for item in fields(kind) if item.name == name)
    default = item.default if default is MISSING else default
    return field(default=default, metadata=item.metadata)


@dataclass(frozen=True)
class Key:
    """A key of JSON or TOML: a field, or one of a group in it."""

    name: str
    hint: Any
    option: Option
    default: Any  # MISSING where there is none
    of: str = ""  # the field that holds the group

    @property
    def is_required(self) -> bool:
        return self.default is MISSING


def keys_of(kind: type[Any]) -> Mapping[str, Key]:
    """The keys of a described dataclass by name, those of its groups among them."""
    if kind in _KEYS:
        return _KEYS[kind]
    hints = get_type_hints(kind)
    found: dict[str, Key] = {}
    for item in fields(kind):
        if item.metadata.get("group"):
            own = item.default_factory() if item.default_factory is not MISSING else None
            for key in keys_of(hints[item.name]).values():
                default = _value_of(own, key.name)
                found[key.name] = Key(key.name, key.hint, key.option, default, item.name)
            continue
        made = item.default_factory() if item.default_factory is not MISSING else item.default
        said = item.metadata.get("option", NOTHING_SAID)
        found[item.name] = Key(item.name, hints[item.name], said, made)
    _KEYS[kind] = found
    return found


_KEYS: dict[type[Any], Mapping[str, Key]] = {}


def _value_of(values: Any, name: str) -> Any:
    """The value of a key, which may be one of a group."""
    key = keys_of(type(values))[name]
    return _value_of(getattr(values, key.of), name) if key.of else getattr(values, name)


def build(kind: type[T], values: Any, where: str) -> T:
    """A described dataclass from plain values by their keys.

    Parameters
    ----------
    where : what the values come from, for messages.

    Raises
    ------
    Wco2Error : for an unknown key, one that is missing, or a value that can't be.
    """
    check_table(kind, values, where)
    keys = keys_of(kind)
    own: dict[str, Any] = {}
    of_group: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        key = keys[name]
        target = of_group.setdefault(key.of, {}) if key.of else own
        target[name] = _settled(value, key.hint)
    try:
        for item in fields(kind):  # type: ignore[arg-type]
            if item.metadata.get("group") and item.default_factory is not MISSING:
                given = of_group.get(item.name, {})
                default = item.default_factory()
                whole = {one.name: getattr(default, one.name) for one in fields(default)}
                own[item.name] = _grouped(type(default), whole, given)
        return kind(**own)
    except Wco2Error as error:
        raise Wco2Error(f"{where}: {error.message}", error.hint) from error


def _grouped(kind: type[Any], whole: dict[str, Any], given: dict[str, Any]) -> Any:
    """A group with what is given; keys of a group within it go there."""
    keys = keys_of(kind)
    inner: dict[str, dict[str, Any]] = {}
    for name, value in given.items():
        if keys[name].of:
            inner.setdefault(keys[name].of, {})[name] = value
        else:
            whole[name] = value
    for name, values in inner.items():
        default = whole[name]
        parts = {one.name: getattr(default, one.name) for one in fields(default)}
        whole[name] = _grouped(type(default), parts, values)
    return kind(**whole)


def check_table(kind: type[Any], values: Any, where: str, others_too: bool = False) -> None:
    """Raise where plain values by their keys would make no `kind`.

    Parameters
    ----------
    others_too : let keys that are not known pass, as a later version may write some.

    Raises
    ------
    Wco2Error : for an unknown key, one that is missing, or a value that can't be.
    """
    if not isinstance(values, Mapping):
        raise Wco2Error(f"{where} is {shown(values)}, which is no table of keys and values.")
    check_plain(values, where)
    keys = keys_of(kind)
    if not others_too:
        check_names(values, keys, where)
    missing = [key.name for key in keys.values() if key.is_required and key.name not in values]
    if missing:
        what = [keys[name].option.help for name in missing]
        raise Wco2Error(f"{where} lacks {', '.join(missing)}.", " ".join(filter(None, what)))
    for name, value in values.items():
        if name in keys:
            check_value(value, keys[name], where)


def check_fields(values: Any) -> None:
    """Raise where a field of a described dataclass is not what its description allows.

    Raises
    ------
    Wco2Error : naming the field, its value and what is right.
    """
    kind = type(values)
    hints = get_type_hints(kind)
    for item in fields(kind):
        if "option" in item.metadata:
            value = getattr(values, item.name)
            check_plain(value, item.name)
            check_value(value, Key(item.name, hints[item.name], item.metadata["option"], None))


def check_value(value: Any, key: Key, where: str = "") -> None:
    """Raise where a value is not what its key allows.

    Raises
    ------
    Wco2Error : naming the key, the value and what is right.
    """
    of = f"{where}: " if where else ""
    said = key.option
    if not _fits(value, key.hint):
        right = kind_name(key.hint)
        if said.items:
            right = f"a list of {', '.join(said.items)}"
        raise Wco2Error(f"{of}{key.name} = {shown(value)} is not {right}.", _choices(said))
    if said.items and isinstance(value, list | tuple) and len(value) != len(said.items):
        raise Wco2Error(f"{of}{key.name} = {shown(value)} is not {', '.join(said.items)}.")
    if said.table and isinstance(value, str):
        check_path(value, f"{of}{key.name}")
    elif said.table and value:
        described = _described(said.table)
        for one in value if isinstance(value, list | tuple) else [value]:
            check_table(described, one, f"{of}{key.name}")
        return
    for one in value if isinstance(value, list | tuple) else [value]:
        _check_one(one, key.name, said, of)


def _check_one(value: Any, name: str, said: Option, of: str) -> None:
    if isinstance(value, str):
        if said.choices and value not in said.choices:
            plain = name.replace("_", " ")
            raise Wco2Error(f"{of}Unknown {plain} '{shown(value)[1:-1]}'.", _choices(said, value))
        if said.path:
            check_path(value, f"{of}{name}", written=said.path == "written")
    elif isinstance(value, int | float) and not isinstance(value, bool) and not said.holds(value):
        raise Wco2Error(f"{of}{name} = {shown(value)} is not {said.range}.")


def check_plain(value: Any, where: str) -> None:
    """Raise where values from JSON or TOML are too deep, too long or too large to be meant.

    Raises
    ------
    Wco2Error : for a text with a NUL character or half a surrogate pair, or of more than 20,000
        characters; a whole number beyond 64 bits; more than 20 tables or lists in each other.
    """
    left: list[tuple[Any, str, int]] = [(value, "", 0)]
    while left:
        one, name, depth = left.pop()
        at = f"{where}: {name}" if name else where
        if isinstance(one, str):
            _check_text(one, at)
        elif isinstance(one, int) and not -LARGEST_WHOLE - 1 <= one <= LARGEST_WHOLE:
            raise Wco2Error(
                f"{at} = {shown(one)} is too large a number.",
                f"Whole numbers go up to {LARGEST_WHOLE}.",
            )
        elif isinstance(one, Mapping | list | tuple):
            if depth == DEEPEST:
                raise Wco2Error(f"{at} is nested deeper than {DEEPEST} tables or lists.")
            if isinstance(one, Mapping):
                for key in one:
                    _check_text(str(key), f"{at}: a key")
                above = f"{name}." if name else ""
                left += [(each, f"{above}{key}", depth + 1) for key, each in one.items()]
            else:
                left += [(each, name, depth + 1) for each in one]


def _check_text(text: str, at: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise Wco2Error(
            f"{at} is a text of {len(text)} characters.", f"At most {LONGEST_TEXT} can be meant."
        )
    if "\0" in text:
        raise Wco2Error(f"{at} = {shown(text)} holds a NUL character.", "Leave it out.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Wco2Error(
            f"{at} = {shown(text)} holds half of a surrogate pair, which is no character.",
            "Write the text as UTF-8.",
        )


def check_path(path: str, where: str, written: bool = False) -> None:
    """Raise for a text that can name no file.

    Parameters
    ----------
    written : it names what is to be written, beside which a partial file needs a longer name.

    Raises
    ------
    Wco2Error : for an empty or overlong path or name, and for characters that no name has.
    """
    _check_text(path, where)
    if not path.strip():
        raise Wco2Error(f"{where} is empty.", "Name a file or folder.")
    if path.startswith("~"):
        try:
            Path(path).expanduser()
        except RuntimeError as error:
            raise Wco2Error(
                f"{where} = {shown(path)} begins with the home of a user who is not there.",
                "Write the whole path.",
            ) from error
    longest = LONGEST_OUTPUT if written else LONGEST_NAME
    names = () if path.startswith("/vsi") else Path(path).parts
    too_long = len(os.fsencode(path)) > LONGEST_PATH
    if too_long or any(len(os.fsencode(name)) > longest for name in names):
        raise Wco2Error(
            f"{where} = {shown(path)} is too long for the name of a file.",
            f"Names have at most {longest} bytes, paths {LONGEST_PATH}.",
        )


def to_plain(values: Any) -> dict[str, Any]:
    """The keys of a described dataclass and their values, as JSON holds them."""
    found: dict[str, Any] = {}
    for item in fields(values):
        value = getattr(values, item.name)
        if item.metadata.get("group"):
            found |= to_plain(value)
        else:
            found[item.name] = _as_json(value)
    return found


def _as_json(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return to_plain(value)
    if isinstance(value, Mapping):
        return {key: _as_json(each) for key, each in value.items()}
    return [_as_json(each) for each in value] if isinstance(value, list | tuple) else value


def _described(dotted: str) -> type[Any]:
    module, _, name = dotted.rpartition(".")
    kind: type[Any] = getattr(import_module(module), name)
    return kind


def _options_of(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in inner)
    if origin is Literal:
        return any(value == each and type(value) is type(each) for each in inner)
    if origin is list or (origin is tuple and inner[1:] == (Ellipsis,)):
        return isinstance(value, list | tuple) and all(_fits(each, inner[0]) for each in value)
    if origin is tuple:
        return (
            isinstance(value, list | tuple)
            and len(value) == len(inner)
            and all(map(_fits, value, inner))
        )
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping) and all(
            isinstance(name, str) and _fits(each, inner[1]) for name, each in value.items()
        )
    if hint is float:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if hint is None:
        return value is None
    return isinstance(value, hint)


def _settled(value: Any, hint: Any) -> Any:
    """A list as the tuple that a field asks for."""
    if isinstance(value, list) and any(get_origin(each) is tuple for each in _options_of(hint)):
        return tuple(value)
    return value


def kind_name(hint: Any) -> str:
    """What a value of a type is called in a message."""
    names = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    options = [each for each in _options_of(hint) if each is not type(None)]
    if len(options) > 1:
        return " or ".join(map(kind_name, options))
    hint = options[0]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin is list or inner[1:] == (Ellipsis,):
        return f"a list, each {kind_name(inner[0])}"
    if origin is tuple:
        return f"a list of {len(inner)}, each {kind_name(inner[0])}"
    return names.get(hint, "a table")


def shown(value: Any) -> str:
    """A value as a message quotes it: short, on one line."""
    if isinstance(value, int) and not -LARGEST_WHOLE - 1 <= value <= LARGEST_WHOLE:
        return f"a whole number of {value.bit_length()} bits"
    text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    return text if len(text) <= 100 else f"{text[:80]}…{text[-12:]}"


def _choices(said: Option, value: str = "") -> str:
    return nearest_name(value, said.choices) if said.choices else ""


def _plain_number(number: float) -> str:
    return f"{number:.0f}" if float(number).is_integer() else f"{number:g}"


__all__ = [
    "Key",
    "Option",
    "build",
    "check_fields",
    "check_path",
    "check_plain",
    "check_table",
    "check_value",
    "group",
    "keys_of",
    "kind_name",
    "option",
    "shown",
    "to_plain",
]
