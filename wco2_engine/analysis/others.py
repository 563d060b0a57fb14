"""Monthly fluxes of another product, such as an inversion in netCDF, summed to maps of winters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wco2_engine.analysis.series import FLUX, WINTER_UNITS
from wco2_engine.errors import Wco2Error
from wco2_engine.escaping import one_line
from wco2_engine.grid import Grid
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.predictors import BandReference, Sources
from wco2_engine.inputs.rasters import Rasters
from wco2_engine.inputs.regions import parse_winter
from wco2_engine.inputs.toml import read_toml
from wco2_engine.mapping.writer import Band, write_cog
from wco2_engine.progress import Progress, SubProgress, stop_if_cancelled
from wco2_engine.season import Month, Winter, format_years
from wco2_engine.stack.candidates import candidates
from wco2_engine.stack.extent import Extent
from wco2_engine.stack.prepare import prepared
from wco2_engine.stack.source import parts_of
from wco2_engine.units import Conversion, flux_conversion

SIGNS: Mapping[str, float] = {"release": 1.0, "uptake": -1.0}  # what positive numbers are
_OWN = ("title", "units", "positive", "months", "label")
_TAKEN = ("name", "when", "group", "to", "window", "lag", "missing", "product")


@dataclass(frozen=True)
class FluxProduct:
    """A product of monthly fluxes, as a TOML file describes it.

    The file has the keys of a predictor in a catalogue (`path`, `variable`, `select`, `nodata`,
    `crs`, `steps`, …), and `units` of a flux (with CO2 or C), `positive` ("release" or "uptake"),
    `months` and `label` of the winter, and `title`.

    Attributes
    ----------
    catalogue : with one predictor, whose numbers stay as they are stored.
    convert : from these to g C m-2 month-1, positive where CO2 is released.
    """

    file: Path
    title: str
    catalogue: Catalogue
    convert: Conversion
    winter: Winter

    @classmethod
    def read(cls, path: Path) -> FluxProduct:
        """The product that a TOML file describes; paths in it are relative to its folder.

        Raises
        ------
        Wco2Error : for unknown keys, a unit that is missing or no flux, or months without a winter.
        """
        where = str(path)
        table = read_toml(path, "Product")
        for key in _TAKEN:
            if key in table:
                raise Wco2Error(f"{where}: {key} is not a key of a product.", "Leave it out.")
        units, positive = table.get("units"), table.get("positive", "release")
        if not isinstance(units, str):
            raise Wco2Error(
                f"{where}: the unit of the flux is not given.",
                'Add e.g. units = "mol CO2 m-2 s-1"; the document of the product says it.',
            )
        if not isinstance(positive, str) or positive not in SIGNS:
            raise Wco2Error(f"{where}: positive = {positive!r}.", 'Write "release" or "uptake".')
        own = {key: value for key, value in table.items() if key not in _OWN}
        said = own.pop("overrule", [])
        overrule = said if isinstance(said, list) else [said]  # a catalogue checks what they are
        flux = {
            **own,
            "name": "flux",
            "when": "monthly",
            "units": "1",  # numbers stay as stored: a catalogue knows no carbon
            "overrule": [*overrule, "units"],
        }
        plain = flux_conversion(units, where)
        sign = SIGNS[positive]
        return cls(
            file=path,
            title=one_line(str(table.get("title", path.stem))),
            catalogue=Catalogue.from_tables([flux], path.parent, path),
            convert=Conversion(plain.factor * sign, 0.0, plain.month_power),
            winter=parse_winter({k: table[k] for k in ("months", "label") if k in table}, where),
        )

    def states(self) -> list[str]:
        """Name, size and time of change of each of its files.

        Raises
        ------
        Wco2Error : when there is none.
        """
        [flux] = self.catalogue.predictors
        parts = parts_of(flux)
        found = {
            c.state for p in parts for c in candidates(p, self.catalogue.folder, str(self.file))
        }
        return sorted(found)

    def winters(
        self, years: Sequence[int], near: Grid, folder: Path, progress: Progress
    ) -> list[Path]:
        """Write a map of each winter of which all months are there, on the product's own cells.

        Parameters
        ----------
        near : what is covered of the product, with a margin.
        folder : for the maps, and for months that can't be read as they come.

        Raises
        ------
        Wco2Error : when a file can't be read, or no winter is whole.
        Cancelled : when the user asks to stop.
        """
        months = {year: self.winter.months_of(year) for year in years}
        wanted = sorted({month for each in months.values() for month in each})
        extent = Extent(near.bounds, near.crs, near.dx)
        readable = prepared(
            self.catalogue, wanted, [extent], folder / "months", SubProgress(progress, 0.0, 0.7)
        )
        written = []
        with Rasters() as rasters:
            sources = Sources(readable, rasters)
            for number, (year, of_winter) in enumerate(months.items()):
                stop_if_cancelled(progress)
                progress.update(0.7 + 0.3 * number / len(months), f"{self.title}: winter {year}")
                found = self._sum(sources, rasters, readable, of_winter)
                if found is None:
                    continue
                path = folder / f"{FLUX}_{year}.tif"
                tags = {"WCO2_QUANTITY": FLUX, "WCO2_TIME": str(year)}
                band = Band(f"Winter sum of {self.title}", WINTER_UNITS)
                grid, values = found
                write_cog(path, grid, [band], [(grid.whole, values[np.newaxis])], tags)
                written.append(path)
        if not written:
            raise Wco2Error(
                f"{self.file}: no winter of {format_years(list(years))} has all of its months, "
                f"{self.winter}.",
                "Look at its path and its years. A winter that is named by its January begins in "
                "the year before.",
            )
        return written

    def _sum(
        self, sources: Sources, rasters: Rasters, readable: Catalogue, months: Sequence[Month]
    ) -> tuple[Grid, NDArray[np.float64]] | None:
        """The sum of a winter, `(height, width)` g C m-2; None where a month is not there."""
        [flux] = readable.predictors
        total: NDArray[np.float64] | None = None
        grid: Grid | None = None
        for month in months:
            composite = sources.composite(flux, month)
            bands = (
                [p for p in composite.parts if isinstance(p, BandReference)] if composite else []
            )
            if not bands:
                return None
            [part] = bands
            grid = part.info.georeference
            stored = rasters.window(part.info, part.band, *grid.whole)
            values = self.convert(stored, month.days)
            total = values if total is None else total + values
        return None if total is None or grid is None else (grid, total)
