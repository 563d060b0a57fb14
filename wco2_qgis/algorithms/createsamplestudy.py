"""Create a sample study: simulated rasters and fluxes with a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFolderDestination,
)

from wco2_qgis.algorithms.base import STUDIES, Algorithm, Values
from wco2_qgis.runner import run_job


class CreateSampleStudy(Algorithm):
    """`wco2:createsamplestudy`."""

    ID = "createsamplestudy"
    TITLE = "Create a sample study"
    GROUP = STUDIES
    SUMMARY = "Makes a small simulated study with a known truth, to try everything on."
    HELP = (
        "In: nothing.\n"
        "Out: a folder with simulated fluxes, rasters, a catalogue and a study file. Nothing in "
        "it was measured, and all that is made from it is marked as simulated."
    )
    TAGS = ("demo", "example", "simulated")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_whole("SEED", "Seed", 0, 0, "Another seed, another world.", advanced=True)
        self.add(
            QgsProcessingParameterFolderDestination("FOLDER", "Folder of the study"),
            "Empty, or not there yet.",
        )
        for name, title in (
            ("STUDY", "Study file"),
            ("CATALOGUE", "Catalogue"),
            ("FLUXES", "Simulated fluxes"),
        ):
            self.addOutput(QgsProcessingOutputFile(name, title))
        self.addOutput(QgsProcessingOutputNumber("ROWS", "Rows of simulated fluxes"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        folder = self.target(parameters, "FOLDER", context)
        seed = self.parameterAsInt(parameters, "SEED", context)
        facts = run_job({"job": "new", "folder": folder, "seed": seed}, feedback)
        made = Path(facts["folder"])
        return {
            "FOLDER": folder,
            "STUDY": facts["study"],
            "CATALOGUE": str(made / "catalogue.toml"),
            "FLUXES": str(made / "fluxes.csv"),
            "ROWS": facts["rows"],
        }
