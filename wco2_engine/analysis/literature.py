"""Published totals of winter CO2 emissions, to set beside those of maps.

A total is here only where its source was read; docs/literature-totals.md tells more of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedTotal:
    """A total as its source says it.

    Attributes
    ----------
    what : whose it is.
    total_tg : Tg C a winter.
    months, ground, flux, years : what it is of, in words.
    source : where it was read, as an address.
    """

    what: str
    total_tg: float
    months: str
    ground: str
    flux: str
    years: str
    source: str


PUBLISHED = (
    PublishedTotal(
        "Natali et al. 2019",
        1662.0,
        "October to April",
        "northern permafrost region",
        "soil CO2 flux",
        "contemporary",
        "https://doi.org/10.1038/s41558-019-0592-8",
    ),
)
