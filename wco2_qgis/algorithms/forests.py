"""Parameters of how forests grow and are judged, and the scores that come of it."""

from __future__ import annotations

import json
from typing import Any

from qgis.core import QgsProcessingOutputNumber, QgsProcessingOutputString

from wco2_qgis.algorithms.base import Algorithm, Values
from wco2_qgis.runner import Facts

BY_PLACE = ("random", "site", "blocks", "knndm")
VALIDATIONS = (*BY_PLACE, "year", "decade", "method", "source")
TRANSFORMS = ("none", "sqrt", "log1p")
AGGREGATES = ("mean", "trimmed", "median")
WEIGHTS = ("rows", "sites")
TRAIN_MONTHS = ("winter", "all")
TOTALS = ("corrected", "plain")


def add_growth(algorithm: Algorithm) -> None:
    """Add how a forest grows and by which held-out rows it is judged."""
    algorithm.add_whole(
        "TREES", "Trees", 500, 1, "More are steadier and slower; 100 are enough to try."
    )
    algorithm.add_choice(
        "VALIDATION",
        "Validation",
        VALIDATIONS,
        list(BY_PLACE),
        "random: rows held out at random, which flatters; site: all rows of a site together; "
        "blocks: all sites of a square together; knndm: sites as far from the training as the "
        "map's cells are. year, decade, method, source: rows of a winter, decade, method of "
        "measurement or source together, while their sites go on training.",
        several=True,
        optional=True,  # *Copy as Python* writes '' for several choices
    )
    algorithm.add_whole(
        "MIN_SAMPLES_LEAF", "Fewest rows in a leaf", 1, 1, "Larger smooths.", advanced=True
    )
    algorithm.add_number(
        "MAX_FEATURES",
        "Share of predictors a split tries",
        1.0,
        "Above 0, at most 1.",
        least=0.0,
        most=1.0,
        advanced=True,
    )
    algorithm.add_choice(
        "TRANSFORM",
        "Scale of the flux for splits",
        TRANSFORMS,
        "none",
        "Roots or logarithms let large fluxes count less; the sign is kept.",
        advanced=True,
    )
    algorithm.add_choice(
        "AGGREGATE",
        "Prediction from the leaves",
        AGGREGATES,
        "mean",
        "trimmed: the mean without the lowest and the highest. Trimmed means and medians are "
        "robust against rare large fluxes, and lie below the mean where fluxes are skewed.",
        advanced=True,
    )
    algorithm.add_number(
        "TRIM",
        "Share trimmed at each end",
        0.1,
        "Above 0, below 0.5.",
        least=0.0,
        most=0.5,
        advanced=True,
    )
    algorithm.add_choice(
        "WEIGHTS",
        "What counts alike",
        WEIGHTS,
        "rows",
        "rows: each month of a site; sites: each site, however many months it has.",
        advanced=True,
    )
    add_months(algorithm)
    algorithm.add_whole(
        "SEED", "Seed", 0, 0, "The same seed and libraries make the same model.", advanced=True
    )


def add_months(algorithm: Algorithm) -> None:
    """Add which months train; the field of a job is `train_months`."""
    algorithm.add_choice(
        "TRAIN_MONTHS",
        "Months that train",
        TRAIN_MONTHS,
        "winter",
        "winter: those of each region's winter; all: those of summer too. Scores, intervals and "
        "applicability are of the winter alone.",
        advanced=True,
    )


def growth(algorithm: Algorithm, parameters: Values, context: Any) -> Values:
    """The fields of a job for what `add_growth` added."""
    chosen = algorithm.parameterAsEnumStrings(parameters, "VALIDATION", context)
    validation = [name for name in chosen if name]
    return {
        "trees": algorithm.parameterAsInt(parameters, "TREES", context),
        "min_samples_leaf": algorithm.parameterAsInt(parameters, "MIN_SAMPLES_LEAF", context),
        "max_features": algorithm.parameterAsDouble(parameters, "MAX_FEATURES", context),
        "transform": algorithm.parameterAsEnumString(parameters, "TRANSFORM", context),
        "aggregate": algorithm.parameterAsEnumString(parameters, "AGGREGATE", context),
        "trim": algorithm.parameterAsDouble(parameters, "TRIM", context),
        "weights": algorithm.parameterAsEnumString(parameters, "WEIGHTS", context),
        "train_months": algorithm.parameterAsEnumString(parameters, "TRAIN_MONTHS", context),
        "seed": algorithm.parameterAsInt(parameters, "SEED", context),
        "validation": validation or list(BY_PLACE),
    }


def add_scores(algorithm: Algorithm) -> None:
    """Add the outputs that `scores` returns."""
    for name, title in (
        ("R2", "R2 on held-out rows"),
        ("RMSE", "RMSE on held-out rows (g C m-2 month-1)"),
    ):
        algorithm.addOutput(QgsProcessingOutputNumber(name, title))
    for name, title in (
        ("SCORED", "Region and validation of R2 and RMSE"),
        ("SCORES", "All scores (JSON)"),
    ):
        algorithm.addOutput(QgsProcessingOutputString(name, title))


def scores(facts: Facts, feedback: Any) -> Values:
    """Tell the scores; those of the region with most rows, by whole sites where it has these."""
    rows = facts["scores"]
    for row in rows:
        feedback.pushInfo(
            f"{row['region']}, {row['validation']}: R2 {row['r2']:.2f}, RMSE {row['rmse']:.2f} "
            f"g C m-2 month-1 ({row['n']} rows of {row['sites']} sites)"
        )
    if not rows:
        return {"R2": None, "RMSE": None, "SCORED": "", "SCORES": "[]"}
    best = max(rows, key=lambda row: (row["validation"] == "site", row["n"]))
    return {
        "R2": best["r2"],
        "RMSE": best["rmse"],
        "SCORED": f"{best['region']}, {best['validation']}",
        "SCORES": json.dumps(rows),
    }
