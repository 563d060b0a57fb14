"""Arguments and options of a command, from the description of the job that it makes."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, Union, get_args, get_origin

import click

from wco2_engine.schema import Key, keys_of


def parameters_of(kind: type[Any], leave_out: tuple[str, ...] = ()) -> Iterator[click.Parameter]:
    """Arguments and options for the keys of a job, in their order.

    Parameters
    ----------
    leave_out : keys that the command makes from options of its own. Those that hold tables are
        always left out.
    """
    for key in keys_of(kind).values():
        if key.name not in leave_out and not key.option.table:
            yield _argument(key) if key.option.argument else _option(key)


def _argument(key: Key) -> click.Argument:
    if key.is_required:  # newer versions of click take a default of None for an answer
        return click.Argument([key.name], metavar=key.option.argument, required=True)
    return click.Argument(
        [key.name], metavar=key.option.argument, required=False, default=key.default
    )


def _option(key: Key) -> click.Option:
    flag = f"--{key.option.flag or key.name.replace('_', '-')}"
    flags = ["-o", flag] if key.name == "output" else [flag, key.name]
    said: dict[str, Any] = {"help": key.option.help, "required": key.is_required}
    kind = _plain_kind(key.hint)
    if kind is str and tuple[int, ...] in get_args(key.hint):
        said |= {"default": key.default, "show_default": True, "callback": _word_or_numbers}
        return click.Option(flags, **said)
    if kind is bool:
        if key.default is not False:
            both = [f"{flag}/--no-{flag[2:]}", key.name]
            said |= {"show_default": key.option.unset} if key.option.unset else {}
            return click.Option(both, default=key.default, **said)
        return click.Option(flags, is_flag=True, **said)
    if key.option.items:
        return click.Option(flags, nargs=len(key.option.items), type=float, **said)
    if get_origin(kind) is list:
        return click.Option(flags, multiple=True, callback=_as_list, **said)
    if not key.is_required:
        is_shown = key.default not in (None, "")
        said |= {"default": key.default, "show_default": key.option.unset or is_shown}
    if get_origin(kind) is tuple:
        said |= {"default": ",".join(key.default), "callback": _split}
        return click.Option(flags, **said)
    return click.Option(flags, type=kind, **said)


def _plain_kind(hint: Any) -> Any:
    """The type of a value that is given."""
    if get_origin(hint) in (Union, types.UnionType):
        return next(each for each in get_args(hint) if each is not type(None))
    return hint


def _as_list(context: click.Context, parameter: click.Parameter, items: Any) -> list[Any]:
    """What an option that may be repeated was given."""
    return list(items)


def _word_or_numbers(context: click.Context, parameter: click.Parameter, text: str) -> Any:
    """A word as it is; whole numbers, which commas part, as a list."""
    items = _split(context, parameter, text)
    return [int(item) for item in items] if all(item.isdecimal() for item in items) else text


def _split(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The items of a list, which commas part on the command line."""
    return [item for item in text.replace(" ", "").split(",") if item]
