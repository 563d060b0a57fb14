"""The job that maps the winters of some years."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import file_state, writable_folder
from wco2_engine.jobs.base import Facts, domain_states, threads
from wco2_engine.jobs.catalogues import catalogue_states, stack_folder
from wco2_engine.options import CELL_SIZES, DOMAIN, GEOGRAPHIC, MapProducts, Run
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import group, option, same_option, to_plain
from wco2_engine.season import Month, parse_years

if TYPE_CHECKING:
    from wco2_engine.grid import Grid
    from wco2_engine.inputs.catalogue import Catalogue
    from wco2_engine.learning.model import Model

WHOLE_REGION = (-180.0, 27.0, 180.0, 84.0)  # of northern permafrost, where no extent is given


MAX_CELLS = 10**10  # of a map; more is a resolution in another unit than was meant


@dataclass(frozen=True)
class PredictJob:
    """Map the winters of some years."""

    verb: ClassVar[str] = "predict"
    model: str = option("A model file.", path="read", argument="MODEL")
    catalogue: str = option("Catalogue of predictors.", path="read", argument="CATALOGUE")
    output: str = option("Folder for the maps.", path="written")
    years: str = option("Winters to map, e.g. 1983-1985 or 1990,1995.")
    extent: list[float] | None = option(
        "West south east north, in the CRS.",
        None,
        unset="all of the north",
        items=("west", "south", "east", "north"),
    )
    crs: str = option("CRS of the map.", GEOGRAPHIC)
    resolution: float = option("Cell size, in units of the CRS.", 0.1, **CELL_SIZES)
    snap: bool = option("Move edges outward to multiples of the resolution.", True)
    domain: str | dict[str, Any] | None = option(
        "Cells to predict.",
        None,
        more="Polygons, or a raster, as a path or as `{ path, values, crs, variable, nodata }`; a "
        "cell belongs if its centre does.",
        unset="all cells of the regions",
        table=DOMAIN,
    )
    products: MapProducts = group(MapProducts)
    jobs: int = same_option(Run, "jobs")
    memory: float = option(
        "GB that it may take; 0 for half of what is free.", 0.0, least=0.0, most=1e6
    )
    scheduler: str | None = option("Dask scheduler to work on, e.g. tcp://host:8786.", None)
    stack: str | None = option(
        "Folder for prepared predictors; beside the catalogue by default.", None, path="written"
    )

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.domain import parse_domain
        from wco2_engine.learning.model import Model
        from wco2_engine.mapping.prediction import predict
        from wco2_engine.mapping.record import RECORD

        years = parse_years(self.years)
        grid = self.grid()
        domain = parse_domain(self.domain, Path(), "Prediction")
        model = Model.read(Path(self.model))
        catalogue = self.readable(model, grid, SubProgress(progress, 0.0, 0.3))
        prediction = predict(
            model,
            catalogue,
            grid,
            years,
            writable_folder(Path(self.output)),
            domain,
            jobs=threads(self.jobs),
            progress=SubProgress(progress, 0.3, 1.0),
            memory=self.memory,
            scheduler=self.scheduler,
            **to_plain(self.products),
        )
        return {
            **prediction.counts,
            "grid": grid.to_json(),
            "outputs": [str(path) for path in prediction.maps],
            "record": str(Path(self.output) / RECORD),
        }

    def readable(self, model: Model, grid: Grid, progress: Progress) -> Catalogue:
        """The catalogue of the model's predictors, prepared where they have to be."""
        from wco2_engine.inputs.catalogue import Catalogue
        from wco2_engine.stack.extent import Extent
        from wco2_engine.stack.prepare import prepared

        names = [predictor.name for predictor in model.predictors]
        catalogue = Catalogue.read(self.catalogue)
        return prepared(
            catalogue.only(names),
            self._months(model),
            [Extent(grid.bounds, grid.crs, grid.resolution)],
            stack_folder(self.stack, self.catalogue, self.output),
            progress,
            threads(self.jobs),
        )

    def _months(self, model: Model) -> list[Month]:
        from wco2_engine.mapping.plan import Schedule, regions_of

        winters = [region.winter for region in regions_of(model)]
        return list(Schedule.of(winters, parse_years(self.years)).months)

    def grid(self) -> Grid:
        """The grid of the maps; the whole permafrost region where no extent is given.

        Raises
        ------
        Wco2Error : when extent, CRS and resolution make no grid, or a huge one.
        """
        from wco2_engine.grid import Grid, parse_crs

        parse_crs(self.crs)
        if self.extent is None and self.crs != GEOGRAPHIC:
            raise Wco2Error(
                f"An extent in {self.crs} is needed.", "Give west, south, east, north in its units."
            )
        extent = self.extent if self.extent is not None else WHOLE_REGION
        west, south, east, north = extent
        if not parse_crs(self.crs).is_geographic and max(map(abs, extent)) <= 360:
            raise Wco2Error(
                f"The extent {list(extent)} is in degrees, and {self.crs} counts in other units.",
                "Give west, south, east, north in units of the CRS, or leave the CRS out.",
            )
        grid = Grid.from_extent((west, south, east, north), self.resolution, self.crs, self.snap)
        if grid.width * grid.height > MAX_CELLS:
            raise Wco2Error(
                f"A map of {grid.width} x {grid.height} cells is too large.",
                f"The resolution of {self.resolution:g} counts in units of {self.crs}.",
            )
        return grid

    def depends_on(self) -> list[str]:
        from wco2_engine.learning.model import Model
        from wco2_engine.mapping.run_key import areas_of

        model = Model.read(Path(self.model))
        names = [predictor.name for predictor in model.predictors]
        return [
            model.fingerprint,
            *([areas_of(model)] if self.products.applicability else []),
            json.dumps([model.simulated, model.provenance], sort_keys=True),  # maps repeat some
            file_state(self.catalogue),
            *domain_states(self.domain),
            *catalogue_states(self.catalogue, self._months(model), names),
        ]
