"""Maps of a run as an `xarray.Dataset`, for scripts and notebooks that want no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Grid, Tile
from wco2_engine.learning.model import Model
from wco2_engine.mapping.blocks import Work
from wco2_engine.mapping.cf import (
    CONVENTIONS,
    UNITS,
    axis_attributes,
    axis_names,
    axis_values,
    grid_mapping,
    longitudes_latitudes,
)
from wco2_engine.mapping.checkpoints import TileCheckpoints
from wco2_engine.mapping.plan import (
    APPLICABILITY,
    MEMBERS,
    MONTHLY_FLUX,
    WINTER_FLUX,
    Output,
    Products,
    Schedule,
)
from wco2_engine.mapping.record import tags_of
from wco2_engine.mapping.writer import NODATA

# Of the bands of an applicability map.
APPLICABILITY_NAMES = ("dissimilarity_index", "months_outside", "local_point_density")


def check_room(schedule: Schedule, grid: Grid, most: float) -> None:
    """Raise when the maps of a run do not fit into memory, of which `most` bytes are allowed.

    Raises
    ------
    Wco2Error : naming both amounts.
    """
    needed = 4.0 * schedule.n_layers * grid.width * grid.height
    if needed > most:
        raise Wco2Error(
            f"The {schedule.n_layers} bands of maps take {needed / 1e9:.2f} GB of memory, and "
            f"{most / 1e9:.2f} GB are allowed.",
            "Name an output folder, so that they become files, or ask for fewer years or cells.",
        )


def to_dataset(
    model: Model,
    work: Work,
    tiles: Sequence[Tile],
    checkpoints: TileCheckpoints,
    notes: Sequence[str],
) -> Any:
    """The maps of a finished run as an `xarray.Dataset`.

    Dimensions are `winter` (its year), `time` (the first day of a month), `member`, and `lat`,
    `lon`, or `y`, `x` in a projection. Values are float32, NaN where there are none.

    Raises
    ------
    Wco2Error : when xarray is not installed.
    """
    xarray = _xarray()
    grid, products = work.grid, work.schedule.products
    down, across = axis_names(grid)
    y, x = axis_values(grid)
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    for item in work.schedule.outputs:
        found.setdefault(item.quantity, {})[item.time] = _whole(work, item, tiles, checkpoints)
    variables: dict[str, Any] = {}
    for quantity, by_time in found.items():
        maps = np.stack(list(by_time.values()))  # (times, bands, rows, columns)
        when = "time" if quantity.startswith(MONTHLY_FLUX) else "winter"
        bands = products.bands(quantity)
        common = _common(model, work, quantity)
        if quantity == MEMBERS:
            attributes = {"long_name": bands[0].description.replace(", member 1 of", ", each of")}
            variables[quantity] = (
                (when, "member", down, across),
                maps,
                {**attributes, "units": UNITS, **common},
            )
        elif quantity == APPLICABILITY:
            for k, (name, band) in enumerate(zip(APPLICABILITY_NAMES, bands, strict=True)):
                attributes = {"long_name": band.description, "units": "1"}
                variables[name] = ((when, down, across), maps[:, k], {**attributes, **common})
        else:
            attributes = {"long_name": bands[0].description, "units": UNITS}
            variables[quantity] = ((when, down, across), maps[:, 0], {**attributes, **common})
    coordinates: dict[str, Any] = {
        "winter": (
            "winter",
            list(work.schedule.years),
            {"long_name": "year that names the winter"},
        ),
        down: (down, y, axis_attributes(grid, "Y")),
        across: (across, x, axis_attributes(grid, "X")),
        "crs": ((), np.int32(0), grid_mapping(grid)),
    }
    if products.monthly:
        days = [np.datetime64(f"{month}-01", "ns") for month in work.schedule.months]
        coordinates["time"] = ("time", days, {"long_name": "first day of the month", "axis": "T"})
    if products.members:
        coordinates["member"] = ("member", np.arange(1, products.members + 1))
    if not grid.geographic:
        coordinates |= longitudes_latitudes(grid)
    return xarray.Dataset(variables, coordinates, _about(model, notes))


def _xarray() -> Any:
    try:
        import xarray
    except ImportError as error:
        raise Wco2Error(
            "A Dataset needs the library xarray, which is missing.",
            "Install it (pip install xarray), or name an output folder.",
        ) from error
    return xarray


def _whole(
    work: Work, item: Output, tiles: Sequence[Tile], checkpoints: TileCheckpoints
) -> NDArray[np.float32]:
    """A map put together from its tiles, `(bands, height, width)`."""
    maps = np.full((len(item.bands), *work.grid.shape), np.nan, np.float32)
    which = work.schedule.layers[item.quantity, item.time]
    for tile in tiles:
        values = checkpoints.layers(tile, which)
        if values is not None:
            rows = slice(tile.row, tile.row + tile.height)
            columns = slice(tile.column, tile.column + tile.width)
            maps[:, rows, columns] = np.where(values == NODATA, np.float32(np.nan), values)
    return maps


def _common(model: Model, work: Work, quantity: str) -> dict[str, str]:
    """What a variable says besides its name and unit: where it lies, and how to read it."""
    tags = tags_of(model, work.schedule.products, quantity)
    read = {
        name.removeprefix("WCO2_").lower(): text
        for name, text in tags.items()
        if name.startswith(("WCO2_INTERVAL", "WCO2_APPLICABILITY", "WCO2_AGGREGATE"))
    }
    return {"grid_mapping": "crs", "cell_methods": "area: mean", **read}


def _about(model: Model, notes: Sequence[str]) -> Mapping[str, str]:
    """Global attributes: what the maps are of and where they come from."""
    tags = tags_of(model, Products(), WINTER_FLUX)
    return {
        "Conventions": CONVENTIONS,
        "title": tags["TIFFTAG_IMAGEDESCRIPTION"],
        "source": f"Extremely Randomized Trees, model {model.fingerprint}",
        "history": f"predicted by {tags['TIFFTAG_SOFTWARE']}",
        "license": tags["LICENSE"],
        **({"comment": " ".join(notes)} if notes else {}),
        **({"simulated": "yes"} if model.simulated else {}),
    }
