"""Section: what to cite, and by what this was made."""

from __future__ import annotations

from typing import Any

from wco2_engine import __version__
from wco2_engine.products.citing import products_in
from wco2_engine.progress import Progress
from wco2_engine.report.context import ReportContext
from wco2_engine.report.page import PageTable, Section, text

FOREST = "Geurts, Ernst and Wehenkel 2006, Machine Learning 63, doi 10.1007/s10994-006-6226-1"
QUANTILES = "Meinshausen 2006, Journal of Machine Learning Research 7, 983–999"
CONFORMAL = "Romano, Patterson and Candès 2019, NeurIPS 32, arXiv 1905.03222"
KNNDM = "Linnenbrink et al. 2024, Geoscientific Model Development 17, doi 10.5194/gmd-17-5897-2024"
AOA = "Meyer and Pebesma 2021, Methods in Ecology and Evolution 12, doi 10.1111/2041-210X.13650"
LPD = "Schumacher et al. 2025, Geoscientific Model Development 18, doi 10.5194/gmd-18-10185-2025"
BOOTSTRAP = "Field and Welsh 2007, doi 10.1111/j.1467-9868.2007.00593.x"
PERMUTATION = "Breiman 2001, Machine Learning 45, doi 10.1023/A:1010933404324"
EFFECTS = "Apley and Zhu 2020, doi 10.1111/rssb.12377"


def build(context: ReportContext, progress: Progress) -> Section:
    """Works to cite, the data's sources, versions and fingerprints."""
    model = context.model
    known = {
        "Model fingerprint": model.fingerprint,
        **(
            {"Fingerprint of the maps' model": str(context.maps.entries.get("model", "–"))}
            if context.maps
            else {}
        ),
        **{
            key.replace("_", " "): str(found)
            for key, found in model.provenance.items()
            if isinstance(found, str | int | float) and found != ""
        },
        "Report by": f"wco2_engine {__version__}",
    }
    cited = [{"for": what, "cite": work} for what, work in (*works(context), *data(context))]
    return Section(
        "origin",
        "What to cite, versions and fingerprints",
        facts={"sources": [str(source) for source in model.provenance.get("sources") or []]},
        tables=(
            PageTable(
                "citations",
                "Methods used here, and what products of predictors ask for. Cite the authors of "
                "the observations and of other predictors too.",
                (text("for", "For"), text("cite", "cite")),
                cited,
            ),
            PageTable(
                "origin",
                "By what this was made. Models of one fingerprint predict the same.",
                (text("what", "What"), text("is", "Value")),
                [{"what": what, "is": found} for what, found in known.items()],
            ),
        ),
    )


def data(context: ReportContext) -> list[tuple[str, str]]:
    """Products that predictors come from, and what they ask to be cited and written."""
    found = []
    for product in products_in(context.model.provenance):
        found += [(f"predictors: {product['title']}", work) for work in product["cite"]]
        if product["attribution"]:
            found.append((f"its licence, {product['licence']}", product["attribution"]))
    return found


def works(context: ReportContext) -> list[tuple[str, str]]:
    """What was used, and the work that it comes from."""
    model = context.model
    has: list[tuple[Any, str, str]] = [
        (True, "Extremely Randomized Trees", FOREST),
        (any("knndm" in r.folds for r in model.regions), "kNNDM folds", KNNDM),
        (
            any(row.get("r2_low") is not None for row in model.scores),
            "intervals by site",
            BOOTSTRAP,
        ),
        (model.coverage, "intervals of fluxes", QUANTILES),
        (any(r.calibration for r in model.regions), "their calibration", CONFORMAL),
        (any(r.applicability for r in model.regions), "area of applicability", AOA),
        (any(r.applicability for r in model.regions), "local point density", LPD),
        (any(r.folds for r in model.regions), "permutation importance", PERMUTATION),
        (True, "accumulated local effects", EFFECTS),
    ]
    return [(what, work) for used, what, work in has if used]
