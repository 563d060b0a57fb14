"""The command line: arguments in, a job out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.files import existing_file
from wco2_engine.inputs.opening import keep_off_network
from wco2_engine.inputs.toml import read_toml
from wco2_engine.jobs import (
    BudgetJob,
    CheckJob,
    CompareJob,
    DescribeJob,
    DoctorJob,
    Job,
    NewJob,
    PredictJob,
    ProductsJob,
    PublishJob,
    ReportJob,
    RunJob,
    SampleJob,
    SelectJob,
    TrainJob,
    TrendJob,
    ValidateJob,
    job_from_json,
)
from wco2_engine.mapping.running import share_one_heap
from wco2_engine.study import Study
from wco2_engine.terminal.running import WRONG_INPUT, fail, run_job


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
    keep_off_network()
    share_one_heap()


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
@click.argument("tables", metavar="TABLE...", nargs=-1, required=True)
@click.option("-o", "--output", required=True, help="observations.gpkg or .csv to write.")
@click.option("--format", "format_", default="auto", show_default=True, help="Named format.")
@click.option("--target", help="reco or nee, where a table has both; reco by default.")
@click.option("--site-table", help="Table of coordinates, for files of FLUXNET.")
@click.option("--mapping", help="TOML file with columns, flux_units and [screen].")
@click.option("--rejected", help="CSV file for rejected rows; beside the output by default.")
def observations(
    tables: tuple[str, ...],
    output: str,
    format_: str,
    target: str | None,
    site_table: str | None,
    mapping: str | None,
    rejected: str | None,
) -> Job:
    """Read, convert, screen and merge the fluxes of each TABLE.

    A TABLE is a CSV file, a GeoPackage or any points that OGR reads, or a folder of monthly FLUXNET
    files. Where two have the same place, month and flux, the first is kept. Format and mapping are
    for all of them; tables of several kinds are known by their columns, or by a study's sources.
    """
    described = read_toml(Path(mapping), "Mapping") if mapping else {}
    check_names(described, ("format", "columns", "flux_units", "screen", "crs"), str(mapping))
    path = Path(output)
    each = {"format": format_, **described}
    screen = {"screen": each.pop("screen")} if "screen" in each else {}
    sources = [
        {"file": table, **each, **_site_table_of(table, site_table, each, len(tables))}
        for table in tables
    ]
    first, *more = sources
    return job_from_json(
        {
            **{("input" if key == "file" else key): value for key, value in first.items()},
            **screen,
            "job": "observations",
            "output": output,
            "rejected": rejected or str(path.with_name(f"{path.stem}_rejected.csv")),
            "target": target,
            "more": more,
        }
    )


def _site_table_of(
    table: str, site_table: str | None, each: Mapping[str, Any], n_tables: int
) -> dict[str, str]:
    """The site table, for the tables that need it where there are several."""
    from wco2_engine.inputs.observations import Source

    if site_table is None:
        return {}
    reads = n_tables == 1 or Source(table, each["format"], each.get("columns")).is_fluxnet()
    return {"site_table": site_table} if reads else {}


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
@click.option("--transform", default="none", show_default=True, help="none, sqrt, log1p.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--validation", default="random,site", show_default=True, help="random, site, blocks, knndm."
)
@click.option("--members", type=int, help="For totals; 20 from 100 trees on, 0 for none.")
@click.option("--tune", is_flag=True, help="Look for a better way to grow, by nested site folds.")
@click.option("--tune-budget", default=500, show_default=True, help="Forests to tune with.")
@click.option("--weights", default="rows", show_default=True, help="rows or sites count as one.")
@click.option("--zones", help="Polygons or raster by which scores are told too.")
@click.option("--zone-field", help="Column of the polygons with the zones' names.")
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
    zones: str | None,
    zone_field: str | None,
    domain: str | None,
    domain_values: str | None,
    **options: Any,
) -> Job:
    """Grow Extremely Randomized Trees on TRAINING, a forest for each region."""
    entry = _domain(domain, domain_values)
    methods = [method for method in validation.replace(" ", "").split(",") if method]
    return TrainJob(
        training,
        catalogue,
        output,
        validation=methods,
        domain=entry,
        zones=_zones(zones, zone_field),
        **options,
    )


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
@click.option("--interval", type=float, help="Share of fluxes that bounds hold, e.g. 0.9.")
@click.option("--applicability", is_flag=True, help="Map how far the model can be applied.")
@click.option("--members", is_flag=True, help="Map the ensemble's members, for totals' intervals.")
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


def _zones(path: str | None, name_field: str | None) -> Any:
    """The zones as a job holds them.

    Raises
    ------
    Wco2Error : for a field without a path.
    """
    if path is None and name_field is not None:
        raise Wco2Error("--zone-field needs --zones.")
    entry = {"path": path, "name_field": name_field}
    return {key: text for key, text in entry.items() if text is not None} or None


@_command
@click.argument("training")
@click.argument("catalogue")
@click.option("-o", "--output", required=True, help="validation.html to write.")
@click.option("--regions", help="TOML file with [[region]] tables; a study file will do.")
@click.option(
    "--validation",
    default="random,site,blocks,knndm",
    show_default=True,
    help="random, site, blocks, knndm.",
)
@click.option("--trees", default=500, show_default=True)
@click.option("--min-samples-leaf", default=1, show_default=True)
@click.option("--max-features", default=1.0, show_default=True, help="Share tried at a split.")
@click.option("--transform", default="none", show_default=True, help="none, sqrt, log1p.")
@click.option("--seed", default=0, show_default=True)
@click.option("--weights", default="rows", show_default=True, help="rows or sites count as one.")
@click.option("--zones", help="Polygons or raster by which scores are told too.")
@click.option("--zone-field", help="Column of the polygons with the zones' names.")
@click.option("--domain", help="Raster or polygons of the cells to be mapped, for knndm.")
@click.option("--domain-values", help="Pixels of a domain raster that count, e.g. 1,2,3,4.")
@click.option("--title", default="", help="Title of the page.")
@click.option("--jobs", default=0, help="Threads; 0 for all processors.")
def validate(
    training: str,
    catalogue: str,
    output: str,
    validation: str,
    zones: str | None,
    zone_field: str | None,
    domain: str | None,
    domain_values: str | None,
    **options: Any,
) -> Job:
    """Score TRAINING under several validations side by side, as one HTML file and CSV tables."""
    return ValidateJob(
        training,
        catalogue,
        output,
        validation=[method for method in validation.replace(" ", "").split(",") if method],
        zones=_zones(zones, zone_field),
        domain=_domain(domain, domain_values),
        **options,
    )


@_command
@click.argument("training")
@click.argument("catalogue")
@click.option("-o", "--output", required=True, help="selection.html to write.")
@click.option("--regions", help="TOML file with [[region]] tables; a study file will do.")
@click.option("--method", default="forward", show_default=True, help="forward or elimination.")
@click.option(
    "--criterion",
    default="clear",
    show_default=True,
    help="clear (better by more than chance) or any.",
)
@click.option("--trees", default=50, show_default=True, help="Of each forest that is compared.")
@click.option("--budget", default=10_000, show_default=True, help="Forests a region may take.")
@click.option("--seed", default=0, show_default=True)
@click.option("--title", default="", help="Title of the page.")
@click.option("--jobs", default=0, help="Threads; 0 for all processors.")
def select(training: str, catalogue: str, output: str, **options: Any) -> Job:
    """Find the predictors of CATALOGUE that help at held-out sites of TRAINING.

    Beside the page lies a catalogue of the chosen predictors alone.
    """
    return SelectJob(training, catalogue, output, **options)


@_command
@click.argument("study_or_model")
@click.option("-o", "--output", required=True, help="report.html to write.")
@click.option("--maps", help="Folder of a model's maps, to show them; a study knows its own.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    help="Folder of maps of the same model from other inputs; may be repeated.",
)
def report(study_or_model: str, output: str, maps: str | None, scenarios: tuple[str, ...]) -> Job:
    """Write a report of a study, or of a model and its maps, as one HTML file."""
    if study_or_model.endswith(".toml") or Path(study_or_model).is_dir():
        found = Study.read(study_or_model).report
        return replace(found, output=output, maps=maps or found.maps, scenarios=list(scenarios))
    return ReportJob(study_or_model, output, maps=maps, scenarios=list(scenarios))


@_command
@click.argument("a")
@click.argument("b")
@click.option("-o", "--output", required=True, help="comparison.html to write.")
@click.option("--crs-a", help="CRS of A where its files state none, e.g. EPSG:4326.")
@click.option("--crs-b", help="CRS of B where its files state none.")
@click.option("--units-a", help="Unit of A where its files state none, e.g. 'g C m-2'.")
@click.option("--units-b", help="Unit of B where its files state none.")
@click.option("--zones", help="Polygons or raster of zones, to compare by zone.")
@click.option("--name-field", help="Column of the polygons that names the zones.")
@click.option("--zone-names", help="Names of a zone raster's values, e.g. 1=continuous,2=sporadic.")
@click.option("--title", default="", help="Title of the page.")
def compare(
    a: str,
    b: str,
    output: str,
    zones: str | None,
    name_field: str | None,
    zone_names: str | None,
    **options: Any,
) -> Job:
    """Compare the winter maps of A with those of B, on the coarser one's cells.

    A and B are folders with a GeoTIFF a year, as `wco2 predict` makes or of another product.
    """
    entry = _named_zones(zones, name_field, zone_names)
    return CompareJob(a, b, output, zones=entry, **options)


@_command
@click.argument("maps", metavar="DIR")
@click.option("-o", "--output", required=True, help="budget.csv to write.")
@click.option("--zones", help="Polygons or raster of zones, to add up by zone too.")
@click.option("--name-field", help="Column of the polygons that names the zones.")
@click.option("--zone-names", help="Names of a zone raster's values, e.g. 1=continuous,2=sporadic.")
@click.option("--fraction", help="Raster of the share of ground that counts, 0 to 1.")
@click.option("--regions", help="Model or TOML file, whose regions are added up each by itself.")
@click.option("--level", default=0.9, show_default=True, help="Of intervals, from members' maps.")
@click.option("--crs", help="CRS of maps that state none, e.g. EPSG:4326.")
@click.option("--units", help="Unit of maps that state none, e.g. 'g C m-2'.")
def budget(
    maps: str,
    output: str,
    zones: str | None,
    name_field: str | None,
    zone_names: str | None,
    **options: Any,
) -> Job:
    """Add up the winter maps in DIR: Tg C and g C m-2, by winter, region and zone.

    DIR is a folder with a GeoTIFF a year, as `wco2 predict` makes or of another product.
    """
    return BudgetJob(maps, output, zones=_named_zones(zones, name_field, zone_names), **options)


@_command
@click.argument("maps", metavar="DIR")
@click.option("-o", "--output", required=True, help="trend.tif to write.")
@click.option("--alpha", default=0.05, show_default=True, help="Rate of false discoveries.")
@click.option("--correlated", is_flag=True, help="Take twice alpha, as cells go together.")
@click.option(
    "--prewhitening", default="residuals", show_default=True, help="residuals, pw, tfpw or none."
)
@click.option("--budget", help="budget.csv, for the trends of its regions and zones.")
@click.option("--crs", help="CRS of maps that state none, e.g. EPSG:4326.")
@click.option("--units", help="Unit of maps that state none, e.g. 'g C m-2'.")
def trend(maps: str, output: str, **options: Any) -> Job:
    """Map the trends of the winter maps in DIR, and which of them are significant.

    DIR is a folder with a GeoTIFF a year, as `wco2 predict` makes or of another product.
    """
    return TrendJob(maps, output, **options)


def _named_zones(
    path: str | None, name_field: str | None, names: str | None
) -> dict[str, Any] | None:
    """Zones as a job holds them.

    Raises
    ------
    Wco2Error : for names without a path, or that are no pairs of a value and a name.
    """
    if path is None:
        if name_field or names:
            raise Wco2Error("--name-field and --zone-names need --zones.")
        return None
    entry: dict[str, Any] = {"path": path}
    if name_field:
        entry["name_field"] = name_field
    if names:
        pairs = [pair.partition("=") for pair in names.split(",")]
        if not all(value.strip() and name.strip() for value, _, name in pairs):
            raise Wco2Error(
                f"--zone-names {names} are no names of values.",
                "Write e.g. 1=continuous,2=discontinuous.",
            )
        entry["names"] = {value.strip(): name.strip() for value, _, name in pairs}
    return entry


@_command
@click.argument("study_or_maps")
@click.option("-o", "--output", required=True, help="Folder to write; must not be there yet.")
@click.option("--facts", help="TOML file with creators, licence, doi, …: what only you know.")
@click.option("--crs", help="CRS of maps that state none, e.g. EPSG:4326.")
@click.option("--units", help="Unit of maps that state none, e.g. 'g C m-2'.")
@click.option("--replace", is_flag=True, help="Replace an earlier published folder.")
def publish(study_or_maps: str, output: str, **options: Any) -> Job:
    """Make a folder that is ready for a data repository, from a study or a folder of maps."""
    return PublishJob(study_or_maps, output, **options)


@_command
@click.argument("model")
def describe(model: str) -> Job:
    """Show what MODEL holds: regions, winters, predictors, scores, fingerprint."""
    return DescribeJob(model)


@_command
@click.argument("what", default="list", type=click.Choice(["list", "show", "request"]))
@click.argument("product", metavar="[ID]", required=False)
@click.option("--years", default="1982-2022", show_default=True, help="Of a request.")
@click.option("--extent", nargs=4, type=float, help="Of a request: west south east north, degrees.")
@click.option("--variable", "variables", multiple=True, help="Of a request; may be repeated.")
def products(
    what: str,
    product: str | None,
    years: str,
    extent: tuple[float, ...] | None,
    variables: tuple[str, ...],
) -> Job:
    """List public products of predictors, show one, or print a script that downloads it.

    `wco2 products show era5-land-monthly` tells variables, units, traps, licence and citation.
    `wco2 products request era5-land-monthly --years 1982-2022 > get.py` writes a script for the
    provider's own client, which you run yourself. Nothing is downloaded here.
    """
    return ProductsJob(what, product, years, list(extent) if extent else None, list(variables))


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
