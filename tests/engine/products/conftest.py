"""Made-up downloads for all tests of products and of catalogues drafted from them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def made_up() -> ModuleType:
    """The module that makes downloads, with their truth."""
    path = Path(__file__).with_name("made_up.py")
    spec = importlib.util.spec_from_file_location("made_up_downloads", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def downloads(made_up: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of downloads of many products; nobody changes it."""
    folder: Path = made_up.make_downloads(tmp_path_factory.mktemp("downloads"))
    return folder
