"""A page: sections with tables and figures in one HTML file, and the same as files beside it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.escaping import printable, table_cell
from wco2_engine.files import atomic_write, writable_folder
from wco2_engine.language import ENGLISH, passages, spoken, translated
from wco2_engine.naming import display_name, proper_name, zone_name
from wco2_engine.progress import Progress, stop_if_cancelled
from wco2_engine.report.drawing import Drawn, finish
from wco2_engine.report.lettering import chinese_font, letter

Row = Mapping[str, Any]
CONTENTS = "contents.csv"
ON_SCREEN = 1.35  # times the size in print
_SIZE = re.compile(r'width="([0-9.]+)pt" height="[0-9.]+pt"')


@dataclass(frozen=True)
class Column:
    """A column that a page shows.

    Parameters
    ----------
    title : above it.
    form : what a row shows in it.
    is_text : whether it stands left, and not right as numbers do.
    """

    title: str
    form: Callable[[Row], str]
    is_text: bool = False


@dataclass(frozen=True)
class PageTable:
    """A table that a page shows, and all of which goes to `name`.csv.

    Parameters
    ----------
    rows : all with the same keys, which are the columns of the CSV file.
    columns : that the page shows.
    most : rows that the page shows; None for all.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    most: int | None = None


@dataclass(frozen=True)
class Picture:
    """A figure that a page shows, and that goes to `name`.svg and `name`.png.

    Parameters
    ----------
    draw : gives a matplotlib figure.
    """

    name: str
    caption: str
    draw: Callable[[], Any]

    def drawn(self) -> Drawn:
        """As SVG and PNG, its words in the spoken language where there is a font for them."""
        figure = self.draw()
        letter(figure)
        return finish(figure, self.name, translated(self.caption))


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Parameters
    ----------
    name : of its template, `templates/sections/{name}.html`, and of its anchor.
    facts : what its template says besides tables and figures.
    template : of another name; "plain" shows `facts["key"]`, figures, tables and `facts["notes"]`.
    """

    name: str
    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: tuple[PageTable, ...] = ()
    pictures: tuple[Picture, ...] = ()
    template: str = ""

    @classmethod
    def plain(
        cls,
        name: str,
        title: str,
        *shown: PageTable | Picture,
        key: Sequence[str] = (),
        notes: Sequence[str] = (),
    ) -> Section:
        """A part without a template of its own: sentences, figures, tables, small print."""
        return cls(
            name,
            title,
            facts={"key": key, "notes": notes},
            tables=tuple(each for each in shown if isinstance(each, PageTable)),
            pictures=tuple(each for each in shown if isinstance(each, Picture)),
            template="plain",
        )


def text(key: str, title: str) -> Column:
    """A column of words."""
    return Column(title, lambda row: str(row[key]), is_text=True)


def in_words(key: str, title: str) -> Column:
    """A column of names of files or catalogues, as words."""
    return Column(title, lambda row: display_name(str(row[key])), is_text=True)


def place(key: str = "region", title: str = "Region") -> Column:
    """A column of places, such as regions."""
    return Column(title, lambda row: proper_name(str(row[key])), is_text=True)


def zone() -> Column:
    """A column of zones, of which regions are some."""
    return Column("Zone", zone_name, is_text=True)


def named(key: str, title: str, names: Mapping[str, str]) -> Column:
    """A column of words that stand for others."""
    return Column(title, lambda row: names.get(row[key], str(row[key])), is_text=True)


def count(key: str, title: str) -> Column:
    """A column of whole numbers."""
    return Column(title, lambda row: "–" if row[key] is None else f"{row[key]:,}")


def value(key: str, title: str, digits: int = 2) -> Column:
    """A column of numbers."""
    return Column(title, lambda row: number(row[key], digits))


def percent(key: str, title: str, digits: int = 0) -> Column:
    """A column of shares, in percent."""
    return Column(title, lambda row: share(row[key], digits))


def ranged(key: str, title: str, digits: int = 2) -> Column:
    """A column of numbers, with their interval from `key`_low to `key`_high below."""
    return Column(title, lambda row: with_interval(row, key, digits).replace(" (", "\n(", 1))


def number(found: float | None, digits: int = 2) -> str:
    """A number; a dash where there is none."""
    if found is None or not math.isfinite(found):
        return "–"
    rounded = f"{found:,.{digits}f}"
    return rounded.removeprefix("-") if not rounded.strip("-0.") else rounded.replace("-", "−")


def share(found: float | None, digits: int = 0) -> str:
    """A share in percent; a dash where there is none."""
    return "–" if found is None else f"{number(100 * found, digits)} %"


def with_interval(row: Row, key: str, digits: int = 2) -> str:
    """A number, and its interval where it has one."""
    low, high = row.get(f"{key}_low"), row.get(f"{key}_high")
    told = number(row.get(key), digits)
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return told
    return f"{told} ({number(low, digits)} to {number(high, digits)})"


def typeset(shown: Any) -> Any:
    """Units as people print them, where they are written as files hold them."""
    if type(shown) is not str:  # what is marked up already stays
        return shown
    shown = printable(shown)
    return shown.replace("m-2 month-1", "m⁻² month⁻¹").replace("m-2 winter-1", "m⁻² winter⁻¹")


def _shown(value: Any) -> Any:
    """What a template fills in, as people read it."""
    return typeset(translated(value)) if type(value) is str else value


def as_json(data: Any) -> Any:
    """Values as JSON that a page takes without escaping it, between the tags of a script."""
    from markupsafe import Markup

    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # In JSON these signs stand in texts alone, where they may be written so.
    for sign in "<>&":
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(written)  # nosec B704


def _as_it_is(svg: str) -> Any:
    """A figure that a page takes without escaping it: ours, in which all text is escaped.

    On a screen it is larger than in print, where its letters have the size of a journal's.
    """
    from markupsafe import Markup

    sized = _SIZE.sub(lambda size: f'width="{ON_SCREEN * float(size[1]):.0f}pt"', svg, count=1)
    return Markup(sized)  # nosec B704


def write_page(
    path: Path,
    heading: str,
    kind: str,
    simulated: bool,
    sections: Sequence[Section],
    progress: Progress,
    with_files: bool = True,
) -> list[Path]:
    """Write a page as one HTML file without links to anything outside it, and files beside it.

    Tables go as CSV and figures as SVG and PNG to a folder of the page's name, `report_files/` for
    `report.html`, with `contents.csv` as their list. What an earlier page put there and this one
    lacks is removed; other files are left alone.

    Parameters
    ----------
    with_files : False for a page about files that lie there already: it is all that is written.

    Returns
    -------
    The page, then the files.

    Raises
    ------
    Wco2Error : when something can't be written.
    Cancelled : when the user asks to stop; nothing is written then.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    pictures = [picture for section in sections for picture in section.pictures]
    drawn: dict[str, Drawn] = {}
    for done, picture in enumerate(pictures):
        stop_if_cancelled(progress)
        progress.update(done / len(pictures), f"Drawing {picture.name.replace('_', ' ')}")
        drawn[picture.name] = picture.drawn()
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    folder = path.with_name(f"{path.stem}_files")
    page = environment.get_template("page.html").render(
        heading=heading,
        kind=kind,
        simulated=simulated,
        sections=sections,
        tables={table.name: table for section in sections for table in section.tables},
        pictures={picture.name: picture for picture in pictures},
        svg={name: _as_it_is(each.svg) for name, each in drawn.items()},
        folder=folder.name if with_files else "",
        engine=__version__,
        has_english_figures=bool(pictures) and spoken() != ENGLISH and chinese_font() is None,
        number=number,
        share=share,
        with_interval=with_interval,
    )
    stop_if_cancelled(progress)
    with atomic_write(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return [path, *(_write_files(folder, sections, drawn) if with_files else ())]


def _template(name: str) -> str:
    path = Path(__file__).with_name("templates") / name
    return passages(path.read_text(encoding="utf-8"))


def _write_files(
    folder: Path, sections: Sequence[Section], drawn: Mapping[str, Drawn]
) -> list[Path]:
    contents: list[dict[str, str]] = []
    written: list[Path] = []
    earlier = _earlier(writable_folder(folder))

    def write(name: str, content: bytes, shows: str) -> None:
        with atomic_write(folder / name) as partial:
            partial.write_bytes(content)
        written.append(folder / name)
        contents.append({"file": name, "shows": shows})

    for section in sections:
        for table in section.tables:
            write(f"{table.name}.csv", csv_text(table.rows).encode(), table.caption)
        for picture in section.pictures:
            shown = drawn[picture.name]
            write(f"{picture.name}.svg", shown.svg.encode(), picture.caption)
            write(f"{picture.name}.png", shown.png, picture.caption)
    for gone in earlier - {path.name for path in written}:
        (folder / gone).unlink(missing_ok=True)
    with atomic_write(folder / CONTENTS) as partial:
        partial.write_bytes(csv_text(contents).encode())
    return [*written, folder / CONTENTS]


def _earlier(folder: Path) -> set[str]:
    """The names of files that an earlier page wrote, as its list says."""
    try:
        rows = csv.DictReader(io.StringIO((folder / CONTENTS).read_text(encoding="utf-8")))
        names = {row.get("file") or "" for row in rows}
    except (OSError, ValueError, csv.Error):
        return set()
    endings = (".csv", ".svg", ".png")
    return {name for name in names if Path(name).name == name and name.endswith(endings)}


def csv_text(rows: Iterable[Row]) -> str:
    """Rows as CSV: numbers with all their digits, nothing where there is none."""
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _plain(found) for key, found in row.items()})
    return out.getvalue()


def _plain(found: Any) -> Any:
    if isinstance(found, float):
        return repr(found) if math.isfinite(found) else ""
    return "" if found is None else table_cell(found)
