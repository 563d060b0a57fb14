"""The page of the documentation that lists all products, from their descriptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wco2_engine.products.citing import cited
from wco2_engine.products.product import Product, Variable

_START = """\
# Products

What is known of public products of predictors: how their files are named and laid out, what is in
them, what to cite. Each is one TOML file in `wco2_engine/products/`, from which this page is made
(`scripts/make-products-page`). In a catalogue a product gives a predictor its keys:

```toml
[[predictor]]
name = "soil_temperature"
product = "era5-land-monthly"
variable = "soil_temperature_level_1"
root = "downloads/era5land"      # the folder of the files; any other key overrides the product's
```

`wco2 products` lists them, `wco2 products show ID` shows one, `wco2 products request ID` prints a
script that downloads it, and `wco2 catalogue FOLDER` recognises what lies in a folder.

**Checked.** Almost everything here was written from documents. What no public document confirmed is
marked with *(?)*: look at a real file before you build on it. A product whose files were read says
so.
"""


def page(products: Sequence[Product]) -> str:
    """The whole page, in Markdown."""
    parts = [_START, "\n".join(_overview(products)), *map(section, products)]
    return "\n".join(parts)


def section(product: Product) -> str:
    """What the page says of one product."""
    return "\n".join(_section(product))


def layer_text(variable: Variable) -> str:
    """Where a variable stands in its file: its name, its band, or what it is made of."""
    if variable.layers:
        return " + ".join(variable.layers)
    if variable.derive:
        return ", ".join(str(part) for key, part in variable.derive.items() if key != "what")
    if variable.band:
        return f"band {variable.band}"
    return variable.read


def _overview(products: Sequence[Product]) -> Iterator[str]:
    yield "| id | what | years | step | cell | login |"
    yield "|---|---|---|---|---|---|"
    for product in products:
        yield (
            f"| [{product.id}](#{_anchor(product.id)}) | {product.title} | {product.years or '–'} "
            f"| {product.step} | {_cell(product)} | {product.access.login} |"
        )
    yield ""


def _section(product: Product) -> Iterator[str]:
    doubt = set(product.doubtful)

    def sure(key: str) -> str:
        return " *(?)*" if any(f"{key}.".startswith(f"{each}.") for each in doubt) else ""

    yield f"## {product.id}"
    yield ""
    yield f"{product.title}. {product.producer}{sure('producer')}."
    yield ""
    facts = [
        ("Version", product.version, sure("version")),
        ("Years", product.years, sure("years")),
        ("Years that do not exist", ", ".join(map(str, product.absent_years)), ""),
        ("Months that do not exist", ", ".join(map(str, product.absent_months)), ""),
        ("Time", product.time, sure("time")),
        ("Grid", _grid(product), sure("grid")),
        ("Files", ", ".join(f"`{m}`" for kind in product.files for m in kind.match), ""),
        ("Get it", f"{product.access.page} {product.access.note}".strip(), sure("access")),
        ("Login", product.access.login, ""),
        ("Licence", f"{product.licence.name} {product.licence.note}".strip(), sure("licence.name")),
        ("Write", product.licence.attribution, sure("licence.attribution")),
        ("Newer", product.superseded_by, ""),
        ("Not read as it comes", product.unreadable, ""),
        ("Written from", _CHECKED[product.checked], ""),
    ]
    for name, text, mark in facts:
        if text:
            yield f"- {name}: {text}{mark}"
    for k, citation in enumerate(product.cite):
        yield f"- Cite: {cited(citation)}{sure(f'cite.{k}')}"
    yield ""
    yield "| variable | what | in the file | unit | used as | group |"
    yield "|---|---|---|---|---|---|"
    for v in product.variables:
        yield (
            f"| `{v.name}` | {v.title}{sure(f'variables.{v.name}')} | {layer_text(v)} | {v.units} "
            f"| {v.used_units} | {v.group} |"
        )
    traps = [f"{trap}{sure(f'traps.{k}')}" for k, trap in enumerate(product.traps)]
    traps += [
        f"`{v.name}`: {trap}{sure(f'variables.{v.name}.traps')}"
        for v in product.variables
        for trap in v.traps
    ]
    if traps:
        yield ""
        yield "What goes wrong easily:"
        yield ""
        yield from (f"- {trap}" for trap in traps)
    yield ""


_CHECKED = {"documents": "documents; no real file was read", "file": "a real file"}


def _anchor(name: str) -> str:
    return name.replace(".", "")


def _cell(product: Product) -> str:
    cell = product.grid.cell
    if not cell:
        return "–"
    return f"{cell:g} m" if cell > 10 else f"{cell:.6g}°"


def _grid(product: Product) -> str:
    size = f"{product.grid.columns} × {product.grid.rows}" if product.grid.columns else ""
    parts = (product.grid.crs, _cell(product) if product.grid.cell else "", size)
    return ", ".join(filter(None, (*parts, product.grid.about)))
