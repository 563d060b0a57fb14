"""The formats of observations that are known by name.

A new one is a file here with a `FORMAT`, and its line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.inputs.formats import canonical, dgrsd
from wco2_engine.inputs.formats.mapping import EXAMPLE, KEYS, Format, described
from wco2_engine.units import flux_conversion

FORMATS: Mapping[str, Format] = {f.name: f for f in (canonical.FORMAT, dgrsd.FORMAT)}


def choose_format(
    name: str,
    columns: Mapping[str, str] | None,
    flux_units: str | None,
    available: Collection[str],
    where: str,
) -> Format:
    """The format to read a table by.

    Parameters
    ----------
    name : a format's name, or "auto": the user's mapping if there is one, else by the columns.
    columns : the user's mapping; beside a named format it replaces that format's own columns.
    flux_units : the unit of the flux column that `columns` names.
    available : the columns of the table.

    Raises
    ------
    Wco2Error : for an unknown name or key, when no format has these columns, or when `flux_units`
        contradicts the format.
    """
    if name == "auto" and columns:
        return described(columns, flux_units, where)
    chosen = _recognised(available, where) if name == "auto" else _named(name, where)
    if columns:
        check_names(columns, KEYS, f"{where}: columns")
        chosen = replace(chosen, columns={**chosen.columns, **columns})
    if not flux_units:
        return chosen
    own, given = (flux_conversion(u, where) for u in (chosen.flux_units, flux_units))
    if own != given and "flux" not in (columns or {}):
        raise Wco2Error(
            f"{where}: flux_units is '{flux_units}', but fluxes of the format '{chosen.name}' "
            f"({chosen.title}) are in {chosen.flux_units}.",
            "Leave flux_units out, or name the flux column it belongs to.",
        )
    return replace(chosen, flux_units=flux_units)


def _named(name: str, where: str) -> Format:
    if name not in FORMATS:
        raise Wco2Error(
            f"{where}: unknown format '{name}'.", nearest_name(name, (*FORMATS, "auto"))
        )
    return FORMATS[name]


def _recognised(available: Collection[str], where: str) -> Format:
    for known in FORMATS.values():
        if known.looks_like(available):
            return known
    nearest = max(
        FORMATS.values(), key=lambda f: len(f.signature & set(available)) / len(f.signature)
    )
    lacking = ", ".join(sorted(nearest.signature - set(available)))
    raise Wco2Error(
        f"{where} is of no known format. The nearest is '{nearest.name}' ({nearest.title}), for "
        f"which it lacks: {lacking}.",
        EXAMPLE,
    )
