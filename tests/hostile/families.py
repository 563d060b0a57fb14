"""All families of hostile inputs by their names."""

from __future__ import annotations

from . import generators, studies
from .generators import Generator

FAMILIES: dict[str, Generator] = {
    "tables": generators.tables,
    "rasters": generators.rasters,
    "vectors": generators.vectors,
    "toml": generators.toml,
    "jobs": generators.jobs,
    "models": generators.models,
    "records": generators.records,
    "downloads": generators.downloads,
    "findings": studies.findings,
    "catalogues": studies.catalogues,
    "states": studies.states,
    "figures": studies.figures,
    "begins": studies.begins,
}
