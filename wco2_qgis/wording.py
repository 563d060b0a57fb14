"""The engine's advice in words of the toolbox, where it names options of the command line."""

from __future__ import annotations

from wco2_qgis.i18n import tr

# By title. Longer ones first: each is replaced before what it begins with.
_COMMANDS = {
    "wco2 predict": "Map winter CO2 flux",
    "wco2 budget": "Add winter maps up",
    "wco2 trend": "Look for trends",
    "wco2 sample": "Sample predictors at observations",
    "wco2 train": "Train a model",
    "wco2 check": "Check a study",
    "wco2 run": "Run a study",
}
# By label and name of the parameter.
_OPTIONS = {
    "--members": ("Map the members (for totals)", "MEMBERS"),
    "--name-field": ("Field with the names of the zones", "ZONE_FIELD"),
    "--zone-names": ("Names of the raster's values", "ZONE_NAMES"),
    "--replace": ("Replace an earlier folder", "REPLACE"),
    "--units": ("Unit of the maps", "UNITS"),
    "--crs": ("CRS of the maps", "CRS"),
}
_VALUES = {"--method elimination": "METHOD=elimination", "--criterion any": "CRITERION=any"}
# What names a column on the command line, in the engine's languages.
_COLUMNS = ("Name each, e.g. --column flux=NAME.", "请逐一指明，如 --column flux=名称。")  # noqa: RUF001


def in_toolbox_words(text: str) -> str:
    """A message of the engine, its advice for the command line put for QGIS."""
    for said in _COLUMNS:
        text = text.replace(said, tr("Choose the field of each."))
    for letter in "ab":  # of the two products of a comparison
        for option in ("crs", "units"):
            text = text.replace(f"--{option}-{letter}", f"{option.upper()}_{letter.upper()}")
    for said, meant in _VALUES.items():
        text = text.replace(said, meant)
    for option, (label, name) in _OPTIONS.items():
        text = text.replace(option, f"'{tr(label)}' ({name})")
    for command, title in _COMMANDS.items():
        text = text.replace(command, f"'{tr(title)}'")
    return text
