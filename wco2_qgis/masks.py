"""A mask layer as a file that the engine reads."""

from __future__ import annotations

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingUtils,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
)


def mask_path(layer: QgsMapLayer, context: QgsProcessingContext) -> str:
    """The source of a raster; for polygons a GeoPackage with a copy of them.

    Raises
    ------
    QgsProcessingException : for another kind of layer, or one without a CRS.
    """
    if not layer.crs().isValid():
        raise QgsProcessingException(
            f"The mask '{layer.name()}' has no CRS.\nSet it in the layer's properties, Source tab."
        )
    if isinstance(layer, QgsRasterLayer):
        if layer.providerType() != "gdal":
            raise QgsProcessingException(
                f"The mask '{layer.name()}' is no file (its provider is {layer.providerType()}).\n"
                "Save it as GeoTIFF and choose that."
            )
        return str(layer.source())
    if not isinstance(layer, QgsVectorLayer):
        raise QgsProcessingException(f"The mask '{layer.name()}' is no raster and no polygons.")
    path = QgsProcessingUtils.generateTempFilename("mask.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.skipAttributeCreation = True
    written = QgsVectorFileWriter.writeAsVectorFormatV3(
        layer, path, context.transformContext(), options
    )
    if written[0] != QgsVectorFileWriter.WriterError.NoError:
        raise QgsProcessingException(f"The mask '{layer.name()}' can't be copied: {written[1]}.")
    return str(path)
