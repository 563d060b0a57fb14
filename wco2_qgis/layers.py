"""Layers of a project as files that the engine reads: masks, zones, shares of ground."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from osgeo import gdal
from qgis.core import (
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

from wco2_qgis.i18n import tr
from wco2_qgis.places import crs_text


def layer_of(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> QgsMapLayer | None:
    """The layer of a parameter; None where it is empty.

    Raises
    ------
    QgsProcessingException : when what is given can't be opened.
    """
    layer = algorithm.parameterAsLayer(parameters, name, context)
    if layer is None and parameters.get(name):
        raise QgsProcessingException(
            f"{algorithm.parameterDefinition(name).description()} ({name}): {parameters[name]} "
            "can't be opened.\nGive a raster or polygons."
        )
    return layer


def layer_path(
    layer: QgsMapLayer, what: str, context: QgsProcessingContext, field: str | None = None
) -> str:
    """The source of a raster; for polygons a GeoPackage with a copy of those that are shown.

    Parameters
    ----------
    what : the layer is for, e.g. "The mask", for messages.
    field : the only one that the copy has.

    Raises
    ------
    QgsProcessingException : for another kind of layer, or one without a CRS or the field.
    """
    named = f"{what} '{layer.name()}'"
    if not layer.crs().isValid():
        raise QgsProcessingException(
            tr("{} has no CRS.\nSet it in the layer's properties, Source tab.").format(named)
        )
    if isinstance(layer, QgsRasterLayer):
        if layer.providerType() != "gdal":
            raise QgsProcessingException(
                f"{named} is no file (its provider is {layer.providerType()}).\n"
                "Save it as GeoTIFF and choose that."
            )
        return str(layer.source())
    if not isinstance(layer, QgsVectorLayer):
        raise QgsProcessingException(f"{named} is no raster and no polygons.")
    fields = layer.fields().names()
    if field is not None and field not in fields:
        raise QgsProcessingException(
            f"{named} has no field '{field}'.\nChoose one of {', '.join(fields) or 'none'}."
        )
    path = QgsProcessingUtils.generateTempFilename("layer.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerOptions = ["FID=number_of_feature"]  # so that a field may be called fid
    options.skipAttributeCreation = field is None
    if field is not None:
        options.attributes = [fields.index(field)]
    written = QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, path, context.transformContext(), options
    )
    if written[0] != QgsVectorFileWriter.WriterError.NoError:
        raise QgsProcessingException(f"{named} can't be copied: {written[1]}.")
    return str(path)


def chosen_raster(layer: QgsMapLayer) -> dict[str, Any]:
    """A raster layer as the engine takes it.

    Raises
    ------
    QgsProcessingException : for a layer that is no file.
    """
    if not isinstance(layer, QgsRasterLayer) or layer.providerType() != "gdal":
        kind = layer.providerType() if isinstance(layer, QgsRasterLayer) else "no raster"
        raise QgsProcessingException(
            tr("'{}' is no raster file (it is {}).\nSave it as GeoTIFF and choose that.").format(
                layer.name(), kind
            )
        )
    opened = gdal.Open(layer.source())
    states_crs = opened is not None and bool(opened.GetProjection())
    named = layer.name() and layer.name() != Path(layer.source()).stem
    found = {"source": layer.source(), "bands": layer.bandCount()}
    if named:
        found["name"] = layer.name()
    if not states_crs and layer.crs().isValid():
        found["crs"] = crs_text(layer.crs())
    return found
