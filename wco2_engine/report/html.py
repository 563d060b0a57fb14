"""The report: one HTML file that holds everything within itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error
from wco2_engine.files import written_whole
from wco2_engine.learning.model import Model
from wco2_engine.learning.validation import METHODS
from wco2_engine.mapping.plan import WINTER_FLUX
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.report import figures

MAPS_SHOWN = 2


@dataclass(frozen=True)
class Material:
    """What a report shows.

    Attributes
    ----------
    observations, sampling : counts of rows kept and rejected, by reason.
    maps_folder : folder of a finished prediction; None where there is none.
    """

    model: Model
    title: str = ""
    observations: Mapping[str, int] = field(default_factory=dict)
    sampling: Mapping[str, int] = field(default_factory=dict)
    maps_folder: Path | None = None


def write_report(path: Path, material: Material, progress: Progress) -> None:
    """Write the report as one HTML file, without links to anything outside it.

    Raises
    ------
    Wco2Error : when it can't be written.
    """
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    model = material.model
    drawings = {
        "sites": lambda: figures.sites(model),
        "importances": lambda: figures.importances(model),
    }
    if model.settings["validation"]:
        drawings["observed"] = lambda: figures.observed_against_predicted(model)
        drawings["months"] = lambda: figures.scores_by_month(model)
    record = _record(material.maps_folder)
    maps = _maps(material.maps_folder, record)
    if maps:
        drawings["maps"] = lambda: figures.winter_maps(maps)
    drawn: dict[str, Any] = {}
    for number, (name, draw) in enumerate(drawings.items()):
        stop_if_cancelled(progress)
        progress.update(number / len(drawings), f"Drawing {name}")
        drawn[name] = Markup(draw())  # nosec B704 - our own figures, in which all text is escaped
    environment = Environment(
        loader=PackageLoader("wco2_engine.report"), autoescape=True, trim_blocks=True
    )
    page = environment.get_template("report.html").render(
        material=material,
        title=material.title or model.provenance.get("title") or "Model",
        model=model,
        facts=model.describe(),
        methods=METHODS,
        record=record,
        figures=drawn,
        engine=__version__,
        number=figures.number,
    )
    with written_whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def _record(folder: Path | None) -> dict[str, Any]:
    if folder is None:
        return {}
    path = folder / "prediction.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not {"maps", "grid", "years", "cells", "missing_cell_months", "notes"} <= set(found):
            raise ValueError("it lacks keys")
    except (ValueError, TypeError) as error:
        raise Wco2Error(
            f"{path} can't be read ({error}).", "Make the maps anew with wco2 predict or wco2 run."
        ) from error
    return dict(found)


def _maps(folder: Path | None, record: Mapping[str, Any]) -> list[Path]:
    """The first and the last winter of a prediction."""
    if folder is None:
        return []
    winters = [folder / name for name in record["maps"] if name.startswith(f"{WINTER_FLUX}/")]
    return winters if len(winters) <= MAPS_SHOWN else [winters[0], winters[-1]]
