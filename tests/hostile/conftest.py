"""What tests of hostile inputs share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .base import Base, make_base
from .listening import Listener, listening


@pytest.fixture(scope="session")
def ear() -> Iterator[Listener]:
    """A listening server."""
    with listening() as listener:
        yield listener


@pytest.fixture
def deaf(ear: Listener) -> Iterator[Listener]:
    """The listening server, which must have heard nothing by the end of the test."""
    before = len(ear.heard)
    yield ear
    assert ear.heard[before:] == []


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """A small study that was run: what generators change."""
    return make_base(tmp_path_factory.mktemp("base"))
