"""What all algorithms share: how they present themselves, and the parameters that recur."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, ClassVar

from qgis.core import (
    NULL,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputDefinition,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtGui import QIcon

from wco2_qgis.helping import has_windows, page_address
from wco2_qgis.i18n import tr
from wco2_qgis.icons import ICON

# The way of the data; the toolbox sorts groups by their names.
INPUTS, MODEL, MAPS, FINDINGS, STUDIES, SET_UP = (
    "1 Observations and predictors",
    "2 Model",
    "3 Maps",
    "4 Findings",
    "5 Whole way",
    "6 Set-up",
)
Values = dict[str, Any]


class Algorithm(QgsProcessingAlgorithm):
    """Presents itself by its class attributes; `id` is a published name."""

    ID: ClassVar[str]
    TITLE: ClassVar[str]
    GROUP: ClassVar[str]
    SUMMARY: ClassVar[str]
    HELP: ClassVar[str]
    TAGS: ClassVar[tuple[str, ...]] = ()
    PAGE: ClassVar[str] = "qgis"  # of the help that comes along

    def name(self) -> str:
        return self.ID

    def displayName(self) -> str:
        return tr(self.TITLE)

    def group(self) -> str:
        return tr(self.GROUP)

    def groupId(self) -> str:
        return group_id(self.GROUP)

    def shortDescription(self) -> str:
        return tr(self.SUMMARY)

    def shortHelpString(self) -> str:
        text = f"{tr(self.SUMMARY)}\n{tr(self.HELP)}"
        # Commands list the parameters themselves, with their help; the dialog's panel does not.
        return f"{text}\n{self._parameters_explained()}" if has_windows() else text

    def helpUrl(self) -> str:
        return page_address(self.PAGE)

    def _parameters_explained(self) -> str:
        lines = [
            f"<b>{escape(each.description())}</b>: {escape(each.help())}"
            for each in self.parameterDefinitions()
            if each.help()
        ]
        return "\n".join(lines)

    def tags(self) -> list[str]:
        return ["wco2", "co2", "carbon", "permafrost", "winter", "flux", *self.TAGS]

    def icon(self) -> QIcon:
        return QIcon(ICON)

    def createInstance(self) -> Algorithm:
        return type(self)()

    def checkParameterValues(self, parameters: Values, context: Any) -> tuple[bool, str]:
        """As QGIS checks them; '' is no choice, which 'Copy as Python' writes for several."""
        empty = {
            each.name()
            for each in self.parameterDefinitions()
            if isinstance(each, QgsProcessingParameterEnum)
            and parameters.get(each.name()) in ("", NULL)
        }
        found = {name: None if name in empty else value for name, value in parameters.items()}
        ok, why = super().checkParameterValues(found, context)
        return bool(ok), str(why)

    def add(
        self, parameter: QgsProcessingParameterDefinition, help_: str, advanced: bool = False
    ) -> None:
        """Add a parameter with its help; both in the language of QGIS."""
        parameter.setDescription(tr(parameter.description()))
        parameter.setHelp(tr(help_))
        if advanced:
            flag = QgsProcessingParameterDefinition.Flag.FlagAdvanced
            parameter.setFlags(parameter.flags() | flag)
        if not self.addParameter(parameter):
            raise ValueError(f"{self.ID} has two parameters of the name {parameter.name()}.")

    def addOutput(self, definition: QgsProcessingOutputDefinition) -> bool:
        """Add an output, called in the language of QGIS."""
        definition.setDescription(tr(definition.description()))
        return bool(super().addOutput(definition))

    def add_file(self, name: str, title: str, extension: str, help_: str, **more: Any) -> None:
        """Add an input file of one kind."""
        parameter = QgsProcessingParameterFile(
            name, title, extension=extension, optional=more.pop("optional", False)
        )
        self.add(parameter, help_, **more)

    def add_catalogue(self) -> None:
        self.add_file(
            "CATALOGUE",
            "Catalogue of predictors",
            "toml",
            "TOML file that names each predictor, its rasters and their units. 'Build a catalogue' "
            "makes one.",
        )

    def add_regions(self) -> None:
        self.add_file(
            "REGIONS",
            "Regions and winters",
            "toml",
            "TOML file with [[region]] tables and the months of their winters; a study file will "
            "do. Empty: one region, the whole Earth, with a winter from October to April.",
            optional=True,
        )

    def add_table(self, name: str, title: str, help_: str) -> None:
        """Add an input of points, or of rows without geometry."""
        kinds = [QgsProcessing.SourceType.TypeVector]
        self.add(QgsProcessingParameterFeatureSource(name, title, kinds), help_)

    def add_output(self, name: str, title: str, filter_: str, help_: str) -> None:
        """Add an output file of one kind."""
        self.add(QgsProcessingParameterFileDestination(name, title, filter_), help_)

    def add_page(self, title: str, beside: str) -> None:
        """Add an output page that may be left out: it then lies beside another output."""
        page = QgsProcessingParameterFileDestination(
            "REPORT", title, "HTML (*.html)", optional=True
        )
        self.add(page, f"Figure and numbers on one page. Empty: beside the {beside}.")

    def add_text(self, name: str, title: str, default: str | None, help_: str, **more: Any) -> None:
        optional = more.pop("optional", False)
        self.add(
            QgsProcessingParameterString(name, title, default, optional=optional), help_, **more
        )

    def add_choice(
        self, name: str, title: str, choices: tuple[str, ...], default: Any, help_: str, **more: Any
    ) -> None:
        """Add a choice that commands and models name by its text."""
        parameter = QgsProcessingParameterEnum(
            name,
            title,
            list(choices),
            more.pop("several", False),
            default,
            more.pop("optional", False),
            True,
        )
        self.add(parameter, help_, **more)

    def add_switch(self, name: str, title: str, default: bool, help_: str, **more: Any) -> None:
        """Add what is on or off."""
        self.add(QgsProcessingParameterBoolean(name, title, default), help_, **more)

    def add_whole(
        self, name: str, title: str, default: int | None, least: int, help_: str, **more: Any
    ) -> None:
        """Add a whole number; without a default it is optional."""
        kind = QgsProcessingParameterNumber.Type.Integer
        parameter = QgsProcessingParameterNumber(name, title, kind, default, default is None, least)
        self.add(parameter, help_, **more)

    def add_number(
        self, name: str, title: str, default: float | None, help_: str, **more: Any
    ) -> None:
        """Add a number."""
        kind = QgsProcessingParameterNumber.Type.Double
        parameter = QgsProcessingParameterNumber(
            *(name, title, kind, default, more.pop("optional", False)),
            *(more.pop("least", -1e300), more.pop("most", 1e300)),
        )
        self.add(parameter, help_, **more)

    def add_threads(self) -> None:
        self.add_whole(
            "JOBS",
            "Threads",
            0,
            0,
            "0 for all processors. Results do not depend on it.",
            advanced=True,
        )

    def text(self, parameters: Values, name: str, context: Any) -> str | None:
        """The text of a parameter; None where it is empty."""
        return self.parameterAsString(parameters, name, context).strip() or None

    def number(self, parameters: Values, name: str, context: Any) -> float | None:
        """The number of a parameter; None where it is empty."""
        if parameters.get(name) in (None, ""):
            default = self.parameterDefinition(name).defaultValue()
            return None if default is None else float(default)
        return float(self.parameterAsDouble(parameters, name, context))

    def whole(self, parameters: Values, name: str, context: Any) -> int | None:
        """The whole number of a parameter; None where it is empty."""
        number = self.number(parameters, name, context)
        return None if number is None else int(number)

    def file(self, parameters: Values, name: str, context: Any) -> str:
        """The path of an input file.

        Raises
        ------
        QgsProcessingException : when none is given.
        """
        path = self.parameterAsFile(parameters, name, context)
        if not path:
            title = self.parameterDefinition(name).description()
            raise QgsProcessingException(
                tr("{} ({}) is empty.\nChoose a file.").format(title, name)
            )
        return path

    def optional_file(self, parameters: Values, name: str, context: Any) -> str | None:
        return self.parameterAsFile(parameters, name, context) or None

    def target(self, parameters: Values, name: str, context: Any) -> str:
        """The path of an output file or folder."""
        return self.parameterAsFileOutput(parameters, name, context)

    def page_beside(self, parameters: Values, other: str, context: Any) -> str:
        """The path of the page that `add_page` asked for."""
        return self.target(parameters, "REPORT", context) or str(Path(other).with_suffix(".html"))


def group_id(group: str) -> str:
    """The id of a group, the same in all languages."""
    return group.lower().replace(" ", "_")


def given(values: Values) -> Values:
    """The fields of a job that are given; the engine's own defaults stand for the others."""
    return {name: value for name, value in values.items() if value is not None}
