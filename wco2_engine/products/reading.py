"""Reads the descriptions of products, strictly: a key that is not known is an error."""

from __future__ import annotations

import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.products.product import Product

FOLDER = Path(__file__).parent


@cache
def product_ids() -> tuple[str, ...]:
    """The ids of all products that are described here."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def all_products() -> tuple[Product, ...]:
    """All products, by their ids."""
    return tuple(product_of(name) for name in product_ids())


@cache
def product_of(name: str) -> Product:
    """The product of an id.

    Raises
    ------
    Wco2Error : when there is none, with the nearest one.
    """
    if name not in product_ids():
        raise Wco2Error(
            f"There is no product '{name}'.",
            f"{nearest_name(name, product_ids())} All: wco2 products",
        )
    path = FOLDER / f"{name}.toml"
    product = read_product(path.read_text(encoding="utf-8"), path.name)
    if product.id != name:
        raise Wco2Error(f"{path.name}: id = '{product.id}' is not the file's name.")
    return product


def read_product(text: str, where: str) -> Product:
    """A product from the text of its description.

    Raises
    ------
    Wco2Error : for an unknown or missing key, or a value of another kind, naming it.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Wco2Error(f"{where} is not valid TOML: {error}.") from error
    product: Product = _table(Product, data, where)
    return product


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _table(kind: Any, data: Any, where: str) -> Any:
    """A frozen dataclass from a table of its fields."""
    if not isinstance(data, Mapping):
        raise Wco2Error(f"{where} is no table.")
    hints = _hints(kind)
    check_names(data, hints, where)
    values = {}
    for item in fields(kind):
        if item.name in data:
            values[item.name] = _value(hints[item.name], data[item.name], f"{where}: {item.name}")
        elif item.default is MISSING and item.default_factory is MISSING:
            raise Wco2Error(f"{where}: {item.name} is missing.")
    return kind(**values)


def _value(kind: Any, value: Any, where: str) -> Any:
    """`value` as the kind that a field has: a table, a tuple, one of several words, a number."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(args, value, where)
    if origin is Literal:
        if value not in args:
            raise Wco2Error(f"{where} = {value!r}.", nearest_name(str(value), args))
        return value
    if is_dataclass(kind):
        return _table(kind, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise Wco2Error(f"{where} = {value!r} is no list.")
        if args[-1] is Ellipsis:
            return tuple(_value(args[0], each, f"{where}[{k}]") for k, each in enumerate(value))
        if len(value) != len(args):
            raise Wco2Error(f"{where} = {value!r} has not {len(args)} values.")
        return tuple(_value(a, each, where) for a, each in zip(args, value, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise Wco2Error(f"{where} is no table.")
        return {key: _value(args[1], each, f"{where}.{key}") for key, each in value.items()}
    return _plain(kind, value, where)


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    for kind in kinds:
        if kind is not type(None):
            try:
                return _value(kind, value, where)
            except Wco2Error:
                if kind is kinds[-1] or kinds[-1] is type(None):
                    raise
    raise Wco2Error(f"{where} = {value!r} is of another kind.")


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind is Any:
        return value
    if kind is float and type(value) in (int, float):
        return float(value)
    if type(value) is kind:
        return value
    raise Wco2Error(f"{where} = {value!r} is no {kind.__name__}.")
