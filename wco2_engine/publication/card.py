"""The dataset card: what it is, how it was made, how good it is, and what is not known of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.analysis.series import WINTER_UNITS
from wco2_engine.escaping import markdown, markdown_code, printable_all
from wco2_engine.grid import crs_name
from wco2_engine.naming import display_name, proper_name
from wco2_engine.products.citing import products_in
from wco2_engine.publication.abstracts import (
    METHOD_NAMES,
    abstract_en,
    abstract_zh,
    cell_size,
    latitude,
    longitude,
    months,
    scores,
    span,
    two_digits,
)
from wco2_engine.publication.dataset import LOWER, Dataset
from wco2_engine.publication.series_files import NETCDF, ZARR
from wco2_engine.season import format_years

README, CARD, CITATION = "README.md", "card.json", "CITATION.cff"
NOT_KNOWN = "not known"


def facts_of(dataset: Dataset) -> dict[str, Any]:
    """All that the card says, as plain values."""
    about, flux, model = dataset.about, dataset.flux, dataset.model
    grid = flux.grid
    west, south, east, north = dataset.bounds
    periods = dataset.periods
    return {
        "title": dataset.title,
        "simulated": dataset.simulated,
        "version": about.version or NOT_KNOWN,
        "licence": dataset.licence or "not stated",
        "doi": about.doi or NOT_KNOWN,
        "creators": [
            {"name": each.name, "given": each.given, "affiliation": each.affiliation}
            for each in about.creators
        ],
        "keywords": list(about.keywords),
        "abstract": {"en": abstract_en(dataset), "zh": abstract_zh(dataset)},
        "coverage": {
            "west": west,
            "south": south,
            "east": east,
            "north": north,
            "winters": list(flux.years),
            "first_day": min(p[0] for p in periods.values() if p).isoformat()
            if all(periods.values())
            else NOT_KNOWN,
            "last_day": max(p[1] for p in periods.values() if p).isoformat()
            if all(periods.values())
            else NOT_KNOWN,
        },
        "grid": {
            "crs": crs_name(grid.crs),
            "crs_stated_by_the_files": flux.encoding.crs is None,
            "cell_size": grid.dx,
            "columns": grid.width,
            "rows": grid.height,
        },
        "quantities": dict.fromkeys(dataset.series, WINTER_UNITS),
        "sign": "positive when CO2 leaves the ground",
        "model": {
            "fingerprint": flux.model_fingerprint or NOT_KNOWN,
            "regions": [
                {
                    key: region[key]
                    for key in (
                        *("name", "winter_months", "winter_label", "rows", "sites", "years"),
                        *("trees", "members"),
                    )
                }
                for region in model.get("regions", [])
            ],
            "predictors": list(model.get("predictors", [])),
            "products": products_in(model.get("provenance", {})),
        },
        "scores": scores(model),
        "interval": flux.record.get("interval") or NOT_KNOWN,
        "outside_area_of_applicability": _outside(flux.record),
        "missing_cell_months": flux.record.get("missing_cell_months") or NOT_KNOWN,
        "not_known": unknowns(dataset),
        "references": list(about.references),
        "funding": about.funding or NOT_KNOWN,
        "contact": about.contact or NOT_KNOWN,
        "engine": f"wco2_engine {__version__}",
    }


def _outside(record: Mapping[str, Any]) -> dict[str, float]:
    """By region, the share of cell-months outside of the area of applicability, where known."""
    if not record.get("applicability"):
        return {}
    rows = [row for row in record.get("cell_months", []) if "outside" in row]
    found = {}
    for region in dict.fromkeys(str(row["region"]) for row in rows):
        of_region = [row for row in rows if row["region"] == region]
        predicted = sum(row["predicted"] for row in of_region)
        if predicted:
            found[region] = sum(row["outside"] for row in of_region) / predicted
    return found


def unknowns(dataset: Dataset) -> list[str]:
    """What a user would want to know and nobody said, a sentence each."""
    about, model = dataset.about, dataset.model
    sources = model.get("provenance", {}).get("sources")
    knows_its_reach = bool(dataset.flux.record.get("applicability"))
    missing = {
        "The licence is not stated: ask before you use the data.": not dataset.licence,
        "Authors are not named, so there is no citation.": not about.creators,
        "There is no DOI.": not about.doi,
        "Whom to ask is not stated.": not about.contact,
        "Where the observations come from is not stated.": not sources,
        "Which products the predictors were taken from is not stated.": not (
            about.predictors or products_in(model.get("provenance", {}))
        ),
        "The model is not here, so how the maps were made and how good they are is not known.": (
            not model
        ),
        "The model was not validated, so nothing is known of how good the maps are.": bool(
            model and not model.get("scores")
        ),
        "Whether the tables of observations may be published is not stated, so they are not here; "
        "the model holds the fluxes that it was trained on.": bool(model) and about.tables is None,
        "The maps have no intervals: their uncertainty is not known.": LOWER not in dataset.series,
        "Where the model extrapolates is not known.": not knows_its_reach,
        "Which months a winter has is not stated in the maps.": None in dataset.periods.values(),
        "The maps state no CRS; the one here was given when they were published.": (
            dataset.flux.encoding.crs is not None
        ),
    }
    return [sentence for sentence, lacks in missing.items() if lacks]


def readme(
    dataset: Dataset, facts: Mapping[str, Any], checks: Mapping[str, str], others: Collection[str]
) -> str:
    """The card as Markdown, in which texts of others show as they are.

    Parameters
    ----------
    others : names of what else lies in the folder.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Not HTML, for which jinja2 escapes: `markdown` and `code` escape each text of others.
    environment = Environment(  # nosec B701
        loader=PackageLoader("wco2_engine.publication"),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "markdown": lambda shown: markdown(str(shown)),
        "code": lambda shown: f"`{markdown_code(shown)}`",
        "words": display_name,
        "place": proper_name,
        "months": months,
        "span": span,
        "two_digits": two_digits,
    }
    coverage = facts["coverage"]
    further = dict.fromkeys(place.parts[0] for place in dataset.files)
    extras = (place.as_posix() for place in sorted(dataset.extras) if len(place.parts) == 2)
    return environment.get_template("README.md.jinja").render(
        facts=facts,
        about=dataset.about,
        checks=checks,
        quantities=list(dataset.series),
        further=[f"{name}/" for name in further],
        extras=list(extras),
        others=others,
        netcdf=NETCDF,
        zarr=ZARR,
        card=CARD,
        winters=format_years(coverage["winters"]),
        extent=(
            f"{longitude(coverage['west'])} to {longitude(coverage['east'])}, "
            f"{latitude(coverage['south'])} to {latitude(coverage['north'])}"
        ),
        cell_size=cell_size(dataset),
        units=WINTER_UNITS,
        has_model=bool(dataset.model),
        methods=METHOD_NAMES,
        bounds_hold=dataset.bounds_hold,
        citation=cited(dataset),
    )


def cited(dataset: Dataset) -> str:
    """How to cite the dataset; empty where authors are not known."""
    about = dataset.about
    if not about.creators:
        return ""
    names = "; ".join(each.cited for each in about.creators).rstrip(".")
    parts = [f"{names}. {dataset.title}", f"version {about.version}" if about.version else ""]
    parts += [about.publisher, f"https://doi.org/{about.doi}" if about.doi else ""]
    return ", ".join(filter(None, parts)) + "."


def citation_file(dataset: Dataset) -> str:
    """CITATION.cff; empty where authors are not known, without whom there is none.

    Scalars are written as JSON, which YAML takes as it is.
    """
    about = dataset.about
    if not about.creators:
        return ""
    entries = {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, please cite it.",
        "type": "dataset",
        "title": dataset.title,
        "version": about.version,
        "doi": about.doi,
        "url": about.url,
        "license": dataset.licence,
        "abstract": abstract_en(dataset),
    }
    lines = [f"{key}: {_quoted(value)}" for key, value in entries.items() if value]
    lines.append("authors:")
    for each in about.creators:
        known = {
            ("family-names" if each.given else "name"): each.name,
            "given-names": each.given,
            "affiliation": each.affiliation,
            "orcid": f"https://orcid.org/{each.orcid}" if each.orcid else "",
        }
        pairs = [f"{key}: {_quoted(value)}" for key, value in known.items() if value]
        lines += [f"  - {pairs[0]}", *(f"    {pair}" for pair in pairs[1:])]
    if about.keywords:
        lines += ["keywords:", *(f"  - {_quoted(word)}" for word in about.keywords)]
    return "\n".join(lines) + "\n"


def card_json(facts: Mapping[str, Any], checks: Mapping[str, str]) -> str:
    """The card for programs."""
    return json.dumps({**facts, "checks": dict(checks)}, indent=1, ensure_ascii=False) + "\n"


def write_card(dataset: Dataset, folder: Path, checks: Mapping[str, str]) -> None:
    """Write README.md, card.json and, where authors are known, CITATION.cff."""
    facts = printable_all(facts_of(dataset))
    texts = {
        README: readme(dataset, facts, checks, {path.name for path in folder.iterdir()}),
        CARD: card_json(facts, checks),
        CITATION: citation_file(dataset),
    }
    for name, text in texts.items():
        if text:
            (folder / name).write_text(text, encoding="utf-8")


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
