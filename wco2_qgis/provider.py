"""The provider: the algorithms under one name in the toolbox."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from wco2_qgis import settings
from wco2_qgis.algorithms import ALGORITHMS
from wco2_qgis.i18n import tr
from wco2_qgis.icons import ICON
from wco2_qgis.models import Workflow

_MODELS = Path(__file__).parent / "models"


class Provider(QgsProcessingProvider):
    """`wco2`."""

    def __init__(self) -> None:
        super().__init__()
        self._with_models = False

    def id(self) -> str:
        return "wco2"

    def name(self) -> str:
        return tr("Winter CO2")

    def longName(self) -> str:
        return tr("Winter CO2 emission maps of permafrost regions")

    def icon(self) -> QIcon:
        return QIcon(ICON)

    def svgIconPath(self) -> str:
        return ICON

    def supportsNonFileBasedOutput(self) -> bool:
        return False

    def supportedOutputVectorLayerExtensions(self) -> list[str]:
        return ["gpkg", "csv"]

    def defaultVectorFileExtension(self, hasGeometry: bool = True) -> str:
        return "gpkg"

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        return ["tif"]

    def load(self) -> bool:
        settings.show(self.name(), ICON)
        return bool(super().load())

    def unload(self) -> None:
        settings.hide()
        super().unload()

    def loadAlgorithms(self) -> None:
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
        if self._with_models:
            for path in sorted(_MODELS.glob("*.model3")):
                self.addAlgorithm(Workflow(str(path)))

    def add_models(self) -> None:
        """Offer the graphical models too; they need the algorithms to be registered."""
        self._with_models = True
        self.refreshAlgorithms()
