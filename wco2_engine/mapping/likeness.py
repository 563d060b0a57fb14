"""Whether inputs look like those of the training: another unit shows in their values."""

from __future__ import annotations

import math

import numpy as np

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.predictors import PredictorReader, Sources, likely_unit
from wco2_engine.inputs.rasters import Points, Rasters
from wco2_engine.learning.model import Model
from wco2_engine.mapping.blocks import Work, cells_to_predict

PROBE_CELLS = 4000  # looked at before a run


def check_likeness(model: Model, work: Work, sources: Sources, rasters: Rasters) -> None:
    """Compare the inputs, at some cells of the first month, with what the forests were trained on.

    Only of predictors whose `valid` range the catalogue does not say: who says it vouches for the
    unit, and may predict what lies far outside the training, such as another climate.

    Raises
    ------
    Wco2Error : when a predictor's median lies far outside the training range and another unit would
        bring it inside.
    """
    grid = work.grid
    step = max(1, math.ceil(math.sqrt(grid.width * grid.height / PROBE_CELLS)))
    columns = np.arange(step // 2, grid.width, step)
    rows = np.arange(step // 2, grid.height, step)
    across, down = np.meshgrid(columns, rows)
    x = grid.cells.x(grid.first_column + across.ravel())
    y = grid.cells.y(grid.first_row + down.ravel())
    held, _ = cells_to_predict(work, rasters, x, y)
    if not held.size:
        return
    points = Points(x[held], y[held], grid.crs, grid.resolution)
    reader = PredictorReader(sources, rasters, points)
    month = work.schedule.months[0]
    low = np.min([part.features.min(axis=0) for part in model.regions], axis=0)
    high = np.max([part.features.max(axis=0) for part in model.regions], axis=0)
    for k, predictor in enumerate(work.predictors):
        if predictor.valid is not None or predictor.kind != "number":
            continue
        values = reader.values(predictor, month)
        if np.isnan(values).all():
            continue
        median, span = float(np.nanmedian(values)), float(high[k] - low[k])
        near = float(low[k]) - span, float(high[k]) + span
        hint = likely_unit(median, *near)
        if not near[0] <= median <= near[1] and hint:
            raise Wco2Error(
                f"Predictor '{predictor.name}' has a median of {median:.4g} {predictor.to} in "
                f"{month}, but the model was trained on {low[k]:.4g} to {high[k]:.4g}.",
                f"{hint} If the values are right, say valid = [lowest, highest] in the catalogue.",
            )
