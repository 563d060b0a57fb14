"""The command line: arguments in, a job out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.files import existing_file
from wco2_engine.inputs.toml import read_toml
from wco2_engine.jobs import (
    CheckJob,
    DescribeJob,
    DoctorJob,
    Job,
    NewJob,
    PredictJob,
    ReportJob,
    RunJob,
    SampleJob,
    TrainJob,
    job_from_json,
)
from wco2_engine.study import Study
from wco2_engine.terminal import WRONG_INPUT, fail, run_job


class _Commands(click.Group):
    """The commands; a call that is wrong in itself is told to machines in JSON too."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        if "--json" not in given:
            return super().main(given, *rest, **options)
        try:
            done = super().main(given, *rest, **{**options, "standalone_mode": False})
        except click.ClickException as error:
            fail(error.format_message(), "See wco2 COMMAND --help.", True, WRONG_INPUT)
        sys.exit(done if isinstance(done, int) else 0)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="wco2")
@click.option("--json", "as_json", is_flag=True, help="Progress and results as JSON lines.")
@click.pass_context
def main(context: click.Context, as_json: bool) -> None:
    """Winter CO2 emission maps of permafrost regions, from measured fluxes and rasters.

    Start with `wco2 new demo` and `wco2 run demo`. Exit codes: 0 done, 2 the input or the call is
    wrong, 130 cancelled, 1 a bug of ours.
    """
    context.obj = as_json
    if "CPL_DEBUG" not in os.environ:
        # GDAL would print its errors beside ours, which say the same with the file and the fix.
        os.environ.setdefault("CPL_LOG", os.devnull)


def _command(function: Callable[..., Job]) -> click.Command:
    """A command from a function that turns its arguments into a job."""

    def run(context: click.Context, **arguments: Any) -> None:
        as_json = bool(arguments.pop("as_json")) or bool(context.obj)
        run_job(lambda: function(**arguments), as_json)

    run.__name__ = function.__name__
    run.__doc__ = function.__doc__
    run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    command = main.command(name=function.__name__.rstrip("_"))(click.pass_context(run))
    command.params.append(
        click.Option(["--json", "as_json"], is_flag=True, help="Progress and results as JSON.")
    )
    return command


@_command
@click.argument("folder")
@click.option("--seed", default=0, show_default=True, help="Another seed, another world.")
def new(folder: str, seed: int) -> Job:
    """Make a simulated study with a known truth in FOLDER, to try everything on."""
    return NewJob(folder, seed)


@_command
@click.argument("study")
@click.option("--years", help="Winters to check instead of the study's, e.g. 1983-2014.")
def check(study: str, years: str | None) -> Job:
    """Open everything that STUDY needs and show, by predictor and year, what is there."""
    return CheckJob(study, years)


@_command
@click.argument("study")
def run(study: str) -> Job:
    """Run all stages of STUDY. Finished ones are skipped, stale ones are done again."""
    return RunJob(study)


@_command
@click.argument("table")
@click.option("-o", "--output", required=True, help="observations.gpkg or .csv to write.")
@click.option("--format", "format_", default="auto", show_default=True, help="Named format.")
@click.option("--mapping", help="TOML file with columns, flux_units and [screen].")
@click.option("--rejected", help="CSV file for rejected rows; beside the output by default.")
def observations(
    table: str, output: str, format_: str, mapping: str | None, rejected: str | None
) -> Job:
    """Read, convert, screen and merge the fluxes of TABLE (CSV, GeoPackage, any OGR points)."""
    described = read_toml(Path(mapping), "Mapping") if mapping else {}
    check_names(described, ("format", "columns", "flux_units", "screen", "crs"), str(mapping))
    path = Path(output)
    return job_from_json(
        {
            "format": format_,
            **described,
            "job": "observations",
            "input": table,
            "output": output,
            "rejected": rejected or str(path.with_name(f"{path.stem}_rejected.csv")),
        }
    )


@_command
@click.argument("observations_file", metavar="OBSERVATIONS")
@click.argument("catalogue")
@click.option("-o", "--output", required=True, help="training.gpkg or .csv to write.")
@click.option("--regions", help="TOML file with [[region]] tables; a study file will do.")
@click.option("--at", default="cell", show_default=True, help="cell or point.")
@click.option("--resolution", default=0.1, show_default=True, help="Size of the cells.")
@click.option("--crs", default="EPSG:4326", show_default=True, help="CRS of the cells.")
@click.option("--rejected", help="CSV file for observations that can't be sampled.")
def sample(observations_file: str, catalogue: str, output: str, **options: Any) -> Job:
    """Look the predictors of CATALOGUE up at OBSERVATIONS."""
    path = Path(output)
    options["rejected"] = options["rejected"] or str(path.with_name(f"{path.stem}_rejected.csv"))
    return SampleJob(observations_file, catalogue, output, **options)


@_command
@click.argument("training")
@click.argument("catalogue")
@click.option("-o", "--output", required=True, help="model.wco2 to write.")
@click.option("--regions", help="TOML file with [[region]] tables; a study file will do.")
@click.option("--trees", default=500, show_default=True)
@click.option("--min-samples-leaf", default=1, show_default=True)
@click.option("--max-features", default=1.0, show_default=True, help="Share tried at a split.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--validation", default="random,site", show_default=True, help="random, site, blocks, knndm."
)
@click.option("--domain", help="Raster or polygons of the cells to be mapped, for knndm.")
@click.option("--domain-values", help="Pixels of a domain raster that count, e.g. 1,2,3,4.")
@click.option("--title", default="", help="Title, kept in the model.")
@click.option("--licence", default="", help="Licence of the maps, kept in the model.")
@click.option("--jobs", default=0, help="Threads; 0 for all processors.")
def train(
    training: str,
    catalogue: str,
    output: str,
    validation: str,
    domain: str | None,
    domain_values: str | None,
    **options: Any,
) -> Job:
    """Grow Extremely Randomized Trees on TRAINING, a forest for each region."""
    entry = _domain(domain, domain_values)
    methods = [method for method in validation.replace(" ", "").split(",") if method]
    return TrainJob(training, catalogue, output, validation=methods, domain=entry, **options)


@_command
@click.argument("model")
@click.argument("catalogue")
@click.option("-o", "--output", required=True, help="Folder for the maps.")
@click.option("--years", required=True, help="Winters, e.g. 1983-1985 or 1990,1995.")
@click.option("--extent", nargs=4, type=float, help="West south east north, in the CRS.")
@click.option("--crs", default="EPSG:4326", show_default=True)
@click.option("--resolution", default=0.1, show_default=True, help="Cell size, in the CRS.")
@click.option("--snap/--no-snap", default=True, help="Edges on multiples of the resolution.")
@click.option("--domain", help="Raster or polygons of the cells to predict.")
@click.option("--domain-values", help="Pixels of a domain raster that count, e.g. 1,2,3,4.")
@click.option("--monthly", is_flag=True, help="Write each month too.")
@click.option("--jobs", default=0, help="Threads; 0 for all processors.")
@click.option("--memory", default=0.0, help="GB that it may take; 0 for half of what is free.")
@click.option("--scheduler", help="Dask scheduler to work on, e.g. tcp://host:8786.")
def predict(
    model: str,
    catalogue: str,
    output: str,
    extent: tuple[float, ...] | None,
    domain: str | None,
    domain_values: str | None,
    **options: Any,
) -> Job:
    """Map winter CO2 fluxes with MODEL from the rasters of CATALOGUE."""
    entry = _domain(domain, domain_values)
    return PredictJob(
        model, catalogue, output, extent=list(extent) if extent else None, domain=entry, **options
    )


def _domain(path: str | None, values: str | None) -> Any:
    """The domain as a job holds it.

    Raises
    ------
    Wco2Error : for values without a path, or that are no numbers.
    """
    if values is None:
        return path
    if path is None:
        raise Wco2Error("--domain-values needs --domain.")
    try:
        return {"path": path, "values": [float(value) for value in values.split(",")]}
    except ValueError as error:
        raise Wco2Error(f"--domain-values {values} are no numbers.") from error


@_command
@click.argument("study_or_model")
@click.option("-o", "--output", required=True, help="report.html to write.")
def report(study_or_model: str, output: str) -> Job:
    """Write a report of a study, or of a model alone, as one HTML file."""
    if study_or_model.endswith(".toml") or Path(study_or_model).is_dir():
        return replace(Study.read(study_or_model).report, output=output)
    return ReportJob(study_or_model, output)


@_command
@click.argument("model")
def describe(model: str) -> Job:
    """Show what MODEL holds: regions, winters, predictors, scores, fingerprint."""
    return DescribeJob(model)


@_command
def doctor() -> Job:
    """Show which libraries are there, and what is amiss with them."""
    return DoctorJob()


@_command
@click.argument("file")
def job(file: str) -> Job:
    """Run the job in a JSON FILE ("-" for standard input), e.g. {"job": "describe", …}."""
    name = "Standard input" if file == "-" else file
    try:
        if file == "-":
            text = sys.stdin.read()
        else:
            text = existing_file(Path(file), "Job").read_text(encoding="utf-8-sig")
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Wco2Error(
            f"{name} is not JSON: {error}.", 'Write e.g. {"job": "run", "study": "study.toml"}.'
        ) from error
    return job_from_json(data)


__all__ = ["main"]
