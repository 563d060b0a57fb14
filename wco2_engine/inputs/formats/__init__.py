"""The formats of observations that are known by name.

A new one is a file here with a `FORMAT`, and its line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from wco2_engine.errors import Wco2Error, check_names, nearest_name
from wco2_engine.inputs.formats import (
    abcflux_v1,
    abcflux_v2,
    canonical,
    dgrsd,
    fluxnet,
    ornl_1692,
    srdb,
)
from wco2_engine.inputs.formats.mapping import (
    DEFAULT_TARGET,
    KEYS,
    TARGETS,
    Format,
    Names,
    check_is_flux,
    described,
    hint_of_months,
    target_of,
)
from wco2_engine.inputs.guesses import example
from wco2_engine.units import flux_conversion

FORMATS: Mapping[str, Format] = {
    f.name: f
    for f in (
        *(canonical.FORMAT, abcflux_v1.FORMAT, abcflux_v2.FORMAT, ornl_1692.FORMAT),
        *(fluxnet.FORMAT, srdb.FORMAT, dgrsd.FORMAT),
    )
}

# Tables that people hold for one of the above, by columns that only they have.
_NOT_READ: tuple[tuple[frozenset[str], str, str], ...] = (
    (
        frozenset(("TIMESTAMP_START", "TIMESTAMP_END")),
        "half-hourly values of a tower",
        "Give the monthly file of the same site (MM in its name).",
    ),
    (
        frozenset(("sitenr", "end_year", "anngpp_all")),
        "annual and growing-season sums (Virkkala et al. 2021)",
        "They hold no months; ABCflux has the months of many of these sites.",
    ),
    (
        frozenset(("VARIABLE", "DATAVALUE")),
        "a BADM list, which describes sites",
        "Give it as the site table of FLUXNET files.",
    ),
)


def choose_format(
    name: str,
    columns: Mapping[str, str] | None,
    flux_units: str | None,
    available: Collection[str],
    where: str,
    target: str | None = None,
) -> tuple[Format, str]:
    """The format to read a table by, its one flux column chosen; and what that flux is.

    Parameters
    ----------
    name : a format's name, or "auto": the user's mapping if there is one, else by the columns.
    columns : the user's mapping; beside a named format it replaces that format's own columns.
    flux_units : the unit of the flux column that `columns` names.
    available : the columns of the table.
    target : "reco" or "nee"; None for the format's own.

    Raises
    ------
    Wco2Error : for an unknown name or key, when no format has these columns, when the table is
        seen to be of another format than was said, or when `flux_units` or `target` contradicts
        the format.
    """
    if target is not None and target not in TARGETS:
        raise Wco2Error(f"target is '{target}'.", f"Choose one of {', '.join(TARGETS)}.")
    if name == "auto" and columns:
        mapping = described(columns, flux_units, where)
        _check_published(columns.get("flux", ""), flux_units or "", available, where)
        return mapping, _said(columns.get("flux", ""), target, where)
    chosen = _recognised(available, where) if name == "auto" else _named(name, where)
    if not columns and name != "auto":
        _check_kind(chosen, available, where)
    if chosen is fluxnet.FORMAT and fluxnet.SOURCE not in available:
        raise Wco2Error(
            f"{where} has the columns of FLUXNET, but its name does not say which site and that it "
            "is monthly.",
            "Give it the name by which it was downloaded, or name its columns without a format.",
        )
    if columns:
        check_names(columns, KEYS, f"{where}: columns")
    chosen, target = _aimed(chosen, columns or {}, target, where)
    if not flux_units:
        return chosen, target
    own, given = (flux_conversion(u, where) for u in (chosen.flux_units, flux_units))
    if own != given and "flux" not in (columns or {}):
        raise Wco2Error(
            f"{where}: flux_units is '{flux_units}', but fluxes of the format '{chosen.name}' "
            f"({chosen.title}) are in {chosen.flux_units}.",
            "Leave flux_units out, or name the flux column it belongs to.",
        )
    return replace(chosen, flux_units=flux_units), target


def _said(column: str, target: str | None, where: str) -> str:
    """What a flux column of the user's own is: as asked for, or by its name.

    Raises
    ------
    Wco2Error : where these differ.
    """
    check_is_flux(column, where)
    by_name = target_of(column)
    if target and by_name and target != by_name:
        raise Wco2Error(
            f"{where}: the flux is taken from '{column}', which is {by_name} by its name, but "
            f"{target} is asked for.",
            f"Name the column that holds {target}, or set target = '{by_name}'.",
        )
    return target or by_name


def _check_published(column: str, flux_units: str, available: Collection[str], where: str) -> None:
    """A published table's flux column, described by hand, is still in its published unit.

    Raises
    ------
    Wco2Error : where another unit is given for it.
    """
    known = _known(available)
    if known is None:
        return
    fluxes = [*known.targets.values(), known.columns.get("flux", ())]
    if not any(column in _each(names) for names in fluxes):
        return
    given, published = (flux_conversion(u, where) for u in (flux_units, known.flux_units))
    if not given.is_close(published):
        raise Wco2Error(
            f"{where}: flux_units is '{flux_units}', but '{column}' of '{known.name}' "
            f"({known.title}) is published in {known.flux_units}.",
            f'Set format = "{known.name}" instead of columns; or rename the column, if you '
            "converted it.",
        )


def _aimed(
    chosen: Format, columns: Mapping[str, str], target: str | None, where: str
) -> tuple[Format, str]:
    """The format with the user's columns and the flux column of a target; and what that flux is.

    Formats of one flux hold what they hold, and so does a column that the user names for the flux.
    """
    if not chosen.targets or "flux" in columns:
        held_in = (t for t, names in chosen.targets.items() if columns.get("flux") in _each(names))
        return replace(chosen, columns={**chosen.columns, **columns}), target or next(held_in, "")
    if target is None:
        target = DEFAULT_TARGET
    if target not in chosen.targets:
        held = ", ".join(chosen.targets)
        raise Wco2Error(
            f"{where}: the format '{chosen.name}' ({chosen.title}) holds no {target}, only {held}.",
            f"Leave this table out, or set target = '{next(iter(chosen.targets))}'.",
        )
    flux = {"flux": chosen.targets[target]}
    return replace(chosen, columns={**chosen.columns, **flux, **columns}), target


def _each(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def _named(name: str, where: str) -> Format:
    if name not in FORMATS:
        raise Wco2Error(
            f"{where}: unknown format '{name}'.", nearest_name(name, (*FORMATS, "auto"))
        )
    return FORMATS[name]


def _known(available: Collection[str]) -> Format | None:
    return next((known for known in FORMATS.values() if known.looks_like(available)), None)


def _check_not_read(available: Collection[str], where: str) -> None:
    for signature, title, hint in _NOT_READ:
        if signature <= set(available):
            raise Wco2Error(f"{where} is probably a table of {title}.", hint)


def _check_kind(asked: Format, available: Collection[str], where: str) -> None:
    """Say what a table is, where it is clearly not what was asked for."""
    if asked.looks_like(available):
        return
    other = _known(available)
    if other is not None:
        raise Wco2Error(
            f"{where} is not '{asked.name}' ({asked.title}) but probably '{other.name}' "
            f"({other.title}).",
            f'Set format = "{other.name}", or leave it out.',
        )
    _check_not_read(available, where)
    if asked.signatures:
        raise Wco2Error(
            f"{where} is not '{asked.name}' ({asked.title}): it lacks "
            f"{', '.join(sorted(asked.lacks(available)))}.",
            "Take the file as it was published, or name its columns beside the format.",
        )


def _recognised(available: Collection[str], where: str) -> Format:
    if Path(where).name == ornl_1692.FILE_NAME:
        return ornl_1692.FORMAT
    known = _known(available)
    if known is not None:
        return known
    _check_not_read(available, where)
    nearest = max(FORMATS.values(), key=lambda f: f.share(available))
    hint = hint_of_months(available) or example(list(available))
    if not nearest.share(available):
        raise Wco2Error(f"{where} is of no known format.", hint)
    raise Wco2Error(
        f"{where} is of no known format. The nearest is '{nearest.name}' ({nearest.title}), for "
        f"which it lacks: {', '.join(sorted(nearest.lacks(available)))}.",
        hint,
    )
