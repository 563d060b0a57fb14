"""Texts in the language of QGIS. Ids, keys of files and what commands name stay English."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

CONTEXT = "wco2"
_FOLDER = Path(__file__).parent
_installed: list[QTranslator] = []  # Qt keeps no reference


def tr(text: str) -> str:
    """A text in the language of QGIS; as it is where there is no translation."""
    return str(QCoreApplication.translate(CONTEXT, text)) if text else ""


def language() -> str:
    """The language that QGIS shows, as two letters."""
    return str(QgsApplication.locale() or "")[:2]


def engines_language() -> str:
    """The one of the engine's languages that is nearest to QGIS's."""
    return "zh" if language() == "zh" else "en"


def engines_words(text: str) -> str:
    """Words of the engine, such as the name of a count, in the language of QGIS.

    They stay English where QGIS's Python is too old for the engine.
    """
    words = text.replace("_", " ")
    try:
        from wco2_engine.language import translated
    except ImportError:
        return words
    return translated(words, engines_language())


def install() -> None:
    """Use the translations for the language that QGIS shows, where there are any."""
    path = _FOLDER / f"{CONTEXT}_{language()}.qm"
    translator = QTranslator()
    if path.is_file() and translator.load(str(path)):
        QCoreApplication.installTranslator(translator)
        _installed.append(translator)


def remove() -> None:
    """Undo `install`."""
    while _installed:
        QCoreApplication.removeTranslator(_installed.pop())
