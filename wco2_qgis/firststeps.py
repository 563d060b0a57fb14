"""What the plugin's menu opens: what this is, ways to begin, whether the engine can run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import (
    QCommandLinkButton,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from wco2_qgis import libraries, settings
from wco2_qgis.helping import page_address
from wco2_qgis.i18n import tr
from wco2_qgis.icons import ICON


def ways() -> tuple[tuple[str, str, str], ...]:
    """Ways to begin: an algorithm, what it is good for, and what it needs."""
    return (
        (
            "mapfromlayers",
            tr("Map the layers of this project"),
            tr("You have measured fluxes and rasters: a model, a report and maps in one go."),
        ),
        (
            "createsamplestudy",
            tr("Try it on a sample study"),
            tr("You have no data yet: simulated fluxes and rasters, with a study file to run."),
        ),
        (
            "predictwinterflux",
            tr("Map winters with a model"),
            tr("You have a model file (.wco2) and the rasters that it needs."),
        ),
    )


def pages() -> tuple[tuple[str, str], ...]:
    """Pages of the documentation, and what they are called."""
    return (
        ("qgis", tr("the toolbox")),
        ("study-file", tr("study file and catalogue")),
        ("observations", tr("observations")),
        ("models", tr("models")),
        ("maps", tr("maps")),
        ("findings", tr("totals and trends")),
        ("glossary", tr("glossary")),
    )


class FirstSteps(QDialog):
    """A window that stays open beside the dialogs that it opens."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._dialogs: list[Any] = []  # QGIS keeps no reference to what it shows
        self.setWindowTitle(tr("Winter CO2: first steps"))
        self.setWindowIcon(QIcon(ICON))
        self.setMinimumWidth(560)
        layout = QVBoxLayout(self)
        layout.addWidget(_text(f"<h2>{tr('Winter CO2')}</h2>{_about()}"))
        for algorithm, title, needs in ways():
            layout.addWidget(self._way(algorithm, title, needs))
        layout.addWidget(_text(f"<h3>{tr('The engine')}</h3>{_state()}"))
        row = QHBoxLayout()
        for algorithm in ("checkenvironment", "setupengine"):
            button = QPushButton(_title(algorithm))
            button.clicked.connect(self._opener(algorithm))
            row.addWidget(button)
        row.addStretch()
        layout.addLayout(row)
        layout.addWidget(_text(_documentation()))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)

    def _way(self, algorithm: str, title: str, needs: str) -> QCommandLinkButton:
        button = QCommandLinkButton(title, needs)
        button.clicked.connect(self._opener(algorithm))
        return button

    def _opener(self, algorithm: str) -> Callable[..., None]:
        def open_(*_: object) -> None:
            from processing import createAlgorithmDialog

            dialog = createAlgorithmDialog(f"wco2:{algorithm}")
            self._dialogs.append(dialog)
            dialog.show()

        return open_


def _title(algorithm: str) -> str:
    found = QgsApplication.processingRegistry().algorithmById(f"wco2:{algorithm}")
    return str(found.displayName()) if found is not None else algorithm


def _text(html: str) -> QLabel:
    label = QLabel(html)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setOpenExternalLinks(True)
    return label


def _about() -> str:
    return tr(
        "Maps of the CO2 that permafrost regions release in winter, from measured fluxes and "
        "rasters, by Extremely Randomized Trees; with scores of held-out sites, bounds, and where "
        "the model can be applied. All tools are in the Processing Toolbox under <i>Winter CO2</i>."
    )


def _state() -> str:
    """Whether the engine can run, and what to do where it can't."""
    interpreter = settings.interpreter()
    if interpreter is not None:
        return tr("It runs in {}.").format(interpreter)
    obstacle = libraries.obstacle("run")
    if obstacle:
        return f"<span style='color:#a62b1f'>{obstacle}</span>".replace("\n", "<br>")
    return tr("It is ready: QGIS's own Python has all that it needs.")


def _documentation() -> str:
    links = [
        f"<a href='{address}'>{title}</a>"
        for name, title in (("zh", "中文快速入门"), *pages())
        if (address := page_address(name))
    ]
    return f"<h3>{tr('Documentation')}</h3>{' · '.join(links)}" if links else ""
