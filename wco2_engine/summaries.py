"""What a person sees on the terminal when a job is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

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
        _line(console, f"{number:8d}  {name.replace('_', ' ')}")
    _outputs(facts, console)


def _train(facts: Facts, console: Console) -> None:
    if facts.get("scores"):
        console.print(score_table(facts["scores"]))
    _line(console, f"Fingerprint {facts['fingerprint']}")
    _outputs(facts, console)


def score_table(scores: Sequence[Facts]) -> Table:
    """Scores side by side, a row for each region and way of validation."""
    table = Table(title="Scores on held-out rows, g C m-2 month-1", title_justify="left")
    for name in ("region", "validation", "n", "sites", "R2", "MAE", "RMSE", "bias"):
        table.add_column(name, justify="left" if name in ("region", "validation") else "right")
    for row in scores:
        values = [row[key] for key in ("r2", "mae", "rmse", "bias")]
        numbers = ["–" if value is None else f"{value:.2f}" for value in values]
        table.add_row(
            escape(row["region"]), row["validation"], str(row["n"]), str(row["sites"]), *numbers
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
    for note in facts["notes"]:
        _line(console, note)
    _outputs(facts, console)


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
    console.print(table)
    for row in rows:
        for text in row["instead"]:
            _line(console, f"{row['name']}: {text}")
    for name, number in facts.get("observations", {}).items():
        _line(console, f"{number:8d}  {name.replace('_', ' ')}")
    grid = facts["grid"]
    _line(
        console,
        f"Map: {grid['width']} x {grid['height']} cells of {grid['resolution']:g} in "
        f"{grid['crs']}; "
        f"domain: {facts['domain']}",
    )
    for region in facts["regions"]:
        _line(console, f"Region {region}")
    for problem in facts["problems"]:
        _line(console, f"Problem: {problem}")
    if not facts["problems"]:
        _line(console, "Everything that the study needs is there.")


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
        console.print(f"[bold]{name}[/bold]{' (done before)' if found.get('skipped') else ''}")
        summary(name, found, console)


def _describe(facts: Facts, console: Console) -> None:
    console.print_json(data=dict(facts))


def _doctor(facts: Facts, console: Console) -> None:
    _line(console, f"wco2 {facts['engine']}, Python {facts['python']}")
    table = Table()
    for name in ("library", "version", "for", "place"):
        table.add_column(name, overflow="fold")
    for row in facts["libraries"]:
        version = row["version"] or f"missing ({row['error']})"
        table.add_row(*map(escape, (row["library"], version, row["purpose"], row["place"])))
    console.print(table)
    gdal = facts["gdal"]
    if gdal:
        drivers = ", ".join(f"{n} {'yes' if ok else 'NO'}" for n, ok in gdal["drivers"].items())
        _line(console, f"GDAL {gdal['version']}: {drivers}")
    for problem in facts["problems"]:
        _line(console, f"Problem: {problem}")
    if not facts["problems"]:
        _line(console, "All is well.")


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


_SUMMARIES: dict[str, Callable[[Facts, Console], None]] = {
    "observations": _counts,
    "sample": _counts,
    "train": _train,
    "predict": _predict,
    "check": _check,
    "run": _run,
    "describe": _describe,
    "doctor": _doctor,
}
