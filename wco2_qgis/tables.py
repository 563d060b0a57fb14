"""Layers and tables of QGIS as files that the engine reads."""

from __future__ import annotations

import csv
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    NULL,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsMapLayer,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSource,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
    QgsProviderRegistry,
)
from qgis.PyQt.QtCore import Qt

from wco2_qgis.compat import has_geometry, is_single_point
from wco2_qgis.i18n import tr
from wco2_qgis.places import DEGREES, crs_text

_TEXT_FILES = (".csv", ".tsv", ".txt", ".tab", ".dat")


@dataclass(frozen=True)
class TableFile:
    """A file for the engine, what messages call it, and its columns of degrees from the geometry.

    `longitude` and `latitude` are empty where the layer has no geometry or the file is the user's.
    `source` is the file that a layer lies in, which no output may replace; empty for no file.
    """

    path: str
    label: str
    longitude: str = ""
    latitude: str = ""
    source: str = ""

    @property
    def names(self) -> dict[str, str]:
        """What `run_job` puts into messages instead of the path."""
        return {} if self.path == self.label else {self.path: self.label}

    def keep(self, *outputs: str) -> None:
        """Refuse an output that would replace the file of the layer, which the engine never sees.

        Raises
        ------
        QgsProcessingException : naming the output.
        """
        for output in outputs:
            if self.source and output and _is_same_file(output, self.source):
                raise QgsProcessingException(
                    tr(
                        "{} is the file of {}, which is read in the same step.\n"
                        "Name another file for the output."
                    ).format(output, self.label)
                )


def table_file(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> TableFile:
    """The rows of a feature source: the user's own text file, or else a copy of the features.

    The copy is CSV in UTF-8; it has the selected features only where that was asked for, NULL as
    nothing, and the coordinates of points in degrees.

    Raises
    ------
    QgsProcessingException : when there is no such layer, or its geometry can't be used.
    """
    value = parameters.get(name)
    if isinstance(value, str) and Path(value).suffix.lower() in _TEXT_FILES:
        path = Path(value)
        if path.is_file():
            return TableFile(str(path), str(path))
    source = algorithm.parameterAsSource(parameters, name, context)
    if source is None:
        raise QgsProcessingException(algorithm.invalidSourceError(parameters, name))
    label = tr("Layer '{}'").format(source.sourceName())
    file_name = re.sub(r"[^\w -]", "_", source.sourceName()) or "table"
    path = Path(QgsProcessingUtils.generateTempFilename(f"{file_name}.csv"))
    longitude, latitude = _write(source, path, label, context)
    return TableFile(str(path), label, longitude, latitude, _file_of(value, context))


def _file_of(value: Any, context: QgsProcessingContext) -> str:
    """The file that a layer lies in; empty for one in memory or a database server."""
    if isinstance(value, QgsProcessingFeatureSourceDefinition):
        value = value.source.staticValue()
    layer = value if isinstance(value, QgsMapLayer) else None
    if layer is None:
        layer = QgsProcessingUtils.mapLayerFromString(str(value), context)
    if layer is None:
        return ""
    parts = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source())
    return str(parts.get("path") or "")


def _is_same_file(first: str, second: str) -> bool:
    """Whether two paths are one file, by whatever names."""
    one, other = (Path(path.partition("|")[0]).resolve() for path in (first, second))
    if os.path.normcase(one) == os.path.normcase(other):
        return True
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def _write(
    source: QgsProcessingFeatureSource, path: Path, label: str, context: QgsProcessingContext
) -> tuple[str, str]:
    fields = [field.name() for field in source.fields()]
    has_points = has_geometry(source)
    added: list[str] = []
    if has_points:
        added = [_free_name(key, fields) for key in ("longitude", "latitude")]
        if not source.sourceCrs().isValid():
            raise QgsProcessingException(
                tr("{} has no CRS.\nSet it in the layer's properties, Source tab.").format(label)
            )
        degrees = QgsCoordinateTransform(
            source.sourceCrs(),
            QgsCoordinateReferenceSystem(DEGREES),
            context.transformContext(),
        )
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*fields, *added])
        for feature in source.getFeatures():
            row = [_text(value) for value in feature.attributes()]
            if has_points:
                row += _degrees(feature, degrees, label)
            writer.writerow(row)
    return (added[0], added[1]) if has_points else ("", "")


def _free_name(wanted: str, taken: list[str]) -> str:
    """`wanted`, or the like where a field has that name already."""
    lowered = [name.lower() for name in taken]
    return wanted if wanted not in lowered else f"{wanted} of the geometry"


def _degrees(feature: QgsFeature, transform: QgsCoordinateTransform, label: str) -> list[str]:
    geometry = feature.geometry()
    if geometry.isNull() or geometry.isEmpty():
        return ["", ""]
    if geometry.isMultipart() and geometry.constGet().numGeometries() == 1:
        geometry.convertToSingleType()
    if not is_single_point(geometry):
        raise QgsProcessingException(
            f"{label}, feature {feature.id()}: the geometry is no single point "
            f"({crs_text(transform.sourceCrs())}).\nGive a layer of points, e.g. the centroids."
        )
    point = transform.transform(geometry.asPoint())
    return [repr(point.x()), repr(point.y())]


def _text(value: Any) -> str:
    """A value as the text that reads back as it; "" for NULL."""
    if value is None or value == NULL:
        return ""
    if hasattr(value, "toString"):  # QDate, QDateTime
        return str(value.toString(Qt.DateFormat.ISODate))
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
