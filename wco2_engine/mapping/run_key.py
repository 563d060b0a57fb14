"""What makes one run the same as another, so that its finished tiles are taken or not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple

from wco2_engine import __version__
from wco2_engine.files import file_state
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.predictors import Sources
from wco2_engine.learning.model import Model
from wco2_engine.mapping.blocks import Work
from wco2_engine.mapping.record import tags_of

RunKey = Mapping[str, list[str]]


def run_key(model: Model, work: Work, sources: Sources) -> RunKey:
    """What makes one run the same as another: everything that its tiles depend on.

    Not the tile's size, which changes no cell.
    """
    schedule, products = work.schedule, work.schedule.products
    tags = {item.quantity: tags_of(model, products, item.quantity) for item in schedule.outputs}
    domain = [repr(work.domain)] if work.domain is not None else []
    if work.domain is not None and work.domain.raster:
        domain.append(file_state(work.domain.raster))
    return {
        "version": [__version__],
        "model": [model.fingerprint],
        "tags": [json.dumps(tags, sort_keys=True)],
        "catalogue": [repr(predictor) for predictor in work.predictors],
        "files": sources.states(work.predictors, schedule.months),
        "grid": [repr(astuple(work.grid))],
        "years": [str(year) for year in schedule.years],
        "winters": [repr(schedule.winters)],
        "maps": list(tags),
        "interval": [str(products.interval)],
        "members": [str(products.members)],
        "applicability": [areas_of(model)] if products.applicability else [],
        "domain": domain,
    }


def areas_of(model: Model) -> str:
    """What tells the areas of applicability, which follow from more than the model's fingerprint:
    folds and importances."""
    digest = hashlib.sha256()
    for part in model.regions:
        if part.applicability is not None:
            digest.update(part.applicability.points_.tobytes())
            digest.update(repr(part.applicability.threshold_).encode())
    return digest.hexdigest()


def identity_of(catalogue: Catalogue, key: RunKey) -> dict[str, str]:
    """What tells one catalogue from another without its place on this machine.

    The fingerprint stands for what the catalogue says, and for sizes and times of the files used.
    """
    folder = catalogue.folder.absolute()
    text = "\n".join([*key["catalogue"], *key["files"]])
    for place in (str(folder), str(catalogue.folder)):
        text = text.replace(place, "")
    return {
        "file": catalogue.file.name if catalogue.file else "",
        "folder": folder.name,
        "fingerprint": hashlib.sha256(text.encode()).hexdigest()[:16],
    }
