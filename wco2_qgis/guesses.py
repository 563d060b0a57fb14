"""Which field of a table is what, guessed from the fields' names. Knows no QGIS."""

from __future__ import annotations

import re
from collections.abc import Sequence

# By what is looked for: patterns of names, the surest first.
_NAMES = {
    "SITE": (
        r"site",
        r"site_?(id|name|code)",
        r"station(_?(id|name))?",
        r"plot(_?id)?",
        r"地点|站点",
    ),
    "YEAR": (r"year", r"(meas(ure)?_?)?year", r".*_year|yr", r"年份?"),
    "MONTH": (r"month", r"(meas(ure)?_?)?month", r".*_month|mon|interval", r"月份?"),
    "LONGITUDE": (r"lon(g(itude)?)?", r".*lon(g(itude)?)?", r"x", r"经度"),
    "LATITUDE": (r"lat(itude)?", r".*lat(itude)?", r"y", r"纬度"),
    "FLUX": (
        r"flux",
        r"(reco|nee|rs_norm)",
        r".*(co2.*flux|flux.*co2).*|fco2",
        r".*(reco|nee|flux).*",
        r".*通量.*",
    ),
}


def guess(what: str, fields: Sequence[str]) -> str:
    """The field that is most likely this, or "" where none or several are as likely.

    Parameters
    ----------
    what : "SITE", "YEAR", "MONTH", "LONGITUDE", "LATITUDE" or "FLUX".
    """
    for pattern in _NAMES[what]:
        found = [name for name in fields if re.fullmatch(pattern, name.strip(), re.IGNORECASE)]
        if len(found) == 1:
            return found[0]
        if found:
            return ""
    return ""
