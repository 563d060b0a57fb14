"""Run by QGIS's Python: layers of all kinds through `wco2:prepareobservations`.

Takes the folder of the plugin and one to write to; writes what happened as JSON to its standard
output, by the name of the case.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]

from qgis.core import (  # noqa: E402
    NULL,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingFeedback,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

FOLDER = Path(sys.argv[2])
FIELDS = {
    "SITE": "Messstelle",
    "YEAR": "Jahr der Messung",
    "MONTH": "Monat",
    "FLUX": "CO₂-Fluß",
    "FLUX_UNITS": "g C m-2 month-1",
}
ROWS = [
    ("Сибирь", 2001, 1, 5.25, 100.0, 65.0),
    ("Сибирь", 2001, 2, NULL, 100.0, 65.0),
    ("Tromsø", 2001, 1, 7.5, 18.9, 69.6),
]
CASES: dict[str, Callable[[], Any]] = {}


def case(function: Callable[[], Any]) -> Callable[[], Any]:
    CASES[function.__name__] = function
    return function


def layer(crs: str = "EPSG:4326", kind: str = "Point") -> QgsVectorLayer:
    """A memory layer of the rows, in a CRS."""
    fields = (
        f"&field={FIELDS['SITE']}:string&field={FIELDS['YEAR']}:integer"
        f"&field={FIELDS['MONTH']}:integer&field={FIELDS['FLUX']}:double"
    )
    made = QgsVectorLayer(f"{kind}?crs={crs}{fields}", "Flüsse / 2001", "memory")
    transform = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), made.crs(), QgsProject.instance()
    )
    features = []
    for *values, longitude, latitude in ROWS:
        feature = QgsFeature(made.fields())
        feature.setAttributes(values)
        if kind == "Point":
            point = QgsPointXY(longitude, latitude)
            feature.setGeometry(QgsGeometry.fromPointXY(transform.transform(point)))
        features.append(feature)
    made.dataProvider().addFeatures(features)
    made.updateExtents()
    QgsProject.instance().addMapLayer(made)
    return made


def prepare(source: Any, **more: Any) -> dict[str, Any]:
    """The observations that come out, as rows of text, and the counts; or the error."""
    name = f"Beobachtungen {len(list(FOLDER.iterdir()))}.csv"
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("wco2:prepareobservations")
    context = QgsProcessingContext()
    context.setProject(QgsProject.instance())
    parameters = {
        "INPUT": source,
        "OBSERVATIONS": str(FOLDER / name),
        "REJECTED": str(FOLDER / f"rejected {name}"),
        **FIELDS,
        **more,
    }
    try:
        results, _ = algorithm.run(parameters, context, QgsProcessingFeedback(), {}, False)
    except QgsProcessingException as error:
        return {"error": str(error)}
    return {
        "kept": results["ROWS_KEPT"],
        "read": results["ROWS_READ"],
        "rows": (FOLDER / name).read_text("utf-8").splitlines()[1:],
        "rejected": (FOLDER / f"rejected {name}").read_text("utf-8").splitlines()[1:],
    }


@case
def memory_layer() -> Any:
    return prepare(layer())


@case
def layer_in_another_crs_than_the_project() -> Any:
    QgsProject.instance().setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    return prepare(layer("EPSG:6931"))


@case
def selected_features_only() -> Any:
    made = layer()
    made.select(3)
    return prepare(QgsProcessingFeatureSourceDefinition(made.id(), True))


@case
def geopackage() -> Any:
    path = str(FOLDER / "Flüsse.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    transform = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(layer(), path, transform, options)
    return prepare(path)


def two_layers(name: str) -> str:
    """A GeoPackage of the user with a layer of fluxes and another one."""
    path = str(FOLDER / name)
    transform = QgsProject.instance().transformContext()
    for layer_name in ("fluxes", "other"):
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.layerName = layer_name
        if layer_name == "other":
            options.actionOnExistingFile = (
                QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
            )
        QgsVectorFileWriter.writeAsVectorFormatV3(layer(), path, transform, options)
    return path


def unharmed(path: str, source: Any, **outputs: str) -> Any:
    """What comes of outputs over the file of a layer, and whether the file stayed as it was."""
    before = Path(path).read_bytes()
    found = prepare(source, **outputs)
    return {**found, "as_before": Path(path).read_bytes() == before}


@case
def output_over_the_layers_own_file() -> Any:
    path = two_layers("own.gpkg")
    opened = QgsVectorLayer(f"{path}|layername=fluxes", "fluxes", "ogr")
    QgsProject.instance().addMapLayer(opened)
    return unharmed(path, opened.id(), OBSERVATIONS=path)


@case
def output_over_a_layer_by_its_path() -> Any:
    path = two_layers("named.gpkg")
    return unharmed(path, f"{path}|layername=fluxes", OBSERVATIONS=path)


@case
def output_over_a_layer_by_a_link() -> Any:
    path = two_layers("linked.gpkg")
    link = FOLDER / "link.gpkg"
    link.symlink_to(path)
    source = QgsProcessingFeatureSourceDefinition(f"{path}|layername=fluxes", False)
    return unharmed(path, source, OBSERVATIONS=str(link))


@case
def rejected_rows_over_a_text_layer() -> Any:
    path = FOLDER / "fluxes of text.csv"
    names = [*(FIELDS[key] for key in ("SITE", "YEAR", "MONTH", "FLUX")), "x", "y"]
    path.write_text(",".join(names) + "\nA,2001,1,5,18.9,69.6\n", "utf-8")
    address = f"file://{path.as_posix().replace(' ', '%20')}?delimiter=,&xField=x&yField=y"
    opened = QgsVectorLayer(f"{address}&crs=EPSG:4326", "text", "delimitedtext")
    QgsProject.instance().addMapLayer(opened)
    return unharmed(str(path), opened.id(), REJECTED=str(path))


@case
def table_without_geometry() -> Any:
    return prepare(layer(kind="None"))


@case
def layer_without_a_crs() -> Any:
    made = layer()
    made.setCrs(QgsCoordinateReferenceSystem())
    return prepare(made.id())


@case
def folder_of_fluxnet_files() -> Any:
    folder = FOLDER / "Türme"
    folder.mkdir()
    (folder / "ICOSETC_FI-Ken_FLUXNET_MM_L2.csv").write_text(
        "TIMESTAMP,NEE_VUT_REF,NEE_VUT_REF_QC,RECO_NT_VUT_REF\n201901,0.4,0.7,0.5\n", "utf-8"
    )
    sites = FOLDER / "sites.csv"
    sites.write_text("SITE_ID,LOCATION_LAT,LOCATION_LONG\nFI-Ken,67.99,24.24\n", "utf-8")
    alone = dict.fromkeys((*FIELDS, "INPUT"))
    towers = {"FLUXNET_FOLDER": str(folder), "SITE_TABLE": str(sites)}
    return prepare(None, **{**alone, **towers, "TARGET": "nee"})


@case
def neither_layer_nor_folder() -> Any:
    return prepare(None)


@case
def wrong_field() -> Any:
    return prepare(layer(), FLUX=FIELDS["SITE"])


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
