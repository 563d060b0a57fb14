"""What a person sees on the terminal when a job is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from wco2_engine.language import translated
from wco2_engine.naming import proper_name, zone_name
from wco2_engine.season import MONTH_NAMES, format_years

Facts = Mapping[str, Any]


def summary(verb: str, facts: Facts, console: Console) -> None:
    """Show the facts of a finished job."""
    _SUMMARIES.get(verb, _outputs)(facts, console)


def _outputs(facts: Facts, console: Console) -> None:
    outputs = [Path(path) for path in facts.get("outputs", [])]
    by_folder: dict[Path, list[Path]] = {}
    for path in outputs:
        by_folder.setdefault(path.parent, []).append(path)
    for folder, paths in by_folder.items():
        if len(paths) > 3:
            _line(console, f"{folder}: {len(paths)} files, {paths[0].name} to {paths[-1].name}")
        else:
            for path in paths:
                _line(console, str(path))


def _counts(facts: Facts, console: Console) -> None:
    for name, number in facts.get("counts", {}).items():
        _line(console, f"{number:8d}  {translated(name.replace('_', ' '))}")
    _outputs(facts, console)


def _observations(facts: Facts, console: Console) -> None:
    if facts.get("target"):
        _line(console, f"Fluxes are {_TARGETS.get(facts['target'], facts['target'])}.")
    if facts.get("fluxes"):
        from wco2_engine.inputs.plausible import told

        for sentence in told(facts["fluxes"]):
            _line(console, sentence)
    _counts(facts, console)


def _prepare(facts: Facts, console: Console) -> None:
    for name, why in facts["prepared"].items():
        _line(console, f"{name}: {why}")
    if not facts["prepared"]:
        _line(console, "Nothing to prepare: all predictors are read as they are.")
        return
    _line(console, f"{facts['made']} files made, {facts['kept']} were there")
    _line(console, str(facts["catalogue"]))


def _train(facts: Facts, console: Console) -> None:
    if facts.get("scores"):
        _table(score_table(facts["scores"]), console)
    if facts.get("coverage"):
        _table(coverage_table(facts["coverage"]), console)
    if facts.get("nested"):
        _table(nested_table(facts["nested"]), console)
    for region, sentence in facts.get("tuning", {}).items():
        _line(console, f"{proper_name(region)}: {sentence}")
    _line(console, f"Fingerprint {facts['fingerprint']}")
    _outputs(facts, console)


def _validate(facts: Facts, console: Console) -> None:
    _table(score_table(facts["scores"]), console)
    _outputs(facts, console)


def _select(facts: Facts, console: Console) -> None:
    for region, names in facts["chosen"].items():
        rmse = facts["rmse"][region]
        _line(
            console,
            f"{proper_name(region)}: "
            f"{', '.join(names)} (held-out RMSE {rmse['chosen']:.2f}, of all "
            f"{rmse['all']:.2f} g C m-2 month-1)",
        )
    _outputs(facts, console)


def score_table(scores: Sequence[Facts]) -> Table:
    """Scores side by side, a row for each region and way of validation."""
    table = Table(title="Scores on held-out rows, g C m-2 month-1", title_justify="left")
    for name in ("region", "validation", "n", "sites", "R2", "KGE", "MAE", "RMSE", "bias"):
        table.add_column(name, justify="left" if name in ("region", "validation") else "right")
    for row in scores:
        values = [row[key] for key in ("r2", "kge", "mae", "rmse", "bias")]
        numbers = ["–" if value is None else f"{value:.2f}" for value in values]
        table.add_row(
            escape(proper_name(row["region"])),
            row["validation"],
            str(row["n"]),
            str(row["sites"]),
            *numbers,
        )
    return table


def nested_table(nested: Mapping[str, Facts]) -> Table:
    """What tuning brings at sites that had no say in it, beside growing without it."""
    title = "Tuned, nested, and untuned on the same folds, g C m-2 month-1"
    table = Table(title=title, title_justify="left")
    for name in ("region", "growth", "R2", "KGE", "RMSE", "bias"):
        table.add_column(name, justify="left" if name in ("region", "growth") else "right")
    for region, told in nested.items():
        for kind, growth in (("nested", "tuned, nested"), ("untuned", "untuned")):
            values = [told[kind][key] for key in ("r2", "kge", "rmse", "bias")]
            numbers = ["–" if value is None else f"{value:.2f}" for value in values]
            table.add_row(escape(proper_name(region)), growth, *numbers)
    return table


def coverage_table(rows: Sequence[Facts]) -> Table:
    """How often held-out rows lie within intervals, as predicted and calibrated."""
    table = Table(
        title="Intervals on held-out rows, width in g C m-2 month-1", title_justify="left"
    )
    for name in ("region", "validation", "level", "raw", "width", "calibrated", "width"):
        table.add_column(name, justify="left" if name in ("region", "validation") else "right")
    for row in rows:
        shares = [row["raw_coverage"], row["raw_width"], row["coverage"], row["width"]]
        told = ["–" if value is None else f"{value:.2f}" for value in shares]
        table.add_row(
            escape(proper_name(row["region"])), row["validation"], f"{row['level']:g}", *told
        )
    return table


def _predict(facts: Facts, console: Console) -> None:
    grid = facts["grid"]
    _line(
        console,
        f"{facts['cells']} cells of {grid['width']} x {grid['height']} at {grid['resolution']:g} "
        f"in {grid['crs']}",
    )
    missing = {name: count for name, count in facts["missing_cell_months"].items() if count}
    if missing:
        worst = ", ".join(f"{name} {count}" for name, count in missing.items())
        _line(console, f"Cell-months without a value, by missing predictor: {worst}")
    for region, (predicted, outside) in _outside(facts["cell_months"]).items():
        _line(
            console,
            f"{proper_name(region)}: "
            f"{outside} of {predicted} cell-months lie outside the area of applicability",
        )
    for note in facts["notes"]:
        _line(console, note)
    _outputs(facts, console)


def _outside(cell_months: Sequence[Facts]) -> dict[str, tuple[int, int]]:
    """By region, cell-months predicted and outside; none where this was not asked for."""
    found: dict[str, tuple[int, int]] = {}
    for row in cell_months:
        if row["outside"] is not None:
            predicted, outside = found.get(row["region"], (0, 0))
            found[row["region"]] = predicted + row["predicted"], outside + row["outside"]
    return found


def _check(facts: Facts, console: Console) -> None:
    rows = facts["predictors"]
    years = list(rows[0]["years"]) if rows else []
    table = Table(title=escape(facts["title"]), title_justify="left")
    for name in ("predictor", "when", "units", "grid"):
        table.add_column(name, overflow="fold")
    shown = _runs_of_equal(rows, years)
    for run in shown:
        table.add_column(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}", overflow="fold")
    for row in rows:
        cells = [row["years"][run[0]] for run in shown]
        table.add_row(*map(escape, (row["name"], row["when"], row["units"], row["grid"], *cells)))
    _table(table, console)
    _sanity(rows, console)
    for row in rows:
        for text in row["instead"]:
            _line(console, f"{row['name']}: {text}")
    for name, number in facts.get("observations", {}).items():
        _line(console, f"{number:8d}  {translated(name.replace('_', ' '))}")
    grid = facts["grid"]
    _line(
        console,
        f"Map: {grid['width']} x {grid['height']} cells of {grid['resolution']:g} in "
        f"{grid['crs']}; "
        f"domain: {facts['domain']}",
    )
    cells = list(facts.get("cells", {}).values())
    for k, region in enumerate(facts["regions"]):
        _line(console, f"Region {region}" + (f"; {cells[k]} cells" if cells else ""))
    _by_region(facts.get("by_region", ()), console)
    for note in facts.get("notes", ()):
        _line(console, f"Note: {note}")
    if facts.get("compiled"):
        _line(console, f"The forest's code is compiled and kept in {facts['compiled']}.")
    for problem in facts["problems"]:
        _line(console, f"Problem: {problem}")
    if not facts["problems"]:
        _line(console, "Everything that the study needs is there.")
    _outputs(facts, console)


def _by_region(rows: Sequence[Facts], console: Console) -> None:
    """What observations each region has in the months of its winter."""
    for row in rows:
        months = ", ".join(
            f"{MONTH_NAMES[int(month) - 1]} {n['site_months']} at {n['sites']}"
            for month, n in row["by_month"].items()
        )
        _line(
            console,
            f"{proper_name(row['region'])}: "
            f"{row['site_months']} winter site-months at {row['sites']} sites "
            f"({months})",
        )
        if row["quantiles"]:
            low, _, median, _, high = row["quantiles"].values()
            _line(
                console,
                f"  fluxes: median {median:.3g}, 5 to 95 % {low:.3g} to {high:.3g} {row['units']}",
            )


def _sanity(rows: Sequence[Facts], console: Console) -> None:
    """What predictors look like at cells of the map, and which are prepared first."""
    looked = [row for row in rows if row["sanity"]]
    if looked:
        table = Table(title="At cells of the map", title_justify="left")
        for name in ("predictor", "month", "lowest", "median", "highest", "missing"):
            table.add_column(name, justify="left" if name in ("predictor", "month") else "right")
        for row in looked:
            seen = row["sanity"]
            numbers = [
                "–" if seen[name] is None else f"{seen[name]:.4g}"
                for name in ("low", "middle", "high")
            ]
            missing = f"{100 * seen['missing']:.0f} %"
            table.add_row(escape(row["name"]), seen["month"], *numbers, missing)
        _table(table, console)
    for row in rows:
        if row["prepared"]:
            _line(console, f"{row['name']} is prepared first: {row['prepared']}")


def _runs_of_equal(rows: Sequence[Facts], years: Sequence[str]) -> list[list[str]]:
    """Years one after the other that look the same for all predictors share a column."""
    runs: list[list[str]] = []
    for year in years:
        same = runs and all(row["years"][year] == row["years"][runs[-1][0]] for row in rows)
        if same and int(year) == int(runs[-1][-1]) + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return runs


def _run(facts: Facts, console: Console) -> None:
    for name, found in facts["stages"].items():
        before = found.get("skipped") and (name != "prepare" or found["prepared"])
        done = f" ({translated('done before')})" if before else ""
        console.print(f"[bold]{name}[/bold]{done}")
        summary(name.split()[0], found, console)


def _compare(facts: Facts, console: Console) -> None:
    mean = next(row for row in facts["rows"] if (row["winter"], row["zone"]) == ("mean", "all"))
    table = Table(title="A minus B, where both have a value", title_justify="left")
    for name in ("winter", "million km2", "A, Tg C", "B, Tg C", "bias", "RMSE", "correlation"):
        table.add_column(name, justify="left" if name == "winter" else "right")
    rows = [row for row in facts["rows"] if row["zone"] == "all" and row is not mean]
    for row in [*(rows if len(rows) <= 5 else []), mean]:
        values = (row[key] for key in ("area", "total_a", "total_b", "bias", "rmse", "correlation"))
        numbers = ["–" if value is None else f"{value:.2f}" for value in values]
        table.add_row(row["winter"], *numbers)
    _table(table, console)
    _outputs(facts, console)


def _publish(facts: Facts, console: Console) -> None:
    for name, how in facts["checks"].items():
        _line(console, f"{name}: {how}.")
    for sentence in facts["not_known"]:
        _line(console, f"Not known: {sentence}")
    size = facts["bytes"] / 1e6
    _line(console, f"{facts['title']}: {len(facts['outputs'])} files, {size:.1f} MB")


def _describe(facts: Facts, console: Console) -> None:
    console.print_json(data=dict(facts))


def _products(facts: Facts, console: Console) -> None:
    if facts["what"] == "request":
        _line(console, facts["script"].rstrip("\n"))
        return
    if facts["what"] == "show":
        _product(facts["product"], console)
        return
    table = Table()
    for name in ("id", "years", "what"):
        table.add_column(name, overflow="fold", no_wrap=name != "what")
    for row in facts["products"]:
        table.add_row(*map(escape, (row["id"], row["years"], row["title"])))
    _table(table, console)
    _line(console, "One of them: wco2 products show ID")


def _product(product: Facts, console: Console) -> None:
    _line(console, f"{product['id']}: {product['title']}")
    _line(console, f"{product['producer']}, version {product['version'] or 'not stated'}")
    for name, text in (
        ("Years", product["years"]),
        ("Time", product["time"]),
        ("Licence", product["licence"]["name"]),
        ("Asked to write", product["licence"]["attribution"]),
        ("Get it", f"{product['access']['page']} (login: {product['access']['login']})"),
        ("Newer", product["superseded_by"]),
        ("Not read as it comes", product["unreadable"]),
    ):
        if text:
            _line(console, f"{name}: {text}")
    for citation in product["cite"]:
        doi = f" https://doi.org/{citation['doi']}" if citation["doi"] else ""
        _line(console, f"Cite: {citation['text']}{doi}")
    table = Table()
    for name in ("variable", "what", "stored", "used", "group"):
        table.add_column(name, overflow="fold", no_wrap=name == "variable")
    for row in product["variables"]:
        used = row["to"] or row["units"]
        table.add_row(*map(escape, (row["name"], row["title"], row["units"], used, row["group"])))
    _table(table, console)
    for trap in product["traps"]:
        _line(console, f"Trap: {trap}")
    for row in product["variables"]:
        for trap in row["traps"]:
            _line(console, f"Trap of {row['name']}: {trap}")
    if product["checked"] == "documents":
        _line(console, "Written from documents; no real file was read.")
    if product["doubtful"]:
        _line(console, f"Not confirmed: {', '.join(product['doubtful'])}")


def _begin(facts: Facts, console: Console) -> None:
    for what, name in facts["columns"].items():
        _line(console, f"{what}: {name}{' (guessed)' if what in facts['guessed'] else ''}")
    for row in facts["predictors"]:
        _line(console, f"{row['name']}: {row['when']}, {row['path']}")
    _line(console, f"{facts['study']} is ready for wco2 check and wco2 run.")


def _catalogue(facts: Facts, console: Console) -> None:
    table = Table(title="Predictors", title_justify="left")
    for name in ("name", "product", "files", "years"):
        table.add_column(name, overflow="fold", no_wrap=name == "name")
    for row in facts["predictors"]:
        words = (row["name"], row["product"] or "–", str(row["files"]), row["years"] or "–")
        table.add_row(*map(escape, words))
    _table(table, console)
    if facts.get("values"):
        _values(facts["values"], console)
    looks = {look["name"]: look for look in facts.get("values", ())}
    for row in facts["predictors"]:
        if row["missing_years"]:
            _line(console, f"{row['name']}: missing {format_years(row['missing_years'])}")
        elif row["name"] in looks and looks[row["name"]]["absent"]:
            look = looks[row["name"]]
            some = ", ".join(look["absent"][:6]) + (", …" if len(look["absent"]) > 6 else "")
            _line(console, f"{row['name']}: {look['first']} to {look['last']} without {some}")
    for title, key in _FOUND_BESIDE.items():
        for text in facts.get(key, ()):
            _line(console, f"{title}: {text}")
    for text in facts["todo"]:
        _line(console, f"TODO {text}")
    _outputs(facts, console)


def _values(looks: Sequence[Facts], console: Console) -> None:
    """The table of values, and what looks wrong with them."""
    table = Table(title="Values on a strip of land, 20 to 84 N", title_justify="left", box=None)
    table.add_column("name", overflow="fold")
    for name in ("low", "middle", "high", "> 60 N", "< 45 N", "missing"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("units", overflow="fold")
    for look in looks:
        if look["low"] is not None:
            numbers = [_digits(look[key]) for key in ("low", "middle", "high", "north", "south")]
            missing = f"{look['missing']:.0%}"
            table.add_row(*map(escape, (look["name"], *numbers, missing, look["units"])))
    _table(table, console)
    for look in looks:
        for doubt in look["doubts"]:
            _line(console, f"Look at {look['name']}: {doubt}")


_FOUND_BESIDE = {
    "Can't be read": "damaged",
    "Something else": "disagreements",
    "Not understood": "not_understood",
    "Here too": "also",
}


def _doctor(facts: Facts, console: Console) -> None:
    _line(console, f"wco2 {facts['engine']}, Python {facts['python']}")
    table = Table()
    for name in ("library", "version", "for", "place"):
        table.add_column(name, overflow="fold")
    for row in facts["libraries"]:
        version = row["version"] or f"missing ({row['error']})"
        table.add_row(*map(escape, (row["library"], version, row["purpose"], row["place"])))
    _table(table, console)
    gdal = facts["gdal"]
    if gdal:
        drivers = ", ".join(f"{n} {'yes' if ok else 'NO'}" for n, ok in gdal["drivers"].items())
        _line(console, f"GDAL {gdal['version']}: {drivers}")
    for problem in facts["problems"]:
        _line(console, f"Problem: {problem}")
    if not facts["problems"]:
        _line(console, "All is well.")


def _budget(facts: Facts, console: Console) -> None:
    title = f"Mean winter of {format_years(facts['winters'])}{_made_up(facts)}"
    level = facts["level"]
    between = [f"{level:.0%} interval"] if level else []
    totals = _by_zone(title, "Tg C", *between, "g C m-2", *between, "Mkm2", "missing")
    slopes = _by_zone("Trend of the totals", "Tg C a-1", *between, "p")
    for row in facts["summary"]:
        totals.add_row(
            escape(zone_name(row)),
            *_estimate(row, "total{}_tg", level),
            *_estimate(row, "mean{}_g_m2", level),
            _digits(row["area_km2"] / 1e6),
            "–" if row["missing_share"] is None else f"{row['missing_share']:.0%}",
        )
        slope = _estimate(row, "slope{}_tg_a", level)
        slopes.add_row(escape(zone_name(row)), *slope, _digits(row["slope_p"]))
    _table(totals, console)
    if any(row["slope_tg_a"] is not None for row in facts["summary"]):
        _table(slopes, console)
    for note in facts["notes"]:
        _line(console, note)
    _outputs(facts, console)


def _by_zone(title: str, *columns: str, first: str = "zone") -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first, no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right")
    return table


def _estimate(row: Facts, key: str, level: float | None) -> list[str]:
    """An amount and, with a level, its bounds."""
    bounds = row[key.format("_lower")], row[key.format("_upper")]
    interval = "–" if None in bounds else " to ".join(map(_digits, bounds))
    return [_digits(row[key.format("")]), *([interval] if level else [])]


def _trend(facts: Facts, console: Console) -> None:
    _line(
        console,
        f"{facts['cells']} cells, {format_years(facts['winters'])}{_made_up(facts)}: "
        f"{facts['rising']} rise and {facts['falling']} fall significantly "
        f"(false discoveries kept at {facts['rate']:.0%}: p up to {facts['threshold']:.3g})",
    )
    _line(console, f"Median slope {_digits(facts['median_slope'])} g C m-2 winter-1 a-1")
    if facts["zones"]:
        names = ("winters", "Tg C a-1", "p", "g C m-2 a-1", "p of the mean")
        table = _by_zone("", *names)
        for row in facts["zones"]:
            keys = ("slope_tg_a", "slope_p", "slope_mean_g_m2_a", "slope_mean_p")
            table.add_row(
                escape(zone_name(row)), str(row["winters"]), *(_digits(row[key]) for key in keys)
            )
        _table(table, console)
    _outputs(facts, console)


def _next_sites(facts: Facts, console: Console) -> None:
    _line(
        console,
        f"Winter {facts['winter']}{_made_up(facts)}: mean dissimilarity index "
        f"{facts['mean_di']:.3f}, {facts['outside_share']:.1%} of ground and months outside the "
        f"area of applicability ({facts['sampled']:,} of {facts['cells']:,} cells)",
    )
    names = ("longitude", "latitude", "DI falls by", "outside then", "1000 km2 nearer")
    table = _by_zone("", *names, first="rank, region")
    for row in facts["sites"]:
        table.add_row(
            f"{row['rank']} {escape(row['region'])}",
            f"{row['longitude']:.2f}",
            f"{row['latitude']:.2f}",
            f"{row['gain']:.4f}",
            f"{row['outside_share']:.1%}",
            f"{row['nearer_km2'] / 1000:,.0f}",
        )
    _table(table, console)
    _outputs(facts, console)


def _made_up(facts: Facts) -> str:
    return " (simulated)" if facts["simulated"] else ""


def _digits(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"


def _table(table: Table, console: Console) -> None:
    """Show a table, its title and the names of its columns in the language of people."""
    if isinstance(table.title, str):
        table.title = translated(table.title)
    for column in table.columns:
        column.header = translated(str(column.header))
    console.print(table)


def _line(console: Console, text: str) -> None:
    console.print(translated(text), markup=False, highlight=False, soft_wrap=True)


_TARGETS = {"reco": "ecosystem respiration (reco)", "nee": "net ecosystem exchange (nee)"}
_SUMMARIES: dict[str, Callable[[Facts, Console], None]] = {
    "observations": _observations,
    "sample": _counts,
    "prepare": _prepare,
    "train": _train,
    "predict": _predict,
    "publish": _publish,
    "check": _check,
    "compare": _compare,
    "run": _run,
    "validate": _validate,
    "select": _select,
    "describe": _describe,
    "budget": _budget,
    "trend": _trend,
    "next_sites": _next_sites,
    "doctor": _doctor,
    "products": _products,
    "catalogue": _catalogue,
    "begin": _begin,
}
