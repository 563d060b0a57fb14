"""Whether what a model says of its own errors is true, on simulated worlds whose truth is known.

`python benchmarks/honesty.py [WORLDS] [TREES] [DESIGN]` trains a model in each world as `wco2 new`
and `wco2 run` would (the same sites, measurements and predictors, looked up at exact points, so
that no raster is written) and holds it against what no real study has. DESIGN says how sites are
chosen: clustered, even, roads or decades.

- intervals, raw and calibrated, against measurements at sites that were drawn anew, and in cells
  anywhere on the map;
- bounds of winters, sums of months' bounds and calibrated, against true winters in cells, and
  against winters measured at sites that were drawn anew, with the months that these have;
- the error of monthly fluxes inside and outside of the area of applicability;
- the winter's total against its interval from members.

Prints a table a question, in Markdown. Twenty worlds take a few minutes in one thread.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.learning.conformal import LEVELS, conformity_scores
from wco2_engine.learning.judged import level_text
from wco2_engine.learning.members import total_interval
from wco2_engine.learning.model import Model
from wco2_engine.learning.prediction_points import fibonacci_lattice
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.learning.training import train
from wco2_engine.learning.winters import winters_of_sites
from wco2_engine.options import Hyperparameters, TrainingSettings
from wco2_engine.season import Month
from wco2_engine.simulation import texts
from wco2_engine.simulation.measurements import FLOOR, SPREAD, draw_rows, draw_sites
from wco2_engine.simulation.world import REGIONS, Place, Weather, World

WINTER = 2002
ON_EARTH = 60_000  # points of equal area, about 90 km apart
EVERY = 4  # of the points, where winters are bounded
FRESH = 3  # draws of other sites in each world
FloatArray = NDArray[np.float64]


class Mapped:
    """The domain of a world's map: its permafrost."""

    def __init__(self, world: World) -> None:
        self._world = world

    def mask(self, _rasters: Any, _points: Any, longitude: FloatArray, latitude: FloatArray) -> Any:
        return self._world.at(longitude, latitude).mapped


def predictors(
    place: Place, month: Month, weather: dict[int, Weather], names: Sequence[str]
) -> NDArray[np.float32]:
    """The predictors of the simulated catalogue at a place, `(n, n_features)`."""
    days = month.days / Month(2001, month.month).days
    now = weather[month.year]
    values = {
        "air_temperature": place.air_temperature(month),
        "air_temperature_before": place.air_temperature(month.shift(-1)),
        "soil_temperature": now.soil_temperature[month.month - 1],
        "snow_water_equivalent": now.snow_water[month.month - 1],
        "precipitation": place.precipitation[month.month - 1] * days,
        "summer_ndvi": place.summer_ndvi(month),
        "soil_organic_carbon": place.organic_carbon,
        "elevation": place.elevation,
        "permafrost_extent": place.permafrost_zone,
    }
    return np.column_stack([values[name] for name in names]).astype(np.float32)


def measured(
    world: World, draw: int, names: Sequence[str], design: str = "clustered"
) -> pd.DataFrame:
    """A training table of the winter months at sites of the world; draw 0 is the study's own."""
    rng = np.random.default_rng([world.seed, 100] + ([draw] if draw else []))
    sites = draw_sites(world, rng, design)
    fluxes = defaultdict(list)
    for row in draw_rows(world, sites, rng):
        if not row.flaw and row.month.month in REGIONS[row.site.region].winter.months:
            fluxes[row.site, row.month].append(row.flux)
    table = pd.DataFrame(
        [
            {
                "site": site.name,
                "longitude": site.longitude,
                "latitude": site.latitude,
                "year": month.year,
                "month": month.month,
                "flux_g_m2_month": float(np.mean(found)) * month.days,
                "source": "simulated",
                "region": site.region,
            }
            for (site, month), found in fluxes.items()
        ]
    )
    place = world.at(table["longitude"].to_numpy(), table["latitude"].to_numpy())
    weather = {year: place.weather(year) for year in set(table["year"])}
    looked_up = np.empty((len(table), len(names)), np.float32)
    for (year, month), rows in table.groupby(["year", "month"]).indices.items():
        looked_up[rows] = predictors(place, Month(year, month), weather, names)[rows]
    return table.join(pd.DataFrame(looked_up, columns=list(names)))


def elsewhere(world: World, index: int) -> tuple[NDArray[np.float32], FloatArray]:
    """Predictors and measurements of a winter anywhere on a region's map, each place a site."""
    rng = np.random.default_rng([world.seed, 200, index])
    longitude, latitude = fibonacci_lattice(ON_EARTH)
    place = world.at(longitude, latitude)
    held = np.flatnonzero(place.mapped & (place.region == index))
    here = world.at(longitude[held], latitude[held])
    weather = {year: here.weather(year) for year in (WINTER - 1, WINTER)}
    spread = np.where(rng.random(held.size) < 0.3, SPREAD["eddy covariance"], SPREAD["chamber"])
    features, observed = [], []
    for month in REGIONS[index].winter.months_of(WINTER):
        factor = np.exp(spread * rng.standard_normal(held.size) - spread**2 / 2)
        flux = here.daily_flux(month, weather[month.year]) * factor
        flux += FLOOR * rng.standard_normal(held.size)
        features.append(predictors(here, month, weather, NAMES))
        observed.append(flux * month.days)
    return np.concatenate(features), np.concatenate(observed)


def coverage(
    each: RegionModel, where: str, features: NDArray[np.float32], observed: FloatArray
) -> list[dict[str, Any]]:
    """How often measurements lie within bounds, a row a level."""
    rows = []
    for level in LEVELS:
        raw = each.interval_forest.predict_interval(features, level)[1:]
        bounds = each.predict_interval(features, level)[1:]
        rows.append(
            {
                "region": each.region.name,
                "where": where,
                "level": level,
                "calibrated": each.is_calibrated(level),
                "raw": float(np.mean(conformity_scores(observed, *raw) <= 0)),
                "raw width": float(np.mean(raw[1] - raw[0])),
                "held": float(np.mean(conformity_scores(observed, *bounds) <= 0)),
                "width": float(np.mean(bounds[1] - bounds[0])),
            }
        )
    return rows


def true_winters(world: World, index: int, each: RegionModel) -> list[dict[str, Any]]:
    """How often the true winters of a region's cells lie within bounds, a row a level."""
    longitude, latitude = fibonacci_lattice(ON_EARTH)
    place = world.at(longitude, latitude)
    held = np.flatnonzero(place.mapped & (place.region == index))[::EVERY]
    here = world.at(longitude[held], latitude[held])
    weather = {year: here.weather(year) for year in (WINTER - 1, WINTER)}
    sums = {level: np.zeros((3, held.size)) for level in LEVELS}
    true = np.zeros(held.size)
    for month in each.region.winter.months_of(WINTER):
        features = predictors(here, month, weather, NAMES)
        true += here.true_monthly_flux(month, weather[month.year])
        for level, total in sums.items():
            total += each.predict_interval(features, level)
    return [
        winter_row(each, "true, in cells", level, true, *total) for level, total in sums.items()
    ]


def fresh_winters(each: RegionModel, table: pd.DataFrame) -> list[dict[str, Any]]:
    """How often measured winters of new sites lie within bounds, each with the months it has."""
    features = table[list(NAMES)].to_numpy(np.float32)
    year, month = (table[key].to_numpy() for key in ("year", "month"))
    site = np.unique(table["site"], return_inverse=True)[1]
    winter = winters_of_sites(site, year, month, each.region.winter)
    known = winter >= 0
    rows = []
    for level in LEVELS:
        values = [table["flux_g_m2_month"].to_numpy(), *each.predict_interval(features, level)]
        sums = [np.bincount(winter[known], each_value[known]) for each_value in values]
        rows.append(winter_row(each, "measured, at new sites", level, *sums))
    return rows


def winter_row(
    each: RegionModel,
    where: str,
    level: float,
    observed: FloatArray,
    estimate: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> dict[str, Any]:
    low, high = each.winter_bounds(estimate, lower, upper, level)
    return {
        "region": each.region.name,
        "where": where,
        "level": level,
        "factor": each.winter_calibration.get(level_text(level), float("nan")),
        "sums": float(np.mean(conformity_scores(observed, lower, upper) <= 0)),
        "sums width": float(np.mean(upper - lower)),
        "held": float(np.mean(conformity_scores(observed, low, high) <= 0)),
        "width": float(np.mean(high - low)),
    }


def map_of(world: World, model: Model) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Errors inside and outside the area of applicability by region, and the winter's totals."""
    longitude, latitude = fibonacci_lattice(ON_EARTH)
    place = world.at(longitude, latitude)
    of_members, of_map, truth = np.zeros(model.regions[0].n_members), 0.0, 0.0
    inside_rows, total_rows = [], []
    for index, each in enumerate(model.regions):
        held = np.flatnonzero(place.mapped & (place.region == index))
        here = world.at(longitude[held], latitude[held])
        weather = {year: here.weather(year) for year in (WINTER - 1, WINTER)}
        error, inside = [], []
        winter, true = np.zeros((each.n_members, held.size)), np.zeros(held.size)
        predicted = np.zeros(held.size)
        for month in each.region.winter.months_of(WINTER):
            features = predictors(here, month, weather, NAMES)
            flux, by_member = each.forest.predict(features), each.predict_members(features)
            actual = here.true_monthly_flux(month, weather[month.year])
            error.append(flux - actual)
            inside.append(each.applicability.predict(features, lpd=False).inside)
            winter, true, predicted = winter + by_member, true + actual, predicted + flux
        off, within = np.concatenate(error), np.concatenate(inside)
        inside_rows.append(
            {
                "region": each.region.name,
                "share outside": float(1 - within.mean()),
                "RMSE inside": float(np.sqrt(np.mean(off[within] ** 2))),
                "RMSE outside": float(np.sqrt(np.mean(off[~within] ** 2)))
                if not within.all()
                else float("nan"),
            }
        )
        total_rows.append(
            total_row(each.region.name, true.sum(), predicted.sum(), winter.sum(axis=1))
        )
        truth, of_map = truth + true.sum(), of_map + predicted.sum()
        of_members = of_members + winter.sum(axis=1)
    total_rows.append(total_row("both", truth, of_map, of_members))
    return inside_rows, total_rows


def total_row(region: str, truth: float, total: float, members: FloatArray) -> dict[str, Any]:
    """All as shares of the true total."""
    corrected = members.mean()
    lower, upper = total_interval(corrected, members, 0.9)
    return {
        "region": region,
        "off": float(corrected / truth - 1),
        "map off": float(total / truth - 1),
        "lower": float(lower / truth - 1),
        "upper": float(upper / truth - 1),
        "holds": bool(lower <= truth <= upper),
    }


def one_world(
    seed: int, catalogue: Catalogue, settings: TrainingSettings, design: str
) -> dict[str, Any]:
    """Everything that is asked of a world."""
    world = World(seed)
    model = train(
        measured(world, 0, NAMES, design),
        catalogue,
        REGIONS,
        settings,
        domain=Mapped(world),  # type: ignore[arg-type]
    )
    drawn = [measured(world, draw, NAMES, design) for draw in range(1, FRESH + 1)]
    fresh = pd.concat([table.assign(site=table["site"] + f" {k}") for k, table in enumerate(drawn)])
    inside, totals = map_of(world, model)
    found: list[dict[str, Any]] = []
    winters: list[dict[str, Any]] = []
    for index, each in enumerate(model.regions):
        here = fresh[fresh["region"] == index]
        features = here[list(NAMES)].to_numpy(np.float32)
        found += coverage(each, "new sites", features, here["flux_g_m2_month"].to_numpy())
        found += coverage(each, "anywhere", *elsewhere(world, index))
        winters += [*true_winters(world, index, each), *fresh_winters(each, here)]
    return {
        "coverage": found,
        "winters": winters,
        "winters told": [dict(row) for row in model.winter_coverage],
        "told": [dict(row) for row in model.coverage],
        "inside": inside,
        "totals": totals,
    }


def show(found: pd.DataFrame, digits: int = 3) -> None:
    """A table in Markdown."""
    text = [
        [f"{v:.{digits}f}" if isinstance(v, float) else str(v) for v in r] for r in found.values
    ]
    for cells in (list(found.columns), ["---"] * len(found.columns), *text):
        sys.stdout.write("| " + " | ".join(cells) + " |\n")
    sys.stdout.write("\n")


def tell(worlds: Sequence[dict[str, Any]]) -> None:
    """The tables."""
    frames = {
        key: pd.DataFrame(
            [{"world": k, **row} for k, world in enumerate(worlds) for row in world[key]]
        )
        for key in worlds[0]
    }
    sys.stdout.write(f"# {len(worlds)} worlds\n\nCoverage of new measurements\n\n")
    frame = frames["coverage"]
    frame = frame[frame["calibrated"]]
    by = frame.groupby(["region", "where", "level"], sort=False)
    table = by[["raw", "raw width", "held", "width"]].mean()
    table["spread of held"] = by["held"].std()
    show(table.reset_index())
    sys.stdout.write("Coverage that the model tells of itself\n\n")
    by = frames["told"].dropna().groupby(["region", "validation", "level"], sort=False)
    show(by[["raw_coverage", "coverage"]].mean().reset_index())
    sys.stdout.write("Winters: coverage of sums of months' bounds, and of bounds of winters\n\n")
    by = frames["winters"].dropna().groupby(["region", "where", "level"], sort=False)
    table = by[["factor", "sums", "sums width", "held", "width"]].mean()
    table["spread of held"] = by["held"].std()
    show(table.reset_index())
    sys.stdout.write("Winters, told by the model of held-out sites\n\n")
    by = frames["winters told"].dropna().groupby(["region", "validation", "level"], sort=False)
    numbers = ["months", "correlation", "sum_coverage", "sum_width", "coverage", "width"]
    show(by[numbers].mean().reset_index())
    sys.stdout.write("Error inside and outside of the area of applicability\n\n")
    frame = frames["inside"]
    frame["smaller inside"] = (frame["RMSE inside"] < frame["RMSE outside"]).astype(float)
    show(frame.drop(columns="world").groupby("region", sort=False).mean().reset_index())
    sys.stdout.write(
        "Totals of a winter, corrected, their 90 % interval, and the map's sum: off the truth\n\n"
    )
    frame = frames["totals"].drop(columns="world")
    by = frame.groupby("region", sort=False)
    table = by[["off", "map off", "lower", "upper"]].mean()
    table["spread of off"] = by["off"].std()
    table["spread of map off"] = by["map off"].std()
    table["holds"] = by["holds"].sum()
    show(table.reset_index())
    both = frames["totals"][frames["totals"]["region"] == "both"]
    show(both.drop(columns="region"))


def main(worlds: int, trees: int, design: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalogue.toml"
        path.write_text(texts.CATALOGUE, encoding="utf-8")
        catalogue = Catalogue.read(path)
    settings = TrainingSettings(
        Hyperparameters(trees=trees), members=20, validation=("site", "knndm")
    )
    found = []
    for seed in range(worlds):
        found.append(one_world(seed, catalogue, settings, design))
        sys.stderr.write(f"world {seed}: {found[-1]['totals'][-1]}\n")
    tell(found)


NAMES = (
    *("air_temperature", "air_temperature_before", "soil_temperature", "snow_water_equivalent"),
    *("precipitation", "summer_ndvi", "soil_organic_carbon", "elevation", "permafrost_extent"),
)

if __name__ == "__main__":
    given = sys.argv[1:]
    numbers, how = [int(text) for text in given[:2]], given[2] if len(given) > 2 else "clustered"
    main(*(numbers + [20, 200][len(numbers) :]), how)
