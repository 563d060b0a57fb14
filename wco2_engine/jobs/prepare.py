"""The job that makes plain GeoTIFFs of downloads, for sampling and predicting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import file_state
from wco2_engine.jobs.base import Facts, regions_state, threads
from wco2_engine.jobs.catalogues import catalogue_states, stack_folder
from wco2_engine.options import GEOGRAPHIC, Run
from wco2_engine.progress import Progress
from wco2_engine.schema import option, same_option
from wco2_engine.season import Month, parse_years

if TYPE_CHECKING:
    import pandas as pd

    from wco2_engine.stack.extent import Extent


@dataclass(frozen=True)
class PrepareJob:
    """Make the predictor stack: plain GeoTIFFs of predictors that can't be read as they are.

    Without years and observations all that is there is prepared; without an extent all places.
    """

    verb: ClassVar[str] = "prepare"
    catalogue: str = option("Catalogue of predictors.", path="read", argument="CATALOGUE")
    output: str | None = option(
        "Folder of the stack; beside the catalogue by default.", None, path="written"
    )
    years: str | None = option("Winters, e.g. 1983-1985 or 1990,1995.", None, unset="all there are")
    extent: list[float] | None = option(
        "West south east north, in the CRS.",
        None,
        unset="all there is",
        items=("west", "south", "east", "north"),
    )
    crs: str = option("CRS of the extent.", GEOGRAPHIC)
    resolution: float = option("Size of cells within, in units of the CRS.", 0.1, above=0.0)
    regions: str | None = option(
        "TOML file with [[region]] tables, for their winters; a study file will do.",
        None,
        path="read",
    )
    observations: str | None = option(
        "Observations, whose places and months are covered too.", None, path="read"
    )
    jobs: int = same_option(Run, "jobs")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.catalogue import Catalogue
        from wco2_engine.stack.prepare import prepare

        table = self._table()
        folder = stack_folder(self.output, self.catalogue, self.catalogue)
        done = prepare(
            Catalogue.read(self.catalogue),
            self._months(table),
            self._extents(table),
            folder,
            progress,
            threads(self.jobs),
        )
        why = {name: text for name, text in done.why.items() if text}
        if not why:
            progress.update(1.0, "Nothing to prepare: all predictors are read as they are")
        catalogue = str(done.catalogue.file) if why and done.catalogue.file else None
        return {
            "prepared": why,
            "made": len(done.made),
            "kept": len(done.kept),
            **({} if why else {"skipped": True}),
            "catalogue": catalogue or self.catalogue,
            "outputs": [
                *([catalogue] if catalogue else []),
                *(str(path) for path in (*done.made, *done.kept)),
            ],
        }

    def depends_on(self) -> list[str]:
        from wco2_engine.inputs.catalogue import Catalogue

        months = self._months(self._table())
        names = Catalogue.read(self.catalogue).names
        return [
            file_state(self.catalogue),
            *([regions_state(self.regions)] if self.regions else []),
            *([file_state(self.observations)] if self.observations else []),
            *catalogue_states(self.catalogue, months, names),
        ]

    def _table(self) -> pd.DataFrame | None:
        from wco2_engine.jobs.sample import site_months

        return site_months(self.observations) if self.observations else None

    def _months(self, table: pd.DataFrame | None) -> list[Month] | None:
        """The months of the winters and the observations; None for all that are there."""
        from wco2_engine.inputs.regions import DEFAULT_WINTER, read_regions
        from wco2_engine.jobs.sample import months_of

        if self.years is None and table is None:
            return None
        months = set() if table is None else set(months_of(table))
        if self.years is not None:
            regions = read_regions(Path(self.regions)) if self.regions else ()
            winters = [region.winter for region in regions] or [DEFAULT_WINTER]
            for year in parse_years(self.years):
                months |= {month for winter in winters for month in winter.months_of(year)}
        return sorted(months)

    def _extents(self, table: pd.DataFrame | None) -> list[Extent]:
        from wco2_engine.grid import parse_crs
        from wco2_engine.jobs.sample import around_sites
        from wco2_engine.stack.extent import Extent

        geographic = bool(parse_crs(self.crs).is_geographic)
        extents = []
        if self.extent is not None:
            west, south, east, north = self.extent
            if geographic and west > east:
                east += 360.0
            if not (west < east and south < north):
                raise Wco2Error(
                    f"Extent {self.extent} is empty.",
                    "Give west, south, east, north in that order.",
                )
            extents.append(Extent((west, south, east, north), self.crs, self.resolution))
        if table is not None:
            extents.append(around_sites(table, self.resolution, geographic))
        return extents
