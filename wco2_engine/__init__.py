"""Winter CO2 emission maps of permafrost regions from measured fluxes and rasters.

>>> from wco2_engine import Study
>>> Study.read("study.toml").run()  # doctest: +SKIP
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Debian's ecmwflibs, which ecCodes imports, and so xarray when it looks for what can read a file,
# would else point PROJ_LIB at a folder that is not there: after that no CRS is known, in rasterio,
# pyproj and QGIS alike, and in processes that are started.
os.environ.setdefault("ECMWFLIBS_MAGPLUS", "")

# What scripts and notebooks use, and what stays put. Each is imported when it is first asked for,
# because predicting has to do without the libraries that the others need.
_PLACES = {
    "Study": "study",
    "Catalogue": "inputs.catalogue",
    "read_observations": "inputs.observations",
    "read_regions": "inputs.regions",
    "Grid": "grid",
    "sample": "learning.sampling",
    "read_training": "learning.sampling",
    "Hyperparameters": "options",
    "TrainingSettings": "options",
    "train": "learning.training",
    "rows_and_folds": "learning.training",
    "tune": "learning.tuning",
    "Model": "learning.model",
    "Forest": "learning.forest",
    "fit_forest": "learning.fitting",
    "TrainingRows": "learning.rows",
    "site_groups": "learning.sites",
    "cross_val_predict": "learning.cross_validation",
    "scores": "learning.metrics",
    "RandomKFold": "learning.splitters",
    "SiteKFold": "learning.splitters",
    "BlockKFold": "learning.splitters",
    "KNNDMSplit": "learning.splitters",
    "Locations": "learning.locations",
    "knndm": "learning.knndm",
    "AreaOfApplicability": "learning.applicability",
    "predict": "mapping.prediction",
    "MapSeries": "analysis.series",
    "zoning_of": "analysis.zoning",
    "budget": "analysis.budget",
    "map_trends": "analysis.trend",
    "Wco2Error": "errors",
    "Cancelled": "errors",
}
__all__ = [*_PLACES]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"wco2_engine.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'wco2_engine' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_PLACES])
