"""Works to cite: those of the methods, of products and of observations, as a list and as BibTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wco2_engine.escaping import markdown, one_line
from wco2_engine.products.citing import products_in
from wco2_engine.publication.dataset import Dataset

BIBTEX, LIST = "references.bib", "references.md"


@dataclass(frozen=True)
class Work:
    """A work as a list of references has it.

    Attributes
    ----------
    authors : "Family, G." each, or names of groups.
    where : what stands behind the title: journal, volume, pages; or who publishes.
    """

    authors: tuple[str, ...]
    year: str
    title: str
    where: str = ""
    doi: str = ""

    @property
    def text(self) -> str:
        """On one line."""
        names = ", ".join(self.authors)
        if not names:
            return self.title
        address = f" https://doi.org/{self.doi}" if self.doi else ""
        where = f" {self.where.rstrip('.')}." if self.where else ""
        return f"{names} ({self.year}): {self.title}.{where}{address}"

    @property
    def key(self) -> str:
        """As in breiman2001."""
        family = self.authors[0].split(",")[0].split()[-1] if self.authors else "anonymous"
        plain = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode().lower()
        return f"{re.sub('[^a-z]', '', plain) or 'work'}{self.year}"


TREES = Work(
    ("Geurts, P.", "Ernst, D.", "Wehenkel, L."),
    "2006",
    "Extremely randomized trees",
    "Machine Learning 63, 3-42",
    "10.1007/s10994-006-6226-1",
)
QUANTILES = Work(
    ("Meinshausen, N.",),
    "2006",
    "Quantile regression forests",
    "Journal of Machine Learning Research 7, 983-999",
)
CONFORMAL = Work(
    ("Romano, Y.", "Patterson, E.", "Candès, E."),
    "2019",
    "Conformalized quantile regression",
    "Advances in Neural Information Processing Systems 32, arXiv 1905.03222",
)
KNNDM = Work(
    ("Linnenbrink, J.", "Milà, C.", "Ludwig, M.", "Meyer, H."),
    "2024",
    "kNNDM CV: k-fold nearest-neighbour distance matching cross-validation for map accuracy "
    "estimation",
    "Geoscientific Model Development 17, 5897-5912",
    "10.5194/gmd-17-5897-2024",
)
AREA = Work(
    ("Meyer, H.", "Pebesma, E."),
    "2021",
    "Predicting into unknown space? Estimating the area of applicability of spatial prediction "
    "models",
    "Methods in Ecology and Evolution 12, 1620-1633",
    "10.1111/2041-210X.13650",
)
BOOTSTRAP = Work(
    ("Field, C. A.", "Welsh, A. H."),
    "2007",
    "Bootstrapping clustered data",
    "Journal of the Royal Statistical Society B 69, 369-390",
    "10.1111/j.1467-9868.2007.00593.x",
)
PERMUTATION = Work(
    ("Breiman, L.",),
    "2001",
    "Random forests",
    "Machine Learning 45, 5-32",
    "10.1023/A:1010933404324",
)


@dataclass(frozen=True)
class References:
    """What a dataset rests on.

    Attributes
    ----------
    methods, products, further : works.
    unparsed : texts of the authors' own that have no known form.
    observations : what the observations say that they come from.
    attributions : what licences ask to be written.
    """

    methods: tuple[Work, ...]
    products: tuple[Work, ...]
    further: tuple[Work, ...]
    unparsed: tuple[str, ...]
    observations: tuple[str, ...]
    attributions: tuple[str, ...]

    @classmethod
    def of_dataset(cls, dataset: Dataset, sources: Sequence[str] = ()) -> References:
        """All that is known.

        Parameters
        ----------
        sources : of the observations; those that the model names where there are none.
        """
        provenance = dataset.model.get("provenance", {})
        products = products_in(provenance)
        cited = [text for product in products for text in product["cite"]]
        own = [(text, parsed(text)) for text in dataset.about.references]
        named = [one_line(str(each)) for each in sources or provenance.get("sources") or ()]
        asked = (
            f"{p['title']} ({p['licence']}): {p['attribution']}"
            for p in products
            if p["attribution"]
        )
        return cls(
            methods=tuple(methods_used(dataset.model, dataset.flux.record)),
            products=tuple(dict.fromkeys(parsed(text) or _whole(text) for text in cited)),
            further=tuple(work for _, work in own if work),
            unparsed=tuple(text for text, work in own if not work),
            observations=tuple(dict.fromkeys(filter(None, named))),
            attributions=tuple(dict.fromkeys(asked)),
        )

    def as_list(self) -> str:
        """Markdown with one entry a line, sorted."""
        lines = ["# References", ""]
        for heading, entries in (
            ("Methods", [work.text for work in self.methods]),
            ("Products of predictors", [work.text for work in self.products]),
            ("Attributions that licences ask for", self.attributions),
            ("Sources of the observations", self.observations),
            ("Further", [*(work.text for work in self.further), *self.unparsed]),
        ):
            if entries:
                shown = sorted(entries, key=str.casefold)
                lines += [f"## {heading}", "", *(f"- {markdown(each)}" for each in shown), ""]
        return "\n".join(lines)

    def as_bibtex(self) -> str:
        """An entry a work, each with a key of its own; texts of no known form are notes."""
        works = [*self.methods, *self.products, *self.further]
        texts = [*self.unparsed, *(each for each in self.observations if _names_a_work(each))]
        entries, taken = [], set[str]()
        for work in sorted(works, key=lambda each: each.text.casefold()):
            entries.append(_entry(_free(work.key, taken), _fields(work)))
        for text in texts:
            known = parsed(text)
            key = _free(known.key if known else "source", taken)
            entries.append(_entry(key, _fields(known) if known else {"note": _plain(text)}))
        return "\n".join(entries)


def methods_used(model: Mapping[str, Any], record: Mapping[str, Any]) -> list[Work]:
    """The works of the methods that a model and its maps used; none where nothing is known."""
    if not model:
        return []
    regions, scores = model.get("regions", []), model.get("scores", [])
    used = [
        (True, TREES),
        (any("permutation" in each["importances"] for each in regions), PERMUTATION),
        ("knndm" in model["settings"]["validation"], KNNDM),
        (any(row.get("r2_low") is not None for row in scores), BOOTSTRAP),
        (record.get("interval"), QUANTILES),
        (record.get("interval") and any(each["calibration"] for each in regions), CONFORMAL),
        (record.get("applicability"), AREA),
    ]
    return [work for is_used, work in used if is_used]


_FORM = re.compile(
    r"(?P<authors>[^()]+?)\s*\((?P<year>\d{4})[a-z]?\)[:.]?\s+(?P<title>.+?[.?!])(?=\s|$)"
    r"(?P<where>.*?)(?:\s*(?:https?://(?:dx\.)?doi\.org/|doi[: ]\s*)(?P<doi>10\.\S+?))?[.\s]*$"
)


def parsed(text: str) -> Work | None:
    """The work in "Family, G. and Family, G. (2024): Title. Where. doi"; None for other forms."""
    found = _FORM.fullmatch(one_line(text))
    if not found:
        return None
    names = re.split(r"(?<=\.),\s+(?=\w)|,?\s+(?:and|&)\s+|\s+(?=et al\.)", found["authors"])
    title = found["title"]
    return Work(
        tuple(name.strip(" ,") for name in names if name.strip(" ,")),
        found["year"],
        title[:-1] if title.endswith(".") else title,
        found["where"].strip(" ."),
        found["doi"] or "",
    )


def _whole(text: str) -> Work:
    """A text of no known form, as the title of a work."""
    year = re.search(r"\b(?:19|20)\d\d\b", text)
    return Work((), year[0] if year else "no year", one_line(text).rstrip("."))


def _names_a_work(source: str) -> bool:
    """Whether a source of observations is a citation, and not the name of a file or a number."""
    return bool(parsed(source) or re.search(r"\b10\.\d{4,9}/", source))


def _fields(work: Work) -> dict[str, str]:
    names = []
    for name in work.authors:
        plain = _plain(name)
        is_person = "," in plain or name == "et al."
        names.append(plain.replace("et al.", "others") if is_person else f"{{{plain}}}")
    found = {
        "author": " and ".join(names),
        "title": f"{{{_plain(work.title)}}}",
        "year": work.year if work.year.isdigit() else "",
        "howpublished": _plain(work.where),
        "doi": re.sub(r"[{}\\]", "", work.doi),
    }
    return {key: value for key, value in found.items() if value}


def _entry(key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def _plain(text: str) -> str:
    """A text within a field, which it can't end, and of which TeX takes nothing as a command."""
    return re.sub(r"([%&#$_])", r"\\\1", re.sub(r"[{}\\]", "", one_line(text)))


def _free(key: str, taken: set[str]) -> str:
    """A key that no other entry has."""
    letters = ("", *"bcdefghijklmnopqrstuvwxyz")
    found = next((key + each for each in letters if key + each not in taken), f"{key}_{len(taken)}")
    taken.add(found)
    return found
