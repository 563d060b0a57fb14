"""The job that reads, converts, screens and merges tables of fluxes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.files import file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, files
from wco2_engine.progress import Progress
from wco2_engine.schema import build, option

if TYPE_CHECKING:
    from wco2_engine.inputs.observations import Observations, Source
    from wco2_engine.inputs.screen import Screen


_INPUTS = "wco2_engine.inputs"


@dataclass(frozen=True)
class ObservationsJob:
    """Read, convert, screen and merge tables of fluxes."""

    verb: ClassVar[str] = "observations"
    input: str = option("Table of fluxes.", path="read", argument="TABLE...")
    output: str = option("observations.gpkg or .csv to write.", path="written")
    format: str = option("Named format.", "auto")
    columns: dict[str, str] | None = option("Which column is which.", None)
    flux_units: str | None = option("Unit of the flux column.", None)
    screen: dict[str, Any] = option("Screening rules.", {}, table=f"{_INPUTS}.screen.Screen")
    crs: str | None = option("CRS of a point layer that states none.", None)
    rejected: str | None = option(
        "CSV file for rejected rows; beside the output by default.", None, path="written"
    )
    site_table: str | None = option(
        "Table of coordinates, for files of FLUXNET.", None, path="read"
    )
    name: str | None = option("What the rows are said to come from; else the file's name.", None)
    year: int | None = option(
        "Year that a table of means without years is taken as of.", None, least=1800, most=2300
    )
    target: str | None = option(
        "reco or nee, where a table has both; reco by default.", None, choices=("reco", "nee")
    )
    more: list[dict[str, Any]] = option(
        "Further tables.", [], table=f"{_INPUTS}.observations.Source"
    )

    def sources(self) -> list[Source]:
        """The tables in their order: the first, then `more`.

        Raises
        ------
        Wco2Error : for unknown keys or values.
        """
        from wco2_engine.inputs.observations import Source

        own = ("format", "columns", "flux_units", "crs", "site_table", "name", "year")
        first = {"file": self.input, **{name: getattr(self, name) for name in own}}
        return [build(Source, table, "Source of observations") for table in (first, *self.more)]

    def screening(self) -> Screen:
        """The screening rules.

        Raises
        ------
        Wco2Error : for unknown keys or values.
        """
        from wco2_engine.inputs.screen import Screen

        return build(Screen, self.screen, "Screening rules")

    def read(self) -> Observations:
        """The observations, not written yet."""
        from wco2_engine.inputs.observations import read_sources

        return read_sources(self.sources(), self.screening(), self.target)

    def run(self, progress: Progress) -> Facts:
        sources = self.sources()
        inputs = [file for source in sources for file in source.files()]
        refuse_overwriting_inputs(files(self.output, self.rejected), inputs)
        progress.update(0.0, f"Reading {', '.join(source.path.name for source in sources)}")
        observations = self.read()
        for note in observations.notes:
            progress.note(note)
        progress.update(0.8, "Writing observations")
        rejected = None if self.rejected is None else Path(self.rejected)
        observations.write(Path(self.output), rejected)
        progress.update(1.0, "Observations are ready")
        return {
            "counts": observations.counts,
            "target": observations.target,
            "fluxes": dict(observations.fluxes),
            "notes": list(observations.notes),
            "outputs": files(self.output, self.rejected),
        }

    def depends_on(self) -> list[str]:
        return [file_state(file) for source in self.sources() for file in source.files()]
