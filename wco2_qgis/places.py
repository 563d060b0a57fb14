"""Extents and coordinate reference systems as plain numbers and texts."""

from __future__ import annotations

import re
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsPointXY,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsRectangle,
)

from wco2_qgis.compat import bounds_in

DEGREES = "EPSG:4326"
_NUMBER = r"\s*(-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*"
_TYPED = re.compile(rf"{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}(?:\[(.*)\])?\s*")


def crs_of(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    context: QgsProcessingContext,
) -> QgsCoordinateReferenceSystem:
    """The CRS of a parameter; degrees where it is empty.

    Raises
    ------
    QgsProcessingException : when what is given is no CRS.
    """
    if parameters.get(name) in (None, ""):
        return QgsCoordinateReferenceSystem(DEGREES)
    crs = algorithm.parameterAsCrs(parameters, name, context)
    if not crs.isValid():
        raise QgsProcessingException(
            f"'{parameters[name]}' is no coordinate reference system.\nWrite e.g. EPSG:6931."
        )
    return crs


def crs_text(crs: QgsCoordinateReferenceSystem) -> str:
    """A CRS as the engine reads it: its code, or its WKT where it has none."""
    if crs.authid() and not crs.authid().startswith("USER:"):
        return crs.authid()
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED)


def extent_in(
    algorithm: QgsProcessingAlgorithm,
    parameters: dict[str, Any],
    name: str,
    crs: QgsCoordinateReferenceSystem,
    context: QgsProcessingContext,
) -> list[float] | None:
    """West, south, east, north of an extent parameter, in units of `crs`; None where it is empty.

    In degrees west exceeds east, or east exceeds 180, where the extent crosses the antimeridian.
    """
    value = parameters.get(name)
    if value in (None, ""):
        return None
    source = algorithm.parameterAsExtentCrs(parameters, name, context)
    source = source if source.isValid() else crs
    rectangle = _typed_across_180(value, source)
    rectangle = rectangle or algorithm.parameterAsExtent(parameters, name, context)
    if rectangle.isEmpty():
        raise QgsProcessingException(
            f"The extent {value} is empty.\nWrite west,east,south,north [EPSG:code], or choose a "
            "layer that has an extent."
        )
    if source != crs:
        transform = QgsCoordinateTransform(source, crs, context.transformContext())
        try:
            moved = bounds_in(transform, rectangle, crs.isGeographic())
            rectangle = _with_poles(moved, rectangle, source, crs, context)
        except QgsCsException as error:
            raise QgsProcessingException(
                f"The extent {value} can't be brought to {crs_text(crs)}: {error}.\n"
                "Give an extent that lies within both."
            ) from error
    return [
        rectangle.xMinimum(),
        rectangle.yMinimum(),
        rectangle.xMaximum(),
        rectangle.yMaximum(),
    ]


def _typed_across_180(value: Any, crs: QgsCoordinateReferenceSystem) -> QgsRectangle | None:
    """An extent as typed, west before east, which QGIS would swap: 170,-170 runs to 190 here."""
    match = _TYPED.fullmatch(value) if isinstance(value, str) else None
    if match is None or not crs.isGeographic():
        return None
    west, east, south, north = (float(number) for number in match.groups()[:4])
    return QgsRectangle(west, south, east + 360.0, north) if west > east else None


def _with_poles(
    moved: QgsRectangle,
    original: QgsRectangle,
    source: QgsCoordinateReferenceSystem,
    crs: QgsCoordinateReferenceSystem,
    context: QgsProcessingContext,
) -> QgsRectangle:
    """In degrees, an extent around a pole reaches all longitudes and the pole itself."""
    if not crs.isGeographic() or source.isGeographic():
        return moved
    back = QgsCoordinateTransform(crs, source, context.transformContext())
    for latitude in (90.0, -90.0):
        try:
            pole = back.transform(QgsPointXY(0.0, latitude))
        except QgsCsException:
            continue  # this pole is not in the source's plane
        if original.contains(pole):
            south = -90.0 if latitude < 0 else moved.yMinimum()
            north = 90.0 if latitude > 0 else moved.yMaximum()
            return QgsRectangle(-180.0, south, 180.0, north)
    return moved
