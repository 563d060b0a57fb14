"""Write a simulated study, whole, into a folder: what `wco2 new` makes."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error, disk_errors
from wco2_engine.files import beside, sweep
from wco2_engine.grid import GEOGRAPHIC, Grid
from wco2_engine.progress import Progress, Silent, stop_if_cancelled
from wco2_engine.season import Month
from wco2_engine.simulation import designs, texts
from wco2_engine.simulation.measurements import MISSING_FLUX, Row, draw_rows, draw_sites
from wco2_engine.simulation.noise import Array
from wco2_engine.simulation.rasters import (
    COARSE,
    EAST_OF_GREENWICH,
    FINE,
    FINE_ON_CENTRES,
    FROM_MINUS_180,
    HALF_A_CELL_OFF,
    POLAR,
    SOUTHERN_EDGE,
    Storage,
    centres,
    with_coast,
    write_raster,
)
from wco2_engine.simulation.world import (
    SEA,
    SUMMER_MONTHS,
    Place,
    World,
    check_years,
    winter_months,
)

EXTENT = (-180.0, 27.0, 180.0, 84.0)
RESOLUTION = 0.5
MAP = Grid.of_pixels(GEOGRAPHIC, -180.0, 84.0, RESOLUTION, RESOLUTION, 720, 114)

KELVIN = Storage("float32", "K", nodata=-9999.0)
HUNDREDTHS = Storage("int16", "degC", nodata=-32768, scale=0.01, south_up=True)
METRES_OF_WATER = Storage("float32", "m", nodata=-9999.0)
UNSAID_NDVI = Storage("int16", "1", nodata=-3000, scale=1e-4, says_so=False)
DECIGRAMS = Storage("int16", "dg kg-1", nodata=-32768)
HEIGHT = Storage("int16", "m", nodata=-32768)
ZONES = Storage("uint8", "class", nodata=SEA)
RAIN = Storage("float32", "mm day-1", nodata=-9999.0)
WINTER_FLUX = Storage("float32", "g C m-2 winter-1", nodata=-9999.0)
MONTHLY_FLUX = Storage("float32", "g C m-2 month-1", nodata=-9999.0)

FLUX_COLUMNS = (
    *("Site", "Lon", "Lat", "Year", "Month", "Flux_gC_m2_day"),
    *("Treatment", "Method", "Source"),
)
TRUTH_COLUMNS = (
    *("row", "site", "longitude", "latitude", "year", "month"),
    *("true_flux_gC_m2_day", "true_flux_gC_m2_month", "flaw"),
)


def create_study(
    folder: Path,
    seed: int = 0,
    years: Sequence[int] = (2001, 2002),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Make a simulated study with a known truth; the same seed, years and versions
    of the libraries make the same bytes.

    Parameters
    ----------
    folder : where to; it must be empty or not there yet.
    years : the winters that its map is asked for, named by their January.

    Returns
    -------
    What was made: `folder`, `study` (the path of its study file), `simulated` (always True),
    `seed`, `years`, `sites`, `rows`, `rasters` and `bytes`.

    Raises
    ------
    Wco2Error : when the folder holds something, can't be written, or the years are out of reach.
    Cancelled : when the user stopped it; nothing is left then.
    """
    folder, years = Path(folder), tuple(sorted(set(years)))
    progress = progress or Silent()
    check_years(years)
    if not 0 <= seed < 2**63:
        raise Wco2Error(f"Seed {seed} is not a whole number of 0 or more.")
    _refuse_unless_free(folder)
    final = folder.absolute()
    unfinished = beside(final, "partial")
    sweep(final.parent)
    try:
        with disk_errors(folder):
            unfinished.mkdir(parents=True)
            made = _write(unfinished, seed, years, progress)
            _move(unfinished, final)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    progress.update(1.0, f"A simulated study is in {folder}.")
    return {
        "folder": str(folder),
        "study": str(folder / "study.toml"),
        "simulated": True,
        "seed": seed,
        "years": list(years),
        **made,
    }


def _refuse_unless_free(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise Wco2Error(f"The folder {folder} is not empty.", "Name a new folder for the study.")
    if folder.exists() and not folder.is_dir():
        raise Wco2Error(f"{folder} is a file.", "Name a new folder for the study.")


def _move(unfinished: Path, final: Path) -> None:
    """Give the finished folder its name; an empty one stays, as someone may be standing in it."""
    if not final.exists():
        unfinished.replace(final)
        return
    for entry in sorted(unfinished.iterdir(), key=lambda path: path.name == "study.toml"):
        shutil.move(entry, final / entry.name)


def _write(folder: Path, seed: int, years: tuple[int, ...], progress: Progress) -> dict[str, Any]:
    world = World(seed)
    wanted = {*designs.YEARS, *years}
    raster_years = tuple(sorted(wanted | {year - 1 for year in wanted}))
    rng = np.random.default_rng([seed, 100])
    sites = draw_sites(world, rng)
    rows = draw_rows(world, sites, rng)
    _write_tables(folder, rows)
    jobs = [*_predictor_jobs(folder / "rasters", world, raster_years)]
    jobs += [*_truth_jobs(folder / "truth", world, years)]
    for number, job in enumerate(jobs):
        stop_if_cancelled(progress)
        progress.update(number / len(jobs), f"Simulating {job.what}")
        job.run()
    study = texts.study_text(EXTENT, RESOLUTION, years)
    readme = texts.readme_text(seed, len(rows), len(sites), raster_years)
    (folder / "catalogue.toml").write_text(texts.CATALOGUE, encoding="utf-8")
    (folder / "plateau.geojson").write_text(texts.plateau_geojson(), encoding="utf-8")
    (folder / "README.txt").write_text(readme, encoding="utf-8")
    (folder / "study.toml").write_text(study, encoding="utf-8")
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {
        "sites": len(sites),
        "rows": len(rows),
        "rasters": sum(path.suffix == ".tif" for path in files),
        "bytes": sum(path.stat().st_size for path in files),
    }


@dataclass(frozen=True)
class _Job:
    """One step of the work, to report and to cancel between."""

    what: str
    run: Callable[[], None]


@dataclass(frozen=True)
class _Canvas:
    """The pixels of a grid that get a value, and the world there."""

    grid: Grid
    painted: NDArray[np.int64]  # their indices
    place: Place

    @classmethod
    def over(cls, grid: Grid, world: World, surface: str) -> _Canvas:
        """`surface` is "all", "soil" (land without ice), or "coast" (land and a pixel beyond)."""
        longitude, latitude = centres(grid)
        north = latitude >= SOUTHERN_EDGE
        chosen = np.flatnonzero(north)
        place = world.at(longitude[chosen], latitude[chosen])
        if surface == "all":
            return cls(grid, chosen, place)
        land = np.zeros(latitude.shape, bool)
        land[chosen] = place.soil if surface == "soil" else place.land
        if surface == "coast":
            land = with_coast(land, grid) & north
        chosen = np.flatnonzero(land)
        return cls(grid, chosen, world.at(longitude[chosen], latitude[chosen]))

    def write(self, path: Path, values: Array, storage: Storage, what: str, **more: Any) -> None:
        """Write values `(n_bands, n)` or `(n,)` of the painted pixels, nodata elsewhere."""
        values = np.atleast_2d(values)
        bands = np.full((len(values), self.grid.width * self.grid.height), np.nan)
        bands[:, self.painted] = values
        write_raster(path, self.grid, bands, storage, what, **more)


def _predictor_jobs(folder: Path, world: World, years: tuple[int, ...]) -> Iterator[_Job]:
    air = _Canvas.over(EAST_OF_GREENWICH, world, "all")
    soil = _Canvas.over(FROM_MINUS_180, world, "coast")
    snow = _Canvas.over(POLAR, world, "coast")
    green = _Canvas.over(HALF_A_CELL_OFF, world, "soil")
    yield _Job("soil, terrain and permafrost", partial(_write_static, folder, world))

    def air_of(year: int) -> None:
        months = [Month(year, m) for m in range(1, 13)]
        kelvin = np.stack([air.place.air_temperature(m) for m in months]) + 273.15
        air.write(
            folder / f"air_temperature/t2m_{year}.tif",
            kelvin.round(1),
            KELVIN,
            "air temperature at 2 m",
            band_names=_month_names(year),
            valid_time=str(year),
        )

    def soil_of(year: int) -> None:
        for m, values in enumerate(soil.place.weather(year).soil_temperature, start=1):
            month = Month(year, m)
            path = folder / f"soil_temperature/stl1_{month}.tif"
            soil.write(path, values, HUNDREDTHS, "soil temperature", valid_time=str(month))

    def snow_of(year: int) -> None:
        snow.write(
            folder / f"snow/swe_{year}.tif",
            (snow.place.weather(year).snow_water / 1000.0).round(4),
            METRES_OF_WATER,
            "snow water equivalent",
            band_names=_month_names(year),
            valid_time=str(year),
        )

    def green_of(year: int) -> None:
        for m in SUMMER_MONTHS:
            path = folder / f"ndvi/ndvi_{year}_{m:02d}.tif"
            ndvi = green.place.ndvi(Month(year, m))
            green.write(path, ndvi, UNSAID_NDVI, "NDVI", valid_time=str(Month(year, m)))

    for year in years:
        for what, job in (
            ("air", air_of),
            ("soil", soil_of),
            ("snow", snow_of),
            ("NDVI", green_of),
        ):
            yield _Job(f"{what} of {year}", partial(job, year))


def _write_static(folder: Path, world: World) -> None:
    fine = _Canvas.over(FINE, world, "all")
    carbon = np.where(fine.place.soil, fine.place.organic_carbon * 10.0, np.nan)
    height = np.where(fine.place.land, fine.place.elevation, 0.0)
    fine.write(folder / "soil_organic_carbon.tif", carbon, DECIGRAMS, "organic carbon of topsoil")
    fine.write(folder / "elevation.tif", height, HEIGHT, "height above the sea")
    zones = _Canvas.over(FINE_ON_CENTRES, world, "all")
    zones.write(
        folder / "permafrost_extent.tif",
        zones.place.permafrost_zone.astype(float),
        ZONES,
        "permafrost: 1 continuous, 2 discontinuous, 3 sporadic, 4 isolated, 5 ice sheet, 0 none",
    )
    rain = _Canvas.over(COARSE, world, "all")
    days = np.array([Month(2001, m).days for m in range(1, 13)])
    rain.write(
        folder / "precipitation.tif",
        (rain.place.precipitation / days[:, np.newaxis]).round(3),
        RAIN,
        "precipitation, climatology",
        band_names=tuple(f"month {m}" for m in range(1, 13)),
        crs_known=False,
    )


def _truth_jobs(folder: Path, world: World, years: tuple[int, ...]) -> Iterator[_Job]:
    truth = _Canvas.over(MAP, world, "soil")

    def winter_of(year: int) -> None:
        weather = {y: truth.place.weather(y) for y in (year - 1, year)}
        for month in winter_months(year):
            flux = truth.place.true_monthly_flux(month, weather[month.year])
            path = folder / f"true_monthly_flux_{month}.tif"
            truth.write(path, flux, MONTHLY_FLUX, "true CO2 flux", valid_time=str(month))
        first, *_, last = winter_months(year)
        truth.write(
            folder / f"true_winter_flux_{year}.tif",
            truth.place.true_winter_flux(year),
            WINTER_FLUX,
            "true CO2 flux of the winter",
            valid_time=f"{first}/{last}",
        )

    for year in years:
        yield _Job(f"the truth of winter {year}", partial(winter_of, year))


def _write_tables(folder: Path, rows: list[Row]) -> None:
    with (folder / "fluxes.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FLUX_COLUMNS)
        for row in rows:
            place = (_text(row.longitude, 4), _text(row.latitude, 4))
            what = (_text(row.flux, 5), row.treatment, row.site.method, "simulated")
            writer.writerow((row.site.name, *place, *row.month, *what))
    (folder / "truth").mkdir()
    with (folder / "truth/observations_truth.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TRUTH_COLUMNS)
        for number, row in enumerate(rows, start=1):
            site, month = row.site, row.month
            place = (_text(site.longitude, 4), _text(site.latitude, 4))
            flux = (_text(row.true_flux, 6), _text(row.true_flux * month.days, 5))
            writer.writerow((number, site.name, *place, *month, *flux, row.flaw))


def _text(value: float | None, decimals: int) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value == MISSING_FLUX else f"{value:.{decimals}f}"


def _month_names(year: int) -> tuple[str, ...]:
    return tuple(str(Month(year, m)) for m in range(1, 13))
