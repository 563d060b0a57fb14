"""The figures of a report, as SVG or PNG texts that an HTML file holds within itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wco2_engine.errors import Wco2Error
from wco2_engine.learning.model import Model, RegionModel
from wco2_engine.mapping.blocks import NODATA
from wco2_engine.season import MONTH_NAMES

FLUX_LABEL = "g C m$^{-2}$ month$^{-1}$"
WINTER_LABEL = "g C m$^{-2}$ winter$^{-1}$"
MAX_MAP_PIXELS = 1600
_BLUE, _GREY, _ORANGE = "#31688e", "#666666", "#d95f02"
_COLORS = (_ORANGE, _BLUE, "#35b779", "#440154", "#7570b3")


def number(value: float | None) -> str:
    """A score with two digits; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def observed_against_predicted(model: Model) -> str:
    """Held-out predictions against observations: a row a region, a column a validation."""
    methods = list(model.settings["validation"])
    figure, axes = _figure(len(model.regions), len(methods), 3.4, 3.4)
    for row, region in enumerate(model.regions):
        for column, method in enumerate(methods):
            axis = axes[row][column]
            if method not in region.predictions:  # too few sites for it
                axis.axis("off")
                continue
            predicted, observed = region.predictions[method], region.target
            low = float(min(predicted.min(), observed.min()))
            high = float(max(predicted.max(), observed.max()))
            axis.plot([low, high], [low, high], color=_GREY, linewidth=1)
            axis.scatter(observed, predicted, s=8, alpha=0.35, color=_BLUE, linewidths=0)
            score = _score(model, region, method)
            axis.set_title(f"{_name(region)}, {method}", fontsize=10)
            axis.text(
                0.03,
                0.97,
                f"R² {number(score['r2'])}   RMSE {number(score['rmse'])}\n"
                f"n {score['n']}, {score['sites']} sites",
                transform=axis.transAxes,
                va="top",
                fontsize=8,
            )
            axis.set_xlabel(f"observed, {FLUX_LABEL}", fontsize=8)
            axis.set_ylabel(f"predicted, {FLUX_LABEL}", fontsize=8)
            axis.set_aspect("equal", "box")
    return _svg(figure)


def importances(model: Model) -> str:
    """Impurity and permutation importance of every predictor, a row a region."""
    names = [predictor.name for predictor in model.predictors]
    kinds = [k for k in ("impurity", "permutation") if k in model.regions[0].importances]
    height = 0.8 + 0.24 * len(names)
    figure, axes = _figure(len(model.regions), len(kinds), 4.2, height)
    for row, region in enumerate(model.regions):
        for column, kind in enumerate(kinds):
            axis = axes[row][column]
            values = np.asarray(region.importances[kind])
            order = np.argsort(values)
            axis.barh(range(len(names)), values[order], color=_BLUE)
            axis.set_yticks(range(len(names)), [names[k] for k in order], fontsize=8)
            axis.axvline(0, color=_GREY, linewidth=0.8)
            unit = "share" if kind == "impurity" else "increase of the mean squared error"
            axis.set_xlabel(unit, fontsize=8)
            axis.set_title(f"{_name(region)}: {kind}", fontsize=10)
    return _svg(figure)


def scores_by_month(model: Model) -> str:
    """RMSE and bias of each winter month under each validation, a column a region."""
    figure, axes = _figure(2, len(model.regions), 4.2, 2.2)
    for column, region in enumerate(model.regions):
        months = region.region.winter.months
        for method, color in zip(model.settings["validation"], cycle(_COLORS), strict=False):
            rows = {
                r["month"]: r
                for r in model.scores
                if r["region"] == region.region.name and r["validation"] == method
            }
            there = [m for m in months if m in rows]
            labels = [MONTH_NAMES[m - 1] for m in there]
            for row, (key, name) in enumerate((("rmse", "RMSE"), ("bias", "bias"))):
                axis = axes[row][column]
                axis.plot(labels, [rows[m][key] for m in there], "o-", color=color, label=method)
                axis.set_ylabel(f"{name}\n{FLUX_LABEL}", fontsize=8)
                axis.axhline(0, color=_GREY, linewidth=0.8)
        axes[0][column].set_title(_name(region), fontsize=10)
        axes[0][column].legend(fontsize=8)
    return _svg(figure)


def sites(model: Model) -> str:
    """Where the training sites are, sized by their number of winter months."""
    figure, axes = _figure(1, 1, 9.0, 3.2)
    axis = axes[0][0]
    for region, color in zip(model.regions, cycle(_COLORS), strict=False):
        places, counts = np.unique(
            np.column_stack([region.longitude, region.latitude]), axis=0, return_counts=True
        )
        axis.scatter(
            places[:, 0],
            places[:, 1],
            s=8 + 3 * counts,
            alpha=0.6,
            color=color,
            linewidths=0,
            label=f"{_name(region)}: {len(region.target)} months at {region.n_sites} sites",
        )
    axis.set_xlim(-180, 180)
    axis.set_ylim(min(25, axis.get_ylim()[0]), 90)
    axis.grid(color="#dddddd", linewidth=0.5)
    axis.set_xlabel("longitude", fontsize=8)
    axis.set_ylabel("latitude", fontsize=8)
    axis.legend(fontsize=8, loc="lower left")
    return _svg(figure)


def winter_maps(paths: Sequence[Path]) -> str:
    """Maps of winters, one under the other, in the same colours."""
    pictures = [_read_small(path) for path in paths]
    valid = np.concatenate([values[~np.isnan(values)] for values, _, _ in pictures])
    low, high = np.percentile(valid, (2, 98)) if valid.size else (0.0, 1.0)
    height, width = pictures[0][0].shape
    tall = min(12.0, max(2.0, 9.0 * height / width + 0.7))
    figure, axes = _figure(len(paths), 1, 9.5, tall)
    for axis, path, (values, bounds, label) in zip(axes[:, 0], paths, pictures, strict=True):
        west, south, east, north = bounds
        image = axis.imshow(
            values,
            extent=(west, east, south, north),
            vmin=low,
            vmax=high,
            cmap="viridis",
            interpolation="nearest",
            aspect="auto",
        )
        axis.set_facecolor("#f2f2f2")
        axis.set_title(f"{label}: {path.stem.rsplit('_', 1)[-1]}", fontsize=10)
        bar = figure.colorbar(image, ax=axis, pad=0.01, extend="both")
        bar.set_label(WINTER_LABEL, fontsize=8)
    return _png(figure)


def _read_small(path: Path) -> tuple[NDArray[np.float64], tuple[float, ...], str]:
    """A map of at most `MAX_MAP_PIXELS` across, NaN where nodata, its bounds and what it shows."""
    import rasterio
    from rasterio.errors import RasterioError, RasterioIOError

    try:
        with rasterio.open(path) as source:
            step = max(1, -(-max(source.shape) // MAX_MAP_PIXELS))
            shape = (max(1, source.height // step), max(1, source.width // step))
            values = source.read(1, out_shape=shape).astype(np.float64)
            label = source.descriptions[0] or path.stem
            bounds = tuple(source.bounds)
    except (RasterioError, RasterioIOError) as error:
        raise Wco2Error(
            f"The map {path} can't be read.", "Make the maps anew with wco2 predict or wco2 run."
        ) from error
    values[values == NODATA] = np.nan
    return values, bounds, label


def _score(model: Model, region: RegionModel, method: str) -> dict[str, Any]:
    return next(
        dict(row)
        for row in model.scores
        if row["region"] == region.region.name
        and row["validation"] == method
        and row["month"] == "all"
    )


def _name(region: RegionModel) -> str:
    """A region's name, as it is: between dollars matplotlib would see a formula."""
    return region.region.name.replace("$", r"\$")


def _figure(rows: int, columns: int, width: float, height: float) -> Any:
    """A figure that belongs to no window, so that drawing is safe in any thread and in QGIS."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.ravel():
        axis.tick_params(labelsize=8)
    return figure, axes


def _svg(figure: Any) -> str:
    from matplotlib import rc_context

    text = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "wco2"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


def _png(figure: Any) -> str:
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    return (
        f'<img alt="map" src="data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}">'
    )
