"""Parameters of folders of winter maps, and of what the maps of others do not say themselves."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingParameterCrs, QgsProcessingParameterFile

from wco2_qgis.algorithms.base import Algorithm, Values
from wco2_qgis.places import crs_of, crs_text


def add_map_folder(algorithm: Algorithm, name: str = "MAPS", title: str = "Winter maps") -> None:
    """Add a folder of maps."""
    algorithm.add(
        QgsProcessingParameterFile(name, title, QgsProcessingParameterFile.Behavior.Folder),
        "Folder that 'Map winter CO2 flux' wrote, or any with a GeoTIFF a winter whose name holds "
        "the year.",
    )


def add_unsaid(algorithm: Algorithm, suffix: str = "", maps: str = "the maps") -> None:
    """Add CRS and unit of maps that state none."""
    algorithm.add(
        QgsProcessingParameterCrs(f"CRS{suffix}", f"CRS of {maps}", optional=True),
        "Only for files that state none, as others' may; it is never guessed.",
        advanced=True,
    )
    algorithm.add_text(
        f"UNITS{suffix}",
        f"Unit of {maps}",
        None,
        "Only for files that state none, e.g. g C m-2, a winter being understood.",
        optional=True,
        advanced=True,
    )


def unsaid(algorithm: Algorithm, parameters: Values, context: Any, suffix: str = "") -> Values:
    """The fields of a job for what `add_unsaid` added; None where it is empty."""
    name = f"CRS{suffix}"
    crs = None
    if parameters.get(name) not in (None, ""):
        crs = crs_text(crs_of(algorithm, parameters, name, context))
    return {
        f"crs{suffix.lower()}": crs,
        f"units{suffix.lower()}": algorithm.text(parameters, f"UNITS{suffix}", context),
    }
