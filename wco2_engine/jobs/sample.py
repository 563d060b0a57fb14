"""The job that looks predictors up at the observations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import file_state, refuse_overwriting_inputs
from wco2_engine.grid import GEOGRAPHIC, Cells
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.regions import read_regions
from wco2_engine.jobs.base import Facts, files, raster_states, regions_state
from wco2_engine.progress import Progress
from wco2_engine.season import Month


@dataclass(frozen=True)
class SampleJob:
    """Look predictors up at the observations."""

    verb: ClassVar[str] = "sample"
    observations: str
    catalogue: str
    output: str
    regions: str | None = None
    at: str = "cell"
    resolution: float = 0.1
    crs: str = GEOGRAPHIC
    rejected: str | None = None
    origin: list[float] | None = None  # x and y of a cell's corner, where the grid is not snapped

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.observations import read_observations
        from wco2_engine.inputs.tables import write_table
        from wco2_engine.learning.sampling import sample

        inputs = files(self.observations, self.catalogue, self.regions)
        refuse_overwriting_inputs(files(self.output, self.rejected), inputs)
        training = sample(
            read_observations(self.observations).table,
            Catalogue.read(self.catalogue),
            read_regions(Path(self.regions)) if self.regions else (),
            self.cells(),
            progress,
        )
        write_table(training.table, Path(self.output))
        if self.rejected:
            write_table(training.rejected, Path(self.rejected))
        return {
            "counts": training.counts,
            "outputs": files(self.output, self.rejected),
        }

    def depends_on(self) -> list[str]:
        from wco2_engine.inputs.observations import read_observations

        table = read_observations(self.observations).table
        dates = set(zip(table["year"].tolist(), table["month"].tolist(), strict=True))
        months = sorted(Month(int(year), int(month)) for year, month in dates)
        return [
            file_state(self.observations),
            file_state(self.catalogue),
            *([regions_state(self.regions)] if self.regions else []),
            *raster_states(Catalogue.read(self.catalogue), months),
        ]

    def cells(self) -> Cells | None:
        """The cells to look up; None for the exact points.

        Raises
        ------
        Wco2Error : when `at`, the resolution or the origin can't be.
        """
        if self.at not in ("cell", "point"):
            raise Wco2Error(f"at = '{self.at}'.", nearest_name(self.at, ("cell", "point")))
        if self.at == "point":
            return None
        if self.origin is not None and len(self.origin) != 2:
            raise Wco2Error(f"Origin {self.origin} is not x and y.")
        return Cells.square(self.crs, self.resolution, *(self.origin or ()))
