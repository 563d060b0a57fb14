"""The dialog of an algorithm that takes a table of fluxes: which field is what is guessed when a
layer is chosen, to be seen and changed before anything runs.

The parameters stay those of Processing, so models, batches and commands are as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qgis.core import QgsProcessingAlgorithm, QgsProcessingContext, QgsProject

from wco2_qgis.compat import has_geometry

_OF_THE_PLACE = ("LONGITUDE", "LATITUDE")


def guessing_dialog(
    algorithm: QgsProcessingAlgorithm, table: str, fields: Mapping[str, str], parent: Any
) -> Any:
    """QGIS's own dialog of an algorithm, whose fields follow the chosen table.

    Parameters
    ----------
    table : the parameter with the table.
    fields : what each parameter of a field is for, as the engine calls it.
    """
    from processing.gui.AlgorithmDialog import AlgorithmDialog

    dialog = AlgorithmDialog(algorithm, False, parent)
    wrappers = dialog.mainWidget().wrappers

    def fill(*_: Any) -> None:
        context = QgsProcessingContext()
        context.setProject(QgsProject.instance())
        given = {table: wrappers[table].parameterValue()}
        found = guessed(algorithm, given, table, fields, context)
        for name, field in found.items():
            wrappers[name].setParameterValue(field or None, context)

    wrappers[table].widgetValueHasChanged.connect(fill)
    fill()
    return dialog


def guessed(
    algorithm: QgsProcessingAlgorithm,
    parameters: Mapping[str, Any],
    table: str,
    fields: Mapping[str, str],
    context: QgsProcessingContext,
) -> dict[str, str]:
    """The field of each parameter; "" where none is likely, or points say where they are."""
    from wco2_engine.inputs.guesses import guess

    source = algorithm.parameterAsSource(dict(parameters), table, context)
    if source is None:
        return dict.fromkeys(fields, "")
    names = [field.name() for field in source.fields()]
    has_points = has_geometry(source)
    return {
        name: "" if has_points and name in _OF_THE_PLACE else guess(what, names)
        for name, what in fields.items()
    }
