"""Set up the engine: an interpreter of its own, for a QGIS whose Python lacks the libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterFile,
)

from wco2_qgis import settings
from wco2_qgis.algorithms.base import SET_UP, Algorithm, Values
from wco2_qgis.environment import make_environment


class SetUpEngine(Algorithm):
    """`wco2:setupengine`."""

    ID = "setupengine"
    TITLE = "Set up the engine"
    GROUP = SET_UP
    SUMMARY = "Makes an interpreter for the engine in your QGIS profile, apart from QGIS's own."
    HELP = (
        "In: a Python of 3.11 or newer, which most systems have; and the network, or a folder of "
        "wheels.\n"
        "Out: a virtual environment with the libraries, which all algorithms use from then on: "
        "about 1.3 GB, or 430 MB for predicting only. Making it takes some minutes; what "
        "was downloaded before a failure is not downloaded again. QGIS's own Python stays as it "
        "is. To go back, empty the interpreter under Settings > Options > Processing > Providers "
        "> Winter CO2."
    )
    TAGS = ("install", "dependencies", "pip", "venv")

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add(
            QgsProcessingParameterFile("PYTHON", "Python to make it from", optional=True),
            "A Python program of 3.11 or newer; empty: the first that is found.",
            advanced=True,
        )
        folder = QgsProcessingParameterFile.Behavior.Folder
        self.add(
            QgsProcessingParameterFile(
                "WHEELS", "Folder of wheels", behavior=folder, optional=True
            ),
            "Installs without the network, from wheels that 'pip download' fetched.",
            advanced=True,
        )
        self.add_choice(
            "LIBRARIES",
            "Libraries",
            ("all", "predicting"),
            "all",
            "all: for every algorithm; predicting: for maps from a model that is there, a third of "
            "the size.",
        )
        self.add(
            QgsProcessingParameterBoolean("NUMBA", "With numba", True),
            "Predicts several times faster with it, and the same.",
        )
        self.addOutput(QgsProcessingOutputString("INTERPRETER", "Interpreter of the engine"))

    def processAlgorithm(self, parameters: Values, context: Any, feedback: Any) -> Values:
        wheels = self.optional_file(parameters, "WHEELS", context)
        interpreter = make_environment(
            settings.environment_folder(),
            self.optional_file(parameters, "PYTHON", context),
            Path(wheels) if wheels else None,
            self.parameterAsBoolean(parameters, "NUMBA", context),
            self.parameterAsEnumString(parameters, "LIBRARIES", context) == "predicting",
            feedback,
        )
        settings.set_interpreter(interpreter)
        feedback.pushInfo(f"The engine runs in {interpreter} from now on.")
        return {"INTERPRETER": interpreter}
