"""What differs between QGIS 3.22 and 4, each difference in one place."""

from __future__ import annotations

from datetime import date
from typing import Any

from qgis.core import (
    Qgis,
    QgsCoordinateTransform,
    QgsDateTimeRange,
    QgsGeometry,
    QgsInterval,
    QgsProcessingFeatureSource,
    QgsProject,
    QgsRasterLayerTemporalProperties,
    QgsTemporalNavigationObject,
    QgsUnitTypes,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate, QDateTime, Qt, QTime
from qgis.utils import iface

try:
    from qgis.PyQt.QtGui import QAction  # Qt 6
except ImportError:
    from qgis.PyQt.QtWidgets import QAction  # noqa: F401 - Qt 5

_FIXED_RANGE = (
    Qgis.RasterTemporalMode.FixedTemporalRange
    if hasattr(Qgis, "RasterTemporalMode")
    else QgsRasterLayerTemporalProperties.TemporalMode.ModeFixedTemporalRange
)
_YEARS = (
    Qgis.TemporalUnit.Years
    if hasattr(Qgis, "TemporalUnit")  # since 3.30
    else QgsUnitTypes.TemporalUnit.TemporalYears
)
_KINDS = Qgis.WkbType if hasattr(Qgis, "WkbType") else QgsWkbTypes.Type  # since 3.30


def has_geometry(source: QgsProcessingFeatureSource) -> bool:
    """Whether features have a place."""
    return bool(source.wkbType() != _KINDS.NoGeometry)


def is_single_point(geometry: QgsGeometry) -> bool:
    """Whether a geometry is one point, with or without height."""
    return bool(QgsWkbTypes.flatType(geometry.wkbType()) == _KINDS.Point)


def show_in_time(layer: Any, first: date, last: date) -> None:
    """Let a raster layer be shown from its first to its last day by the Temporal Controller."""
    begin = QDateTime(QDate(first.year, first.month, first.day), QTime(0, 0), Qt.TimeSpec.UTC)
    end = QDateTime(QDate(last.year, last.month, last.day), QTime(23, 59, 59), Qt.TimeSpec.UTC)
    properties = layer.temporalProperties()
    properties.setMode(_FIXED_RANGE)
    properties.setFixedTemporalRange(QgsDateTimeRange(begin, end))
    properties.setIsActive(True)


def step_by_winter(project: QgsProject, first: date, last: date) -> None:
    """Let the Temporal Controller go from winter to winter, over this one and those set before.

    By itself it takes steps of an hour, of which a winter has five thousand.
    """
    begin = QDateTime(QDate(first.year, first.month, 1), QTime(0, 0), Qt.TimeSpec.UTC)
    end = QDateTime(QDate(last.year, last.month, last.day), QTime(23, 59, 59), Qt.TimeSpec.UTC)
    settings = project.timeSettings()
    earlier = settings.temporalRange()
    if not earlier.isInfinite():
        begin, end = min(begin, earlier.begin()), max(end, earlier.end())
    settings.setTemporalRange(QgsDateTimeRange(begin, end))
    settings.setTimeStep(1.0)
    settings.setTimeStepUnit(_YEARS)
    if iface is None:
        return
    controller = iface.mapCanvas().temporalController()
    if isinstance(controller, QgsTemporalNavigationObject):
        controller.setTemporalExtents(QgsDateTimeRange(begin, end))
        controller.setFrameDuration(QgsInterval(1.0, _YEARS))


def bounds_in(transform: QgsCoordinateTransform, rectangle: Any, across_180: bool) -> Any:
    """A rectangle in another CRS; with `across_180` west exceeds east where 180 lies inside."""
    forward = Qgis.TransformDirection.Forward
    return transform.transformBoundingBox(rectangle, forward, across_180)
