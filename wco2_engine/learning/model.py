"""The model: regions with their forests and training data, and its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wco2_engine.errors import Wco2Error, nearest_name
from wco2_engine.files import existing_file
from wco2_engine.learning.applicability import AreaOfApplicability
from wco2_engine.learning.archive import DAMAGE, read_archive, write_archive
from wco2_engine.learning.checks import get, plain, text_of
from wco2_engine.learning.features import PredictorTable
from wco2_engine.learning.fingerprints import checksum_of, fingerprint_of
from wco2_engine.learning.judged import (
    COVERAGE_NUMBERS,
    WINTER_NUMBERS,
    check_coverage,
    checked_score,
)
from wco2_engine.learning.model_file import check_unchanged, contents_of, parts_of
from wco2_engine.learning.model_predictor import ModelPredictor
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.learning.reprs import model_html, model_text
from wco2_engine.learning.usable import check_usable
from wco2_engine.options import VALIDATIONS
from wco2_engine.units import FLUX_UNITS

FLUX_ATTRIBUTES = {"units": FLUX_UNITS, "long_name": "winter CO2 flux to the atmosphere"}

MAX_REGIONS = 1_000


@dataclass(frozen=True, eq=False)
class Model:
    """Everything that a map needs but the rasters, and what tells how good the map can be.

    Parameters
    ----------
    predictors : the columns of every region's features, in order.
    regions : the first region that holds a point owns it.
    settings : `trees`, `min_samples_leaf`, `max_features`, `seed`, `validation` (list of names),
        and whatever else decided what the forests became, such as how sites were sampled.
    provenance : plain values: versions, observation counts, sources, title, licence.
    scores : rows of `region`, `validation`, `month` (1 to 12 or "all"), `zone` and `method` of
        measurement (a name or "all"; only one of the three is not "all"), `n`, `sites`, and `r2`,
        `nse`, `kge`, `mae`, `rmse`, `bias`, each with its `_low` and `_high` (None where there is
        none, or where they were left out).
    simulated : whether the observations were made up.
    coverage : rows of `region`, `validation`, `level`, `n`, `sites`; `raw_coverage`, the share of
        held-out rows within the forest's bounds, and `raw_width`, their mean width in
        g C m-2 month-1; `coverage` and `width` of calibrated bounds, each site's by a calibration
        on the other sites (None where these are too few).
    winter_coverage : the same of the winters of held-out sites, each with the months that it has,
        two or more: rows of `region`, `validation`, `level`, `n` winters, `sites`; `months`, how
        many a winter has on average; `correlation` of the errors of two of them; `sum_coverage` and
        `sum_width` (g C m-2) of the months' bounds added up; `coverage` and `width` of bounds of
        winters, each site's by a calibration on the other sites.

    Raises
    ------
    ValueError : when a part is of the wrong kind or the parts don't fit together.

    Examples
    --------
    >>> from wco2_engine import Model
    >>> model = Model.read("results/model.wco2")
    >>> [predictor.name for predictor in model.predictors]
    ['temperature', 'carbon']
    >>> model.region_model("siberia").n_sites
    10
    """

    predictors: tuple[ModelPredictor, ...]
    regions: tuple[RegionModel, ...]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    scores: tuple[Mapping[str, Any], ...]
    simulated: bool
    coverage: tuple[Mapping[str, Any], ...] = ()
    winter_coverage: tuple[Mapping[str, Any], ...] = ()

    def __repr__(self) -> str:
        return model_text(self)

    def _repr_html_(self) -> str:
        return model_html(self)

    def __post_init__(self) -> None:
        lists = ("scores", "coverage", "winter_coverage")
        kinds = {"settings": dict, "provenance": dict, **dict.fromkeys(lists, list)}
        for key, kind in kinds.items():
            value = plain(getattr(self, key), key)
            if not isinstance(value, kind):
                raise ValueError(f"{key} is not a {'table' if kind is dict else 'list'}")
            object.__setattr__(self, key, tuple(value) if kind is list else value)
        if not isinstance(self.simulated, bool):
            raise ValueError("simulated is neither true nor false")
        _check_settings(self.settings)
        object.__setattr__(self, "scores", tuple(checked_score(row) for row in self.scores))
        for row in self.coverage:
            check_coverage(row, COVERAGE_NUMBERS)
        for row in self.winter_coverage:
            check_coverage(row, WINTER_NUMBERS)
        if not self.predictors or not 1 <= len(self.regions) <= MAX_REGIONS:
            raise ValueError("a model needs predictors and regions")
        for what, names in (
            ("predictor", [predictor.name for predictor in self.predictors]),
            ("region", [each.region.name for each in self.regions]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} '{twice[0]}' is there twice")
        for each in self.regions:
            if each.features.shape[1] != len(self.predictors):
                raise ValueError(
                    f"region '{each.region.name}' has {each.features.shape[1]} features "
                    f"for {len(self.predictors)} predictors"
                )

    @property
    def members_corrected(self) -> bool:
        """Whether members were moved by what they err at sites that they did not see."""
        has_members = any(each.n_members for each in self.regions)
        return has_members and self.settings.get("totals") == "corrected"

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits: equal for models that predict the same from the same training.

        They stand for predictors, settings, regions, training data, forests, members and
        calibration; not for when, where and by which versions the model was made, nor for how it
        was scored.
        """
        return fingerprint_of(self)

    @cached_property
    def checksum(self) -> str:
        """64 hexadecimal digits of all that the fingerprint leaves out.

        That is where the model comes from and how good it is: whether it is simulated, labels,
        provenance, scores, coverage, folds, what was predicted while held out, and importances.
        """
        return checksum_of(self)

    def region_model(self, region: str | None = None) -> RegionModel:
        """The model of a region by its name; of the only one where no name is given.

        Raises
        ------
        Wco2Error : when the model has no such region, or several and none is named.
        """
        names = [each.region.name for each in self.regions]
        if region is None and len(names) == 1:
            return self.regions[0]
        if region is None:
            raise Wco2Error(
                f"The model has {len(names)} regions: which one is meant?",
                f"Name one: {', '.join(names[:20])}.",
            )
        if region not in names:
            raise Wco2Error(f"The model has no region '{region}'.", nearest_name(region, names))
        return self.regions[names.index(region)]

    def predict(self, rows: Any, region: str | None = None, threads: int = 1) -> Any:
        """The flux of rows in a region, g C m-2 month-1; NaN where a predictor is missing.

        It is what the region predicts of the fluxes in its leaves: see `RegionModel.aggregate`.

        Parameters
        ----------
        rows : the predictors, in the model's units: a pandas DataFrame, taken by the names of its
            columns in any order; an `xarray.Dataset`, taken by the names of its variables; or an
            array `(n_rows, n_features)` in the order of `predictors`.
        region : the name of the region whose forest predicts; needed where there are several.
        threads : how many work at once; results are the same for any number.

        Returns
        -------
        `(n_rows,)` float64; of a Dataset, a DataArray with the dimensions of all its variables.

        Raises
        ------
        Wco2Error : when the model has no such region; when a column or variable is missing, is no
            number, infinite, or states other units; when an array has another shape.

        Examples
        --------
        >>> import pandas as pd
        >>> from wco2_engine import Model
        >>> model = Model.read("results/model.wco2")
        >>> table = pd.DataFrame({"carbon": [12.0, None], "temperature": [-21.5, -3.0]})
        >>> flux = model.predict(table)
        >>> flux.shape, bool(flux[0] > 0), bool(flux[1] > 0)
        ((2,), True, False)
        """
        part = self.region_model(region)
        table = self._table(rows)
        flux = np.full(len(table), np.nan)
        values = part.without_unknown(table.values)
        complete = np.isfinite(values).all(axis=1)
        flux[complete] = part.predicting_forest.predict(values[complete], threads)
        return table.like_rows(flux, "flux", FLUX_ATTRIBUTES)

    def predict_interval(
        self, rows: Any, region: str | None = None, level: float = 0.9, threads: int = 1
    ) -> tuple[Any, Any, Any]:
        """The flux, and bounds that hold a share `level` of the fluxes; NaN as in `predict`.

        Bounds are quantiles of the training fluxes in the leaves (Meinshausen 2006), moved by what
        calibrates them on held-out sites where the model knows it; see `RegionModel.is_calibrated`.
        Takes and raises what `predict` does, besides a ValueError for a level that is not between 0
        and 1.

        Returns
        -------
        flux, lower, upper : each as `predict` returns it, g C m-2 month-1.

        Examples
        --------
        >>> from wco2_engine import Model
        >>> model = Model.read("results/model.wco2")
        >>> flux, lower, upper = model.predict_interval([[-21.5, 12.0]], level=0.5)
        >>> bool(lower[0] <= flux[0] <= upper[0])
        True
        """
        part = self.region_model(region)
        table = self._table(rows)
        found = np.full((3, len(table)), np.nan)
        values = part.without_unknown(table.values)
        complete = np.isfinite(values).all(axis=1)
        found[:, complete] = part.predict_interval(values[complete], level, threads)
        names = ("flux", "flux_lower", "flux_upper")
        flux, lower, upper = (
            table.like_rows(values, name, FLUX_ATTRIBUTES)
            for values, name in zip(found, names, strict=True)
        )
        return flux, lower, upper

    def area_of_applicability(self, region: str | None = None) -> AreaOfApplicability:
        """Where a region's forest knows its way, fitted; it takes DataFrames by the model's names.

        Raises
        ------
        Wco2Error : when the model has no such region, or was trained without validation.

        Examples
        --------
        >>> import pandas as pd
        >>> from wco2_engine import Model
        >>> area = Model.read("results/model.wco2").area_of_applicability()
        >>> table = pd.DataFrame({"carbon": [18.0, 9e3], "temperature": [-8.8, -8.8]})
        >>> area.predict(table).inside.tolist()
        [True, False]
        """
        area = self.region_model(region).applicability
        if area is None:
            raise Wco2Error(
                "The model has no folds by which an area of applicability is told.",
                "Train it with a validation, e.g. site.",
            )
        return area.named([predictor.name for predictor in self.predictors])

    def _table(self, rows: Any) -> PredictorTable:
        return PredictorTable.of(rows, {p.name: p.units for p in self.predictors})

    def describe(self) -> dict[str, Any]:
        """Plain facts for people and for JSON; ranges are of the training data."""
        return {
            "title": self.provenance.get("title"),
            "fingerprint": self.fingerprint,
            "simulated": self.simulated,
            "predictors": [asdict(predictor) for predictor in self.predictors],
            "regions": [
                {
                    "name": each.region.name,
                    "winter_months": list(each.region.winter.months),
                    "winter_label": each.region.winter.label,
                    "rows": each.n_rows,
                    "rows_of_other_months": each.n_others,
                    "sites": each.n_sites,
                    "years": [int(each.year.min()), int(each.year.max())],
                    "trees": each.forest.n_trees,
                    "nodes": each.forest.n_nodes,
                    "depth": each.forest.depth,
                    "aggregate": each.aggregate.to_json(),
                    "members": each.n_members,
                    "calibration": dict(each.calibration),
                    "winter_calibration": dict(each.winter_calibration),
                    "ranges": {
                        predictor.name: [float(low), float(high)]
                        for predictor, (low, high) in zip(self.predictors, each.ranges, strict=True)
                    },
                    "importances": {
                        kind: dict(
                            zip((p.name for p in self.predictors), shares.tolist(), strict=True)
                        )
                        for kind, shares in each.importances.items()
                    },
                }
                for each in self.regions
            ],
            "scores": [dict(row) for row in self.scores],
            "coverage": [dict(row) for row in self.coverage],
            "winter_coverage": [dict(row) for row in self.winter_coverage],
            "settings": dict(self.settings),
            "provenance": dict(self.provenance),
        }

    def write(self, path: Path | str) -> None:
        """Write the model to `path`, whole or not at all; the same model gives the same bytes.

        It takes the earliest format that can hold it, so that earlier versions can read it too.

        Raises
        ------
        Wco2Error : when the disk is full or the folder can't be written to.
        """
        write_archive(Path(path), *contents_of(self))

    @classmethod
    def read(cls, path: Path | str) -> Model:
        """The model that `write` wrote, in this format version or an earlier one.

        The file may come from anywhere: it can't run code, sizes are compared before memory is
        taken, and every value is checked before it is used.

        Raises
        ------
        Wco2Error : when the file is missing or is not a usable model, saying why.
        """
        path = existing_file(Path(path), "Model")
        try:
            facts, arrays = read_archive(path)
            model = cls(**parts_of(facts, arrays))
            check_unchanged(model, facts)
            check_usable(model, VALIDATIONS)
            return model
        except Wco2Error as error:
            reason, hint = error.message, error.hint
            cause: Exception = error
        except MemoryError as error:
            reason, hint, cause = "it needs more memory than there is", "", error
        except DAMAGE as error:
            reason, hint, cause = str(error) or type(error).__name__, "", error
        raise Wco2Error(
            f"{path} is not a usable model: {reason.rstrip('.')}.",
            hint or "Get the file again from where it came, or train it again.",
        ) from cause


def _check_settings(settings: Mapping[str, Any]) -> None:
    for key in ("trees", "min_samples_leaf", "seed"):
        get(settings, key, int)
    if "max_features" not in settings:
        raise ValueError("'max_features' is missing")
    for name in get(settings, "validation", list):
        text_of(name, "a name in validation")
