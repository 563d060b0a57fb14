"""Run by QGIS's Python: layers that are no files, and the ways in which a job runs and is stopped.

Takes the folder of the plugin, a model and a folder to write to; writes what happened as JSON to
its standard output, by the name of the case.
"""

from __future__ import annotations

import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]

from osgeo import gdal  # noqa: E402
from qgis.core import (  # noqa: E402
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsSettings,
)
from qgis.PyQt.QtCore import QTimer  # noqa: E402

MODEL, FOLDER = sys.argv[2], Path(sys.argv[3])
CASES: dict[str, Callable[[], Any]] = {}


def case(function: Callable[[], Any]) -> Callable[[], Any]:
    CASES[function.__name__] = function
    return function


def run(name: str, feedback: QgsProcessingFeedback | None = None, **parameters: Any) -> Any:
    """The results of an algorithm, run on the main thread as models are; or the error."""
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"wco2:{name}")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    feedback = feedback or QgsProcessingFeedback()
    try:
        found, done = algorithm.run(parameters, context, feedback, {}, False)
    except QgsProcessingException as error:
        return {"error": str(error)}
    return found if done else {"error": feedback.textLog()}


def grid(path: str, crs: str = "") -> str:
    """A raster file of 4 by 3 pixels, without a CRS unless one is given."""
    made = gdal.GetDriverByName("GTiff").Create(path, 4, 3, 1, gdal.GDT_Float32)
    made.SetGeoTransform((100.0, 1.0, 0.0, 70.0, 0.0, -1.0))
    if crs:
        made.SetProjection(QgsCoordinateReferenceSystem(crs).toWkt())
    made.GetRasterBand(1).Fill(1.0)
    return path


def catalogue_of(*layers: QgsRasterLayer) -> Any:
    """The text of the catalogue that layers of the project make; or the error."""
    QgsProject.instance().addMapLayers(layers)
    target = FOLDER / f"{len(list(FOLDER.iterdir()))}.toml"
    found = run("buildcatalogue", RASTERS=[each.id() for each in layers], CATALOGUE=str(target))
    return found if "error" in found else target.read_text("utf-8")


@case
def tiles_of_a_server() -> Any:
    address = f"type=xyz&url=file://{FOLDER}/%7Bz%7D/%7Bx%7D/%7By%7D.png&zmax=1&zmin=0"
    return catalogue_of(QgsRasterLayer(address, "Hintergrund", "wms"))


@case
def raster_that_is_a_formula() -> Any:
    path = grid(str(FOLDER / "source.tif"), "EPSG:4326")
    place = "?crs=EPSG:4326&extent=100,67,104,70&width=4&height=3"
    address = f"{place}&formula=%22s@1%22&s:uri={path}&s:provider=gdal"
    layer = QgsRasterLayer(address, "Formel", "virtualraster")
    return {"provider": layer.providerType(), "told": catalogue_of(layer)}


@case
def raster_in_a_zip() -> Any:
    path = grid(str(FOLDER / "ndvi.tif"), "EPSG:4326")
    with zipfile.ZipFile(FOLDER / "n.zip", "w") as archive:
        archive.write(path, "ndvi.tif")
    return catalogue_of(QgsRasterLayer(f"/vsizip/{FOLDER}/n.zip/ndvi.tif", "ndvi"))


@case
def crs_and_names_that_only_the_layers_have() -> Any:
    layers = []
    for number, name in enumerate(("Höhe", "Schnee tief")):
        layer = QgsRasterLayer(grid(str(FOLDER / f"t2m {'ab'[number]}.tif")), name)
        layer.setCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
        layers.append(layer)
    return catalogue_of(*layers)


@case
def windows_live_while_a_job_runs_on_the_main_thread() -> Any:
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(10)
    found = run("describemodel", MODEL=MODEL, DESCRIPTION=str(FOLDER / "a.html"))
    timer.stop()
    return {"ticks": len(ticks), **found}


@case
def where_qgis_has_no_python_program() -> Any:
    from wco2_qgis import outside, runner

    kept = runner.own_python
    outside.own_python.cache_clear()
    runner.own_python = lambda: None
    try:
        return run("describemodel", MODEL=MODEL, DESCRIPTION=str(FOLDER / "b.html"))
    finally:
        runner.own_python = kept


@case
def engine_that_hears_nothing() -> Any:
    """An interpreter that ignores being asked to stop, in the midst of a file beside its page."""
    program, begun = FOLDER / "python", FOLDER / ".c.partial-0123abcd"
    text = f"#!/bin/sh\ntrap '' INT\ntouch '{begun}'-$$.html\nsleep 600\n"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    key = "Processing/Configuration/WCO2_INTERPRETER"
    QgsSettings().setValue(key, str(program))
    feedback = QgsProcessingFeedback()

    def cancel_once_begun() -> None:
        if any(FOLDER.glob(f"{begun.name}*")):
            feedback.cancel()

    timer = QTimer()
    timer.timeout.connect(cancel_once_begun)
    timer.start(50)
    try:
        found = run("describemodel", feedback, MODEL=MODEL, DESCRIPTION=str(FOLDER / "c.html"))
        return {**found, "left": [path.name for path in FOLDER.glob(".*")]}
    finally:
        timer.stop()
        QgsSettings().remove(key)


@case
def engine_whose_helpers_outlive_it() -> Any:
    """An interpreter that stops when it is asked, but not what it had started."""
    program = FOLDER / "python with helpers"
    text = "#!/bin/sh\ntrap 'exit 130' INT\nsleep 600 &\nwait\n"
    program.write_text(text, encoding="utf-8")
    program.chmod(0o755)
    key = "Processing/Configuration/WCO2_INTERPRETER"
    QgsSettings().setValue(key, str(program))
    feedback = QgsProcessingFeedback()
    QTimer.singleShot(300, feedback.cancel)
    start = time.monotonic()
    try:
        found = run("describemodel", feedback, MODEL=MODEL, DESCRIPTION=str(FOLDER / "d.html"))
        return {**found, "seconds": time.monotonic() - start}
    finally:
        QgsSettings().remove(key)


def main() -> None:
    application = QgsApplication([], False)
    application.initQgis()
    from wco2_qgis.plugin import Plugin

    plugin = Plugin(None)
    plugin.initProcessing()
    sys.stdout.write(json.dumps({name: run() for name, run in CASES.items()}))
    plugin.unload()
    QgsProject.instance().clear()
    application.exitQgis()


main()
