"""Parameters of areas: the cells that count, and zones with names. Read them in prepareAlgorithm,
for layers belong to the main thread."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingParameterField,
    QgsProcessingParameterMapLayer,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
)

from wco2_qgis.algorithms.base import Algorithm, Values
from wco2_qgis.layers import layer_of, layer_path

_KINDS = [QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon]


def add_mask(algorithm: Algorithm, title: str, help_: str, advanced: bool = False) -> None:
    """Add the cells that count, as a layer and, for a raster, its values."""
    mask = QgsProcessingParameterMapLayer("MASK", title, optional=True, types=_KINDS)
    algorithm.add(mask, help_, advanced=advanced)
    algorithm.add_text(
        "MASK_VALUES",
        "Values of the mask that count",
        None,
        "For a mask raster of classes, e.g. 1,2,3,4.",
        optional=True,
        advanced=True,
    )


def mask_of(algorithm: Algorithm, parameters: Values, context: Any) -> Any:
    """The domain of a job; None for everything.

    Raises
    ------
    QgsProcessingException : when the layer can't be used, or the values are no numbers.
    """
    layer = layer_of(algorithm, parameters, "MASK", context)
    values = algorithm.text(parameters, "MASK_VALUES", context)
    if layer is None:
        if values is not None:
            raise QgsProcessingException(
                f"Values of a mask are given ({values}), but no mask.\nChoose a mask raster."
            )
        return None
    path = layer_path(layer, "The mask", context)
    if values is None:
        return path
    try:
        numbers = [float(value) for value in values.replace(";", ",").split(",")]
    except ValueError as error:
        raise QgsProcessingException(
            f"Values of the mask, '{values}', are no numbers.\nWrite e.g. 1,2,3,4."
        ) from error
    return {"path": path, "values": numbers}


def add_zones(algorithm: Algorithm, what: str, advanced: bool = False) -> None:
    """Add zones, as polygons with a field or as a raster of classes with their names.

    They are two parameters, for QGIS 3.22 dies when a raster is chosen above a list of fields.
    """
    polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
    algorithm.add(
        QgsProcessingParameterVectorLayer("ZONES", "Zones as polygons", polygons, optional=True),
        f"Polygons: {what}. A filter of the layer counts, a selection does not.",
        advanced=advanced,
    )
    algorithm.add(
        QgsProcessingParameterField(
            "ZONE_FIELD",
            "Field with the names of the zones",
            parentLayerParameterName="ZONES",
            optional=True,
        ),
        "Polygons of one name are one zone. Empty takes a field called 'name'.",
        advanced=advanced,
    )
    algorithm.add(
        QgsProcessingParameterRasterLayer("ZONE_RASTER", "Zones as a raster", optional=True),
        "Instead of polygons a raster of classes, e.g. of permafrost extent.",
        advanced=advanced,
    )
    algorithm.add_text(
        "ZONE_NAMES",
        "Names of the raster's values",
        None,
        "As in 1=continuous,2=discontinuous; other values are outside of all zones. Empty: each "
        "value is a zone of its own.",
        optional=True,
        advanced=advanced,
    )


def zones_of(algorithm: Algorithm, parameters: Values, context: Any) -> Values | None:
    """The zones of a job; None for no zones.

    Raises
    ------
    QgsProcessingException : when a layer can't be used, or how its zones are called isn't said.
    """
    polygons = layer_of(algorithm, parameters, "ZONES", context)
    raster = layer_of(algorithm, parameters, "ZONE_RASTER", context)
    fields = algorithm.parameterAsFields(parameters, "ZONE_FIELD", context)
    names = algorithm.text(parameters, "ZONE_NAMES", context)
    if polygons is not None and raster is not None:
        raise QgsProcessingException(
            "Zones are given as polygons (ZONES) and as a raster (ZONE_RASTER).\nLeave one empty."
        )
    if fields and polygons is None:
        raise QgsProcessingException(
            f"A field of zones is given ({fields[0]}), but no polygons.\nChoose them (ZONES)."
        )
    if names and raster is None:
        raise QgsProcessingException(
            f"Names of a raster's values are given ({names}), but no raster.\n"
            "Choose it (ZONE_RASTER)."
        )
    if polygons is not None:
        field = fields[0] if fields else _field_of_names(polygons)
        path = layer_path(polygons, "The zones", context, field)
        return {"path": path, "name_field": field}
    if raster is None:
        return None
    entry: Values = {"path": layer_path(raster, "The zones", context)}
    return {**entry, "names": _names(names)} if names else entry


def zone_words(zones: Values | None) -> dict[str, str]:
    """What messages call the zones' file: it is a copy of the layer."""
    return {zones["path"]: "the zones' layer"} if zones and "name_field" in zones else {}


def _field_of_names(layer: QgsVectorLayer) -> str:
    fields = layer.fields().names()
    named = next((field for field in fields if field.lower() == "name"), None)
    if named is None:
        raise QgsProcessingException(
            f"Which field of the zones '{layer.name()}' names them is not said.\nChoose it "
            f"(ZONE_FIELD); there are {', '.join(fields) or 'none: add one to the layer'}."
        )
    return named


def _names(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(value.strip() and name.strip() for value, _, name in pairs):
        raise QgsProcessingException(
            f"Names of the raster's values, '{text}', are no pairs of a value and a name.\n"
            "Write e.g. 1=continuous,2=discontinuous."
        )
    return {value.strip(): name.strip() for value, _, name in pairs}
