"""What maps say of themselves: the tags in each file, and the record beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error
from wco2_engine.files import atomic_write
from wco2_engine.grid import Grid
from wco2_engine.inputs.json import read_json
from wco2_engine.learning.judged import level_text
from wco2_engine.learning.model import Model
from wco2_engine.learning.readiness import beyond_measured
from wco2_engine.mapping.plan import (
    APPLICABILITY,
    LOWER,
    MEAN,
    MEMBERS,
    MONTHLY_FLUX,
    UPPER,
    WINTER_FLUX,
    Products,
    Schedule,
)
from wco2_engine.naming import proper_name
from wco2_engine.options import MAX_ENSEMBLE
from wco2_engine.products.citing import products_in
from wco2_engine.schema import check_path, check_table, option, shown

RECORD = "prediction.json"
_YEAR = re.compile(r"(\d{4})\.tif$")


@dataclass(frozen=True)
class _Entries:
    """The keys of the file, as `write_record` writes them."""

    maps: list[str] = field(default_factory=list)
    model: str = ""
    title: str = ""
    simulated: bool = False
    grid: dict[str, Any] = field(default_factory=dict)
    years: list[int] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
    catalogue: dict[str, Any] = field(default_factory=dict)
    regions: list[dict[str, Any]] = field(default_factory=list)
    aggregate: dict[str, dict[str, Any]] = field(default_factory=dict)
    interval: float | None = option("Of bounds.", None, above=0.0, below=1.0)
    interval_calibrated: dict[str, bool] = field(default_factory=dict)
    interval_of_winter: dict[str, float | None] = field(default_factory=dict)
    applicability: dict[str, Any] | None = None
    members: int = option("Of the ensemble.", 0, least=0, most=MAX_ENSEMBLE)
    members_corrected: bool = False
    cells: int = option("Predicted.", 0, least=0)
    cell_months: list[dict[str, Any]] = field(default_factory=list)
    missing_cell_months: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PredictionRecord:
    """What the run that made a folder of maps says of them.

    Attributes
    ----------
    folder : that holds `prediction.json` and the maps.
    entries : what it says, by key; see `write_record`.
    """

    folder: Path
    entries: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path, needs: Collection[str] = ()) -> PredictionRecord:
        """The record in a folder of maps.

        Parameters
        ----------
        needs : keys without which it is of no use.

        Raises
        ------
        Wco2Error : when it can't be read, lacks a key, holds a value of another kind, or names a
            map elsewhere.
        """
        path = folder / RECORD
        again = "Make the maps again with wco2 predict."
        entries = read_json(path, "Record of maps")
        check_table(_Entries, entries, str(path), others_too=True)
        lacking = [key for key in needs if key not in entries]
        if lacking:
            raise Wco2Error(f"{path} lacks {', '.join(lacking)}.", again)
        for name in entries.get("maps", ()):
            check_path(name, f"{path}: maps")
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise Wco2Error(
                    f"{path} names {shown(name)}, which lies outside of its folder.", again
                )
        return cls(folder, entries)

    @property
    def names(self) -> tuple[Path, ...] | None:
        """The maps by their place in the folder; None where it does not name them."""
        listed = self.entries.get("maps")
        return None if listed is None else tuple(map(Path, listed))

    @property
    def level(self) -> float | None:
        """The share of fluxes that mapped bounds should hold; None without bounds."""
        level: float | None = self.entries.get("interval")
        return level

    @property
    def calibrated(self) -> Mapping[str, bool]:
        """By region, whether its bounds were calibrated."""
        return dict(self.entries.get("interval_calibrated", {}))

    @property
    def winter_factors(self) -> Mapping[str, float | None]:
        """By region, by what the bounds of winters lie nearer than sums of months' bounds."""
        return dict(self.entries.get("interval_of_winter", {}))

    def by_year(self, quantity: str) -> dict[int, Path]:
        """The maps of a quantity, e.g. "winter_flux", by the year of their winter."""
        found = {}
        for name in self.names or ():
            year = _YEAR.search(name.name)
            if year and name.parent == Path(quantity):
                found[int(year[1])] = self.folder / name
        return dict(sorted(found.items()))

    def is_newer_than(self, path: Path) -> bool:
        """Whether the maps were made after a file."""
        return path.stat().st_mtime < (self.folder / RECORD).stat().st_mtime


def _asked_by_products(model: Model) -> dict[str, str]:
    """What the products behind the predictors ask to be cited and written."""
    products = products_in(model.provenance)
    cite = [work for product in products for work in product["cite"]]
    write = [product["attribution"] for product in products if product["attribution"]]
    return {
        **({"WCO2_PREDICTORS_CITE": json.dumps(cite, ensure_ascii=False)} if cite else {}),
        **({"ATTRIBUTION": " ".join(dict.fromkeys(write))} if write else {}),
    }


def tags_of(model: Model, products: Products, quantity: str) -> dict[str, str]:
    """What a map says of its origin, and of how to read it."""
    title = str(model.provenance.get("title", ""))
    tags = {
        "TIFFTAG_SOFTWARE": f"wco2_engine {__version__}",
        "TIFFTAG_IMAGEDESCRIPTION": title or "Winter CO2 flux",
        "WCO2_MODEL_FINGERPRINT": model.fingerprint,
        "WCO2_REGIONS": json.dumps(
            {part.region.name: str(part.region.winter) for part in model.regions}
        ),
        "WCO2_TRAINING_WINTERS": json.dumps(
            {part.region.name: part.winters for part in model.regions}
        ),
        "LICENSE": str(model.provenance.get("licence", "")) or "not stated",
        **({"SIMULATED": "yes"} if model.simulated else {}),
        **_asked_by_products(model),
    }
    if products.interval is not None and quantity.endswith((LOWER, UPPER)):
        tags["WCO2_INTERVAL_LEVEL"] = f"{products.interval:g}"
        calibration = {
            part.region.name: "calibrated" if part.is_calibrated(products.interval) else "raw"
            for part in model.regions
        }
        tags["WCO2_INTERVAL_CALIBRATION"] = json.dumps(calibration)
        if quantity.startswith(WINTER_FLUX):
            tags |= _winter_tags(_winter_factors(model, products.interval))
    if quantity.startswith((WINTER_FLUX, MONTHLY_FLUX)) and quantity != MEMBERS:
        tags |= _aggregate_tags(model, quantity)
    if quantity == APPLICABILITY:
        tags["WCO2_APPLICABILITY_THRESHOLD"] = json.dumps(_thresholds(model))
        tags["WCO2_APPLICABILITY_FOLDS"] = json.dumps(_folds(model))
    if quantity == MEMBERS:
        tags["WCO2_MEMBERS"] = str(products.members)
        tags["WCO2_MEMBERS_CORRECTED"] = "yes" if model.members_corrected else "no"
    return tags


def _aggregate_tags(model: Model, quantity: str) -> dict[str, str]:
    """What a flux is of the training fluxes in the leaves, where it is not their mean."""
    of = {part.region.name: part.aggregate for part in model.regions}
    if quantity.endswith((LOWER, UPPER, MEAN)) or all(each.is_mean for each in of.values()):
        return {}
    tags = {"WCO2_AGGREGATE": json.dumps({name: str(each) for name, each in of.items()})}
    if quantity == WINTER_FLUX:
        tags["WCO2_AGGREGATE_OF_WINTER"] = (
            "Sum of what the months predict: a sum of medians or trimmed means is neither of the "
            "sum. Totals are sums of winter_flux_mean"
        )
    return tags


def _winter_tags(factors: Mapping[str, float | None]) -> dict[str, str]:
    """How bounds of winters come of those of months."""
    if not any(factor is not None for factor in factors.values()):
        how = "Sum of the months' bounds, as if the errors of a cell's months went together"
        return {"WCO2_INTERVAL_OF_WINTER": how}
    return {
        "WCO2_INTERVAL_OF_WINTER": "Distances from the winter's flux to the sums of its months' "
        "bounds, times a factor that held-out winters ask for; the sums where it is null",
        "WCO2_INTERVAL_OF_WINTER_FACTOR": json.dumps(factors),
    }


def _winter_factors(model: Model, level: float) -> dict[str, float | None]:
    """By region, what the distances from a winter's estimate to the sums of its months' bounds were
    multiplied by; None where the sums are the bounds."""
    text = level_text(level)
    return {part.region.name: part.winter_calibration.get(text) for part in model.regions}


def _thresholds(model: Model) -> dict[str, float]:
    """The largest dissimilarity index inside the area of applicability, by region."""
    areas = {part.region.name: part.applicability for part in model.regions}
    return {name: area.threshold_ for name, area in areas.items() if area is not None}


def _folds(model: Model) -> dict[str, str]:
    """The validation by whose folds the area of applicability is told, by region."""
    return {part.region.name: part.applicability_folds for part in model.regions}


def beyond_training(model: Model, years: Sequence[int]) -> tuple[str, ...]:
    """Notes on regions whose winters to be mapped lie outside of those of training."""
    told = (beyond_measured(part.region.name, part.winters, years) for part in model.regions)
    return tuple(note for note in told if note)


def uncalibrated(model: Model, products: Products) -> tuple[str, ...]:
    """Notes on regions whose bounds are as the forest gives them, or of winters mere sums."""
    if products.interval is None:
        return ()
    notes = []
    for part in model.regions:
        if not part.is_calibrated(products.interval):
            held = ", ".join(part.calibration) or "no level"
            notes.append(
                f"Bounds of {products.interval:g} are not calibrated in region "
                f"'{proper_name(part.region.name)}': the model is calibrated for {held}."
            )
        elif level_text(products.interval) not in part.winter_calibration:
            notes.append(
                f"Bounds of winters are sums of the months' bounds in region "
                f"'{proper_name(part.region.name)}', "
                "which is too wide: the model does not know how errors of months add up."
            )
    return tuple(notes)


def write_record(
    path: Path,
    model: Model,
    grid: Grid,
    schedule: Schedule,
    counts: Mapping[str, Any],
    identity: Mapping[str, str],
) -> None:
    """A file beside the maps that says what they are and what is missing in them.

    Parameters
    ----------
    counts : `cells`, `cell_months`, `missing_cell_months` and `notes`.
    identity : of the catalogue.
    """
    products = schedule.products
    record: dict[str, Any] = {
        "model": model.fingerprint,
        "title": model.provenance.get("title", ""),
        "simulated": model.simulated,
        "grid": grid.to_json(),
        "years": list(schedule.years),
        "months": [str(month) for month in schedule.months],
        "catalogue": dict(identity),
        "regions": [part.region.to_json() for part in model.regions],
        "aggregate": {part.region.name: part.aggregate.to_json() for part in model.regions},
        "interval": products.interval,
        "interval_calibrated": {}
        if products.interval is None
        else {part.region.name: part.is_calibrated(products.interval) for part in model.regions},
        "interval_of_winter": {}
        if products.interval is None
        else _winter_factors(model, products.interval),
        "applicability": {"threshold": _thresholds(model), "folds": _folds(model)}
        if products.applicability
        else None,
        "members": products.members,
        "members_corrected": bool(products.members) and model.members_corrected,
        **counts,
        "maps": [item.name.as_posix() for item in schedule.outputs],
    }
    with atomic_write(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
