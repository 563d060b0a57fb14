"""The documentation as small HTML pages for the plugin's zip, where no address can be opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

REPOSITORY = Path(__file__).resolve().parents[1]
PAGES = (
    *("learn-first-map", "learn-own-fluxes", "learn-predictors", "learn-scores", "learn-totals"),
    *("learn-paper", "learn-qgis", "learn-python", "howto-months", "howto-units"),
    *("howto-missing-values", "howto-crs", "howto-regions", "flux-products", "literature-totals"),
    *("qgis", "observations", "study-file", "predictor-stack", "products", "models", "maps"),
    *(
        "findings",
        "figures",
        "comparison",
        "next-sites",
        "publishing",
        "report",
        "performance",
        "glossary",
    ),
    "real-case",
)
CHINESE = "zh"  # the name of the page that is made of README.zh-CN.md
_STYLE = REPOSITORY / "wco2_engine/report/templates/style.css"
_PICTURE = re.compile(r"^!\[[^\]]*\]\([^)]*\)\n+", re.MULTILINE)
_LINK = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>")


def help_pages() -> Iterator[tuple[str, str]]:
    """Name and text of each page; pictures are left out, and links that lead nowhere in the zip."""
    sources = {name: REPOSITORY / f"docs/{name}.md" for name in PAGES}
    sources[CHINESE] = REPOSITORY / "README.zh-CN.md"
    links = {path.name: f"{name}.html" for name, path in sources.items()}
    for name, path in sources.items():
        language = "zh" if name == CHINESE else "en"
        yield f"{name}.html", page(path.read_text("utf-8"), links, language)


def page(markdown: str, links: dict[str, str], language: str) -> str:
    """A text as a page of its own.

    Parameters
    ----------
    links : the page that each file of the documentation becomes, by the file's name.
    """
    body = MarkdownIt("commonmark").enable("table").render(_PICTURE.sub("", markdown))
    body = _HEADING.sub(lambda found: _named(found[1], found[2]), body)
    body = _LINK.sub(lambda found: _led(found[1], found[2], links), body)
    title = re.search(r"^# (.+)$", markdown, re.MULTILINE)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        f"<title>{escape(title[1] if title else 'Winter CO2')}</title>\n"
        f"<style>\n{_STYLE.read_text('utf-8')}</style></head>\n<body>\n{body}</body>\n</html>\n"
    )


def _named(level: str, words: str) -> str:
    """A heading that links can lead to."""
    letters = re.sub(r"<[^>]+>|&\w+;|[^\w\s-]", "", words).strip().lower()
    slug = re.sub(r"[-\s]+", "-", letters)  # as the documentation's own pages have it
    return f'<h{level} id="{slug}">{words}</h{level}>'


def _led(target: str, words: str, links: dict[str, str]) -> str:
    """A link that leads to a page of the zip, or to an address; else its words alone."""
    file, mark, place = target.partition("#")
    if "://" in target or not file:
        return f'<a href="{target}">{words}</a>'
    known = links.get(Path(file).name)
    return f'<a href="{known}{mark}{place}">{words}</a>' if known else words
