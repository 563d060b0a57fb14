"""The job that looks predictors up at the observations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from wco2_engine.files import file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, files, regions_state, threads
from wco2_engine.jobs.catalogues import catalogue_states, readable_catalogue, stack_folder
from wco2_engine.options import CELL_SIZES, GEOGRAPHIC, Hyperparameters, Run
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import option, same_option
from wco2_engine.season import Month

if TYPE_CHECKING:
    import pandas as pd

    from wco2_engine.grid import Cells
    from wco2_engine.stack.extent import Extent

_REACH = 6  # times as many degrees of longitude in the far north, for a length in metres


def site_months(observations: str) -> pd.DataFrame:
    """The site months of a table of observations.

    A study asks for them several times; they are read again when the file has changed.
    """
    return _read(observations, file_state(observations.partition("|")[0])).copy()


@lru_cache(maxsize=1)
def _read(observations: str, state: str) -> pd.DataFrame:
    from wco2_engine.inputs.observations import read_observations

    return read_observations(observations).table


def months_of(table: pd.DataFrame) -> list[Month]:
    """The months of observations, each once."""
    dates = set(zip(table["year"].tolist(), table["month"].tolist(), strict=True))
    return sorted(Month(int(year), int(month)) for year, month in dates)


def around_sites(table: pd.DataFrame, cell: float, geographic: bool) -> Extent:
    """The extent of all sites of observations, with the cells that hold them.

    Parameters
    ----------
    cell : their size, in degrees where `geographic`, else in metres.
    """
    from wco2_engine.grid import METRES_A_DEGREE
    from wco2_engine.stack.extent import Extent

    size = cell if geographic else _REACH * cell / METRES_A_DEGREE
    return Extent.around(table["longitude"].to_numpy(), table["latitude"].to_numpy(), size)


@dataclass(frozen=True)
class SampleJob:
    """Look predictors up at the observations."""

    verb: ClassVar[str] = "sample"
    observations: str = option("Observations.", path="read", argument="OBSERVATIONS")
    catalogue: str = option("Catalogue of predictors.", path="read", argument="CATALOGUE")
    output: str = option("training.gpkg or .csv to write.", path="written")
    regions: str | None = option(
        "TOML file with [[region]] tables; a study file will do.", None, path="read"
    )
    at: str = option(
        "Look predictors up in the cell that holds a site, or at the point.",
        "cell",
        choices=("cell", "point"),
    )
    resolution: float = option("Size of the cells, in the CRS.", 0.1, **CELL_SIZES)
    crs: str = option("CRS of the cells.", GEOGRAPHIC)
    rejected: str | None = option(
        "CSV file for observations that can't be sampled; beside the output by default.",
        None,
        path="written",
    )
    train_months: str | tuple[int, ...] = same_option(Hyperparameters, "train_months")
    origin: list[float] | None = option(
        "A corner of a cell, where the grid is not snapped.", None, items=("x", "y")
    )
    stack: str | None = option(
        "Folder for prepared predictors; beside the catalogue by default.", None, path="written"
    )
    jobs: int = same_option(Run, "jobs")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.inputs.regions import geometry_files, read_regions
        from wco2_engine.inputs.tables import write_table
        from wco2_engine.learning.sampling import sample

        inputs = files(self.observations, self.catalogue, self.regions)
        inputs += geometry_files(Path(self.regions)) if self.regions else []
        refuse_overwriting_inputs(files(self.output, self.rejected), inputs)
        table = site_months(self.observations)
        cells = self.cells()
        catalogue = readable_catalogue(
            self.catalogue,
            months_of(table),
            [
                around_sites(
                    table, 0.0 if cells is None else cells.dx, cells is None or cells.geographic
                )
            ],
            stack_folder(self.stack, self.catalogue, self.output),
            SubProgress(progress, 0.0, 0.8),
            threads(self.jobs),
        )
        training = sample(
            table,
            catalogue,
            read_regions(Path(self.regions)) if self.regions else (),
            cells,
            SubProgress(progress, 0.8, 1.0),
            self.train_months,
        )
        write_table(training.table, Path(self.output))
        if self.rejected:
            write_table(training.rejected, Path(self.rejected))
        return {
            "counts": training.counts,
            "outputs": files(self.output, self.rejected),
        }

    def depends_on(self) -> list[str]:
        from wco2_engine.inputs.catalogue import Catalogue

        table = site_months(self.observations)
        names = Catalogue.read(self.catalogue).names
        return [
            file_state(self.observations),
            file_state(self.catalogue),
            *([regions_state(self.regions)] if self.regions else []),
            *catalogue_states(self.catalogue, months_of(table), names),
        ]

    def cells(self) -> Cells | None:
        """The cells to look up; None for the exact points.

        Raises
        ------
        Wco2Error : when the CRS or the resolution can't be.
        """
        from wco2_engine.grid import Cells

        if self.at == "point":
            return None
        return Cells.square(self.crs, self.resolution, *(self.origin or ()))
