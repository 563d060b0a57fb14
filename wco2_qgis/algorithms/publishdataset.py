"""Publish a dataset: a folder that is ready for a data repository."""

from __future__ import annotations

from typing import Any

from qgis.core import (
    QgsProcessingException,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
)

from wco2_qgis.algorithms.base import FINDINGS, Algorithm, Values, given
from wco2_qgis.algorithms.mapfolders import add_unsaid, unsaid
from wco2_qgis.runner import run_job


class PublishDataset(Algorithm):
    """`wco2:publishdataset`."""

    ID = "publishdataset"
    TITLE = "Make a dataset to publish"
    GROUP = FINDINGS
    PAGE = "publishing"
    SUMMARY = "Makes a folder that is ready for a data repository, and checks it."
    HELP = (
        "In: a study that was run, or a folder of winter maps; and what only you know of them.\n"
        "Out: a folder with cloud-optimised GeoTIFFs, one netCDF file and one Zarr store of all "
        "winters, STAC items, a card in words and as data, citation and checksums; and a page that "
        "says what was checked and what is not known. A folder appears only whole."
    )
    TAGS = ("netCDF", "Zarr", "STAC", "COG", "repository", "archive")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file(
            "STUDY",
            "Study",
            "toml",
            "The study file of a study that was run; its model and report come along.",
            optional=True,
        )
        self.add(
            QgsProcessingParameterFile(
                "MAPS",
                "Winter maps, instead of a study",
                QgsProcessingParameterFile.Behavior.Folder,
                optional=True,
            ),
            "Folder that 'Map winter CO2 flux' wrote, or any with a GeoTIFF a winter.",
        )
        self.add_file(
            "FACTS",
            "What only you know",
            "toml",
            "TOML file with title, creators, licence, doi and the like. What it leaves out is said "
            "to be not known.",
            optional=True,
        )
        self.add_switch(
            "REPLACE",
            "Replace an earlier folder",
            False,
            "Another folder is never replaced.",
        )
        add_unsaid(self)
        self.add(
            QgsProcessingParameterFolderDestination("OUTPUT", "Folder of the dataset"),
            "Must be new or empty.",
        )
        self.add_output("REPORT", "What was made", "HTML (*.html)", "A page about the folder.")
        self.addOutput(QgsProcessingOutputNumber("BYTES", "Size of all files"))
        self.addOutput(QgsProcessingOutputString("NOT_KNOWN", "What is not known"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        study = self.optional_file(parameters, "STUDY", context)
        maps = self.optional_file(parameters, "MAPS", context)
        if (study is None) == (maps is None):
            raise QgsProcessingException(
                "A study (STUDY) or a folder of maps (MAPS) is to be published.\n"
                f"Give {'one' if study is None else 'only one'} of them."
            )
        folder = self.target(parameters, "OUTPUT", context)
        page = self.target(parameters, "REPORT", context)
        job = {
            "job": "publish",
            "source": study or maps,
            "output": folder,
            "facts": self.optional_file(parameters, "FACTS", context),
            "replace": self.parameterAsBoolean(parameters, "REPLACE", context),
            **unsaid(self, parameters, context),
            "page": page,
        }
        facts = run_job(given(job), feedback)
        return {
            "OUTPUT": folder,
            "REPORT": page,
            "BYTES": facts["bytes"],
            "NOT_KNOWN": " ".join(facts["not_known"]),
        }
