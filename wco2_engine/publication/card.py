"""The dataset card: what it is, how it was made, how good it is, and what is not known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.analysis.series import FLUX, WINTER_UNITS
from wco2_engine.escaping import markdown, markdown_code, printable_all
from wco2_engine.grid import crs_name
from wco2_engine.publication.abstracts import (
    METHOD_NAMES,
    abstract_en,
    abstract_zh,
    cell_size,
    latitude,
    longitude,
    months,
    plain,
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
        "Which products the predictors were taken from is not stated.": not about.predictors,
        "The model is not here, so how the maps were made and how good they are is not known.": (
            not model
        ),
        "The model was not validated, so nothing is known of how good the maps are.": bool(
            model and not model.get("scores")
        ),
        "The maps have no intervals: their uncertainty is not known.": LOWER not in dataset.series,
        "Where the model extrapolates is not known.": not knows_its_reach,
        "Which months a winter has is not stated in the maps.": None in dataset.periods.values(),
        "The maps state no CRS; the one here was given when they were published.": (
            dataset.flux.encoding.crs is not None
        ),
    }
    return [sentence for sentence, lacks in missing.items() if lacks]


def readme(dataset: Dataset, facts: Mapping[str, Any], checks: Mapping[str, str]) -> str:
    """The card as Markdown."""
    about = dataset.about
    grid, coverage = facts["grid"], facts["coverage"]
    lines = [f"# {markdown(facts['title'])}", ""]
    if dataset.simulated:
        lines += [
            "> **Simulated.** Nothing in this folder was measured. It says nothing about the real "
            "world.",
            "",
        ]
    lines += ["## Abstract", "", markdown(facts["abstract"]["en"]), ""]
    lines += ["## 摘要", "", markdown(facts["abstract"]["zh"]), ""]
    lines += ["## What is here", ""]
    lines += [f"- `{FLUX}/`: a cloud-optimised GeoTIFF for each winter, float32, nodata -9999"]
    lines += [
        f"- `{quantity}/`: the same for {quantity.replace('_', ' ')}"
        for quantity in list(dataset.series)[1:]
    ]
    further = dict.fromkeys(place.parts[0] for place in dataset.files)
    lines += [f"- {_code(f'{name}/')}: GeoTIFFs, each band named in the file" for name in further]
    lines += [
        f"- `{NETCDF}` and `{ZARR}/`: all winters in one netCDF-4 file (CF conventions) and one "
        "Zarr store, the same values",
        "- `collection.json` and `items/`: a STAC collection with an item a winter",
        f"- `{CARD}`: this card for programs; `SHA256SUMS`: checksums of all files "
        "(`sha256sum -c SHA256SUMS`)",
    ]
    lines += [
        f"- {_code(place.as_posix())}" for place in sorted(dataset.extras) if len(place.parts) == 2
    ]
    lines += ["", "## Coverage and units", ""]
    lines += _table(
        ("", ""),
        [
            ("winters", format_years(coverage["winters"])),
            ("time", f"{coverage['first_day']} to {coverage['last_day']}"),
            (
                "extent",
                f"{longitude(coverage['west'])} to {longitude(coverage['east'])}, "
                f"{latitude(coverage['south'])} to {latitude(coverage['north'])}",
            ),
            ("grid", f"{grid['columns']} x {grid['rows']} cells of {cell_size(dataset)}"),
            ("CRS", grid["crs"]),
            ("units", f"{WINTER_UNITS}; netCDF and Zarr say g m-2, of carbon"),
            ("sign", facts["sign"]),
        ],
    )
    lines += ["", "## How it was made", ""]
    if dataset.model:
        lines += [
            "Extremely Randomized Trees (Geurts et al. 2006, doi:10.1007/s10994-006-6226-1), one "
            f"forest a region, predict each month; a winter is the sum of its months. Model "
            f"{_code(facts['model']['fingerprint'])}.",
            "",
        ]
        lines += _table(
            ("region", "winter", "site-months", "sites", "years", "trees"),
            [
                (
                    plain(region["name"]),
                    months(region["winter_months"]),
                    f"{region['rows']:,}",
                    str(region["sites"]),
                    span(region["years"]),
                    str(region["trees"]),
                )
                for region in facts["model"]["regions"]
            ],
        )
        names = ", ".join(
            f"{plain(each['name'])} ({each['units']})" for each in facts["model"]["predictors"]
        )
        lines += ["", f"Predictors: {markdown(names)}."]
        if about.predictors:
            lines += ["", markdown(about.predictors)]
    else:
        lines += ["Not known: the model is not part of this folder."]
    if facts["scores"]:
        lines += ["", "## How good it is", ""]
        lines += _table(
            ("region", "held out", "n", "sites", "R2", "MAE", "RMSE", "bias"),
            [
                (
                    plain(row["region"]),
                    METHOD_NAMES[row["validation"]][0],
                    str(row["n"]),
                    str(row["sites"]),
                    *(two_digits(row[key]) for key in ("r2", "mae", "rmse", "bias")),
                )
                for row in facts["scores"]
            ],
        )
        lines += ["", "Of months, in g C m-2 month-1; bias is predicted minus observed."]
    if dataset.bounds_hold:
        lines += ["", markdown(dataset.bounds_hold)]
    lines += [
        line
        for region, share in facts["outside_area_of_applicability"].items()
        for line in (
            "",
            f"{markdown(plain(region))}: {100 * share:.1f} % of the predicted cell-months lie "
            "outside the area of applicability, where no score speaks for the map.",
        )
    ]
    lines += ["", "## What is not known", ""]
    lines += [f"- {sentence}" for sentence in facts["not_known"]] or ["Nothing of the usual."]
    lines += ["", "## Licence", "", markdown(facts["licence"]), "", "## Citation", ""]
    lines += [markdown(cited(dataset)) or "Not known: authors are not named."]
    if about.funding:
        lines += ["", f"Funding: {markdown(about.funding)}"]
    if about.contact:
        lines += ["", f"Contact: {markdown(about.contact)}"]
    if about.references:
        lines += ["", "## References", "", *(f"- {markdown(each)}" for each in about.references)]
    lines += ["", "## Checks", ""]
    lines += [f"- {name}: {how}" for name, how in checks.items()]
    lines += ["", f"Written by {facts['engine']}.", ""]
    return "\n".join(lines)


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
        README: readme(dataset, facts, checks),
        CARD: card_json(facts, checks),
        CITATION: citation_file(dataset),
    }
    for name, text in texts.items():
        if text:
            (folder / name).write_text(text, encoding="utf-8")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return f"| {' | '.join(markdown(cell) if cell != '---' else cell for cell in cells)} |"

    return [line(head), line(["---"] * len(head)), *map(line, rows)]


def _code(text: str) -> str:
    return f"`{markdown_code(text)}`"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
