"""Catalogues as jobs use them: what can't be read as it is, is prepared first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wco2_engine.progress import Progress
from wco2_engine.season import Month

if TYPE_CHECKING:
    from wco2_engine.inputs.catalogue import Catalogue
    from wco2_engine.stack.extent import Extent


def stack_folder(stack: str | None, catalogue: str, output: str) -> Path:
    """Where predictors are prepared: as asked, or beside the catalogue, or beside the output."""
    if stack is not None:
        return Path(stack)
    file = Path(catalogue).absolute()
    name = f"{file.stem}_stack"
    beside = file.parent / name
    if beside.is_dir() or os.access(file.parent, os.W_OK):
        return beside
    return Path(output).absolute().parent / name


def readable_catalogue(
    catalogue: str,
    months: Iterable[Month],
    extents: Sequence[Extent],
    stack: Path,
    progress: Progress,
    jobs: int,
) -> Catalogue:
    """The catalogue in a file, its predictors prepared where they have to be."""
    from wco2_engine.inputs.catalogue import Catalogue
    from wco2_engine.stack.prepare import prepared

    return prepared(Catalogue.read(catalogue), months, extents, stack, progress, jobs)


def catalogue_states(
    catalogue: str, months: Iterable[Month] | None, names: Sequence[str]
) -> list[str]:
    """The state of every file behind the named predictors that predicted months may need."""
    from wco2_engine.inputs.catalogue import Catalogue
    from wco2_engine.stack.prepare import states

    return states(Catalogue.read(catalogue).only(names), months)


def catalogue_with_units(catalogue: str, stack: Path) -> Catalogue:
    """The catalogue in a file, with the units that the model sees where the files say them."""
    from wco2_engine.inputs.catalogue import Catalogue
    from wco2_engine.stack.prepare import with_units

    return with_units(Catalogue.read(catalogue), stack)
