"""The graphical models that come with the provider."""

from __future__ import annotations

from qgis.core import QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon

from wco2_qgis.algorithms.base import STUDIES, group_id
from wco2_qgis.helping import page_address
from wco2_qgis.i18n import tr
from wco2_qgis.icons import ICON

TITLES = {
    "fluxestowintermaps": "Fluxes to winter maps",
    "totalsandtrendsfromamodel": "Totals and trends from a model",
    "wintermapsfromamodel": "Winter maps from a model",
}


class Workflow(QgsProcessingModelAlgorithm):
    """A model of the designer under a title of its own; its name is its id."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self.fromFile(path)

    def createInstance(self) -> Workflow:
        return Workflow(self._path)

    def displayName(self) -> str:
        return tr(TITLES.get(self.name(), self.name()))

    def group(self) -> str:
        return tr(STUDIES)

    def groupId(self) -> str:
        return group_id(STUDIES)

    def helpUrl(self) -> str:
        return page_address("qgis")

    def icon(self) -> QIcon:
        return QIcon(ICON)
