"""The text of a study file for a table of fluxes and a catalogue, to be edited further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wco2_engine.inputs.toml import toml_value
from wco2_engine.language import ENGLISH

_UNTREATED = "without #, untreated plots alone are kept"


def study_text(
    catalogue: str,
    title: str,
    fluxes: str,
    flux_units: str,
    columns: Mapping[str, str],
    region: Sequence[float],
    extent: Sequence[float],
    resolution: float,
    years: str,
    trees: int,
    interval: float | None,
    language: str,
    treatment: str = "",
) -> str:
    """A study of one region, with a winter from October to April.

    Parameters
    ----------
    catalogue : its path, from the study file on.
    fluxes : path of the table, from the study file on.
    columns : its column of each thing.
    region : west, south, east, north of the sites that train, degrees.
    extent : the same of the map, which lies within.
    interval : level of the bounds; None for no bounds.
    language : of the report.
    treatment : the column of treatments, of which all are taken.
    """
    box = [float(edge) for edge in extent]
    lines = [
        f"title = {toml_value(title)}",
        f"catalogue = {toml_value(catalogue)}",
        'output = "results"',
        *([f"language = {toml_value(language)}"] if language != ENGLISH else []),
        "\n[observations]",
        f"file = {toml_value(fluxes)}",
        f"flux_units = {toml_value(flux_units)}",
        'screen = { bad_rows = "reject" }  # rows that can\'t be are listed, and do not stop a run',
        "\n[observations.columns]",
        *(f"{what} = {toml_value(name)}" for what, name in columns.items()),
        *([f"# treatment = {toml_value(treatment)}  # {_UNTREATED}"] if treatment else []),
        "\n[winter]",
        "months = [10, 11, 12, 1, 2, 3, 4]",
        "\n[[region]]  # add more, each with its months, to have a model for each",
        'name = "region"',
        f"bbox = {[float(edge) for edge in region]}",
        "\n[model]",
        f"trees = {trees}",
        'validation = ["random", "site"]',
        "\n[map]",
        f"extent = {box}",
        f"resolution = {resolution!r}",
        f"years = {toml_value(years)}",
        *([f"interval = {interval!r}"] if interval is not None else []),
    ]
    return "\n".join(lines) + "\n"
