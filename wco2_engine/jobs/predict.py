"""The job that maps the winters of some years."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import file_state, writable_folder
from wco2_engine.grid import GEOGRAPHIC, Grid, parse_crs
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.domain import parse_domain
from wco2_engine.jobs.base import Facts, domain_states, raster_states, threads
from wco2_engine.progress import Progress
from wco2_engine.season import parse_years

WHOLE_REGION = (-180.0, 27.0, 180.0, 84.0)  # of northern permafrost, where no extent is given


MAX_CELLS = 10**10  # of a map; more is a resolution in another unit than was meant


@dataclass(frozen=True)
class PredictJob:
    """Map the winters of some years."""

    verb: ClassVar[str] = "predict"
    model: str
    catalogue: str
    output: str
    years: str
    extent: list[float] | None = None
    crs: str = GEOGRAPHIC
    resolution: float = 0.1
    snap: bool = True
    domain: Any = None
    monthly: bool = False
    interval: float | None = None
    applicability: bool = False
    members: bool = False
    jobs: int = 0
    memory: float = 0.0  # GB; 0 for half of what is free
    scheduler: str | None = None

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.learning.model import Model
        from wco2_engine.mapping.prediction import RECORD, predict

        if not 0 <= self.memory < math.inf:
            raise Wco2Error(f"memory = {self.memory} is no number of GB.", "Give e.g. 1.5.")
        years = parse_years(self.years)
        grid = self.grid()
        domain = parse_domain(self.domain, Path(), "Prediction")
        prediction = predict(
            Model.read(Path(self.model)),
            Catalogue.read(self.catalogue),
            grid,
            years,
            writable_folder(Path(self.output)),
            domain,
            self.monthly,
            threads(self.jobs),
            progress=progress,
            memory=self.memory,
            scheduler=self.scheduler,
            interval=self.interval,
            applicability=self.applicability,
            members=self.members,
        )
        return {
            **prediction.counts,
            "grid": grid.to_json(),
            "outputs": [str(path) for path in prediction.maps],
            "record": str(Path(self.output) / RECORD),
        }

    def grid(self) -> Grid:
        """The grid of the maps; the whole permafrost region where no extent is given.

        Raises
        ------
        Wco2Error : when extent, CRS and resolution make no grid, or a huge one.
        """
        parse_crs(self.crs)
        if self.extent is None and self.crs != GEOGRAPHIC:
            raise Wco2Error(
                f"An extent in {self.crs} is needed.", "Give west, south, east, north in its units."
            )
        extent = self.extent if self.extent is not None else WHOLE_REGION
        if len(extent) != 4:
            raise Wco2Error(f"Extent {list(extent)} is not west, south, east, north.")
        west, south, east, north = extent
        grid = Grid.from_extent((west, south, east, north), self.resolution, self.crs, self.snap)
        if grid.width * grid.height > MAX_CELLS:
            raise Wco2Error(
                f"A map of {grid.width} x {grid.height} cells is too large.",
                f"The resolution of {self.resolution:g} counts in units of {self.crs}.",
            )
        return grid

    def check_interval(self) -> None:
        """Raise a Wco2Error for an interval that is no share."""
        from wco2_engine.mapping.plan import Products

        Products(interval=self.interval)

    def depends_on(self) -> list[str]:
        from wco2_engine.learning.model import Model
        from wco2_engine.mapping.plan import Schedule, predictors_of, regions_of
        from wco2_engine.mapping.record import areas_of

        model = Model.read(Path(self.model))
        winters = [region.winter for region in regions_of(model)]
        months = Schedule.of(winters, parse_years(self.years)).months
        catalogue = Catalogue.read(self.catalogue)
        used = catalogue.only([p.name for p in predictors_of(model, catalogue)])
        return [
            model.fingerprint,
            *([areas_of(model)] if self.applicability else []),
            json.dumps([model.simulated, model.provenance], sort_keys=True),  # maps repeat some
            file_state(self.catalogue),
            *domain_states(self.domain),
            *raster_states(used, list(months)),
        ]
