"""The engine's own table of observations, read back."""

from __future__ import annotations

from wco2_engine.inputs.formats.mapping import Format
from wco2_engine.units import FLUX_UNITS

COLUMNS = (
    *("site", "longitude", "latitude", "year", "month"),
    *("flux_g_m2_month", "n", "method", "source", "target"),
)
_ALWAYS = COLUMNS[:-1]  # a table of an earlier version does not say its target

FORMAT = Format(
    name="wco2",
    title="observation table of this engine",
    columns={
        **{"flux" if name == "flux_g_m2_month" else name: name for name in _ALWAYS},
        "target": ("target",),
    },
    flux_units=FLUX_UNITS,
    signatures=(frozenset(_ALWAYS),),
)
