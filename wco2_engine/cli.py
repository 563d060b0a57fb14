"""The command line: arguments in, a job out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.inputs.json import parse_json, read_json
from wco2_engine.inputs.toml import read_toml
from wco2_engine.jobs import JOBS, Job, job_from_json
from wco2_engine.language import ENGLISH, LANGUAGES, of_locale, speaking
from wco2_engine.season import parse_years
from wco2_engine.terminal.arguments import parameters_of
from wco2_engine.terminal.helping import LANGUAGE, Told, ToldGroup


class _Commands(ToldGroup):
    """The commands; a call that is wrong in itself is told to machines in JSON too."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        if "--json" not in given:
            return super().main(given, *rest, **options)
        try:
            done = super().main(given, *rest, **{**options, "standalone_mode": False})
        except click.ClickException as error:
            from wco2_engine.terminal.running import WRONG_INPUT, fail

            fail(error.format_message(), "See wco2 COMMAND --help.", True, WRONG_INPUT)
        sys.exit(done if isinstance(done, int) else 0)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="wco2")
@click.option("--json", "as_json", is_flag=True, help="Progress and results as JSON lines.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    is_eager=True,  # before --help, which is told in it
    callback=lambda context, _, asked: context.meta.setdefault(LANGUAGE, asked),
    help="Of what people read; that of the system (LANG) by default, with --json English.",
)
@click.pass_context
def main(context: click.Context, as_json: bool, language: str | None) -> None:
    """Winter CO2 emission maps of permafrost regions, from measured fluxes and rasters.

    Start with `wco2 new demo` and `wco2 run demo`. Exit codes: 0 done, 2 the input or the call is
    wrong, 130 cancelled (143 by SIGTERM), 1 a bug of ours.
    """
    context.obj = _Asked(as_json, language)


@dataclass(frozen=True)
class _Asked:
    """What is asked of all commands alike."""

    as_json: bool = False
    language: str | None = None

    def language_of(self, as_json: bool) -> str:
        """The language to speak: machines get English unless they ask for another."""
        return self.language or (ENGLISH if as_json else of_locale(os.environ))


def _prepare_process() -> None:
    """Settings of libraries, for a process that is ours alone."""
    if "CPL_DEBUG" not in os.environ:
        # GDAL would print its errors beside ours, which say the same with the file and the fix.
        os.environ.setdefault("CPL_LOG", os.devnull)
    from wco2_engine.inputs.opening import keep_off_network
    from wco2_engine.mapping.running import share_one_heap

    keep_off_network()
    share_one_heap()


def _command(
    *more: click.Parameter, leave_out: tuple[str, ...] = ()
) -> Callable[[Callable[..., Job | Mapping[str, Any]]], click.Command]:
    """A command from a function that turns its arguments into the fields of its job, or into a job.

    The command has the arguments and options that the job of its name describes.

    Parameters
    ----------
    more : parameters besides those of the job.
    leave_out : fields of the job that the function makes.
    """

    def made(function: Callable[..., Job | Mapping[str, Any]]) -> click.Command:
        verb = function.__name__
        name = verb.replace("_", "-")
        parameters: Iterable[click.Parameter] = ()
        if verb in JOBS:
            parameters = parameters_of(JOBS[verb], leave_out)

        def make(**arguments: Any) -> Job:
            found = function(**arguments)
            return job_from_json({"job": verb, **found}) if isinstance(found, Mapping) else found

        @click.pass_context
        def run(context: click.Context, /, as_json: bool, **arguments: Any) -> None:
            from wco2_engine.terminal.running import run_job

            _prepare_process()
            asked = context.find_object(_Asked) or _Asked()
            as_json = as_json or asked.as_json
            with speaking(asked.language_of(as_json)):
                run_job(lambda: make(**arguments), as_json)

        as_json = click.Option(
            ["--json", "as_json"], is_flag=True, help="Progress and results as JSON."
        )
        command = Told(
            name, callback=run, help=function.__doc__, params=[*parameters, *more, as_json]
        )
        main.add_command(command)
        return command

    return made


def _option(*names: str, **said: Any) -> click.Option:
    return click.Option(names, **said)


_DOMAIN = (
    _option("--domain", help="Raster or polygons of the cells to be mapped."),
    _option("--domain-values", help="Pixels of a domain raster that count, e.g. 1,2,3,4."),
)
_SCORED_ZONES = (
    _option("--zones", help="Polygons or raster by which scores are told too."),
    _option("--zone-field", help="Column of the polygons with the zones' names."),
)
_NAMED_ZONES = (
    _option("--zones", help="Polygons or raster of zones, to tell all by zone too."),
    _option("--name-field", help="Column of the polygons that names the zones."),
    _option("--zone-names", help="Names of a zone raster's values, e.g. 1=continuous,2=sporadic."),
)


@_command()
def new(**fields: Any) -> Mapping[str, Any]:
    """Make a simulated study with a known truth in FOLDER, to try everything on."""
    return fields


@_command(
    _option(
        "--raster",
        "rasters",
        multiple=True,
        help="A raster that the flux may depend on; may be repeated. Files that differ in year and "
        "month only are one series.",
    ),
    _option(
        "--column",
        "columns",
        multiple=True,
        help="A column of the table, as in flux=Flux_gC; may be repeated. What is not named is "
        "guessed, and told.",
    ),
    leave_out=("columns",),
)
def begin(rasters: tuple[str, ...], columns: tuple[str, ...], **fields: Any) -> Mapping[str, Any]:
    """Begin a study in FOLDER: its catalogue and study file, from fluxes and rasters.

    Then `wco2 check FOLDER` and `wco2 run FOLDER`, or edit the study file first.
    """
    pairs = [text.partition("=") for text in columns]
    if not all(what and name for what, _, name in pairs):
        raise Wco2Error(
            f"--column {' '.join(columns)} names no column.", "Write e.g. --column flux=Flux_gC."
        )
    named = {what: name for what, _, name in pairs}
    return {"rasters": [{"source": path} for path in rasters], "columns": named, **fields}


@_command()
def check(**fields: Any) -> Mapping[str, Any]:
    """Open everything that STUDY needs and show, by predictor and year, what is there."""
    return fields


@_command()
def run(**fields: Any) -> Mapping[str, Any]:
    """Run all stages of STUDY. Finished ones are skipped, stale ones are done again."""
    return fields


@_command(
    click.Argument(["tables"], metavar="TABLE...", nargs=-1, required=True),
    _option("--mapping", help="TOML file with columns, flux_units and [screen]."),
    leave_out=("input", "columns", "flux_units", "crs", "name"),
)
def observations(
    tables: tuple[str, ...],
    output: str,
    format: str,
    site_table: str | None,
    mapping: str | None,
    rejected: str | None,
    year: int | None,
    target: str | None,
) -> Mapping[str, Any]:
    """Read, convert, screen and merge the fluxes of each TABLE.

    A TABLE is a CSV file, a GeoPackage or any points that OGR reads, or a folder of monthly FLUXNET
    files. Where two have the same place, month and flux, the first is kept. Format and mapping are
    for all of them; tables of several kinds are known by their columns, or by a study's sources.
    """
    described = read_toml(Path(mapping), "Mapping") if mapping else {}
    check_names(
        described, ("format", "columns", "flux_units", "screen", "crs", "year"), str(mapping)
    )
    each = {"format": format, **({} if year is None else {"year": year}), **described}
    screen = {"screen": each.pop("screen")} if "screen" in each else {}
    sources = [
        {"file": table, **each, **_site_table_of(table, site_table, each, len(tables))}
        for table in tables
    ]
    first, *more = sources
    return {
        **{("input" if key == "file" else key): value for key, value in first.items()},
        **screen,
        "output": output,
        "rejected": rejected or _rejected_beside(output),
        "target": target,
        "more": more,
    }


def _site_table_of(
    table: str, site_table: str | None, each: Mapping[str, Any], n_tables: int
) -> dict[str, str]:
    """The site table, for the tables that need it where there are several."""
    from wco2_engine.inputs.observations import Source

    if site_table is None:
        return {}
    reads = n_tables == 1 or Source(table, each["format"], each.get("columns")).is_fluxnet()
    return {"site_table": site_table} if reads else {}


def _rejected_beside(output: str) -> str:
    path = Path(output)
    return str(path.with_name(f"{path.stem}_rejected.csv")) if path.name else output


@_command()
def prepare(catalogue: str, **fields: Any) -> Job | Mapping[str, Any]:
    """Make plain GeoTIFFs of the predictors of CATALOGUE that can't be read as they are.

    CATALOGUE may be a study file: then for its map, its winters and its observations, into the
    stack that its run uses.
    """
    if not _is_study(catalogue):
        return {"catalogue": catalogue, **fields}
    from wco2_engine.study import Study

    found = Study.read(catalogue).prepare
    asked = {name: fields[name] for name in ("output", "years", "extent") if fields[name]}
    made = Path(found.observations or "").is_file()
    return replace(
        found, **asked, jobs=fields["jobs"], observations=found.observations if made else None
    )


def _is_study(path: str) -> bool:
    """Whether a path is that of a study and not of a catalogue."""
    if Path(path).is_dir():
        return True
    return "predictor" not in read_toml(Path(path), "Catalogue")


@_command(leave_out=("origin",))
def sample(**fields: Any) -> Mapping[str, Any]:
    """Look the predictors of CATALOGUE up at OBSERVATIONS."""
    return {**fields, "rejected": fields["rejected"] or _rejected_beside(fields["output"])}


@_command(*_SCORED_ZONES, *_DOMAIN, leave_out=("simulated",))
def train(**fields: Any) -> Mapping[str, Any]:
    """Fit Extremely Randomized Trees to TRAINING, a forest for each region."""
    return _with_places(fields)


@_command(*_DOMAIN)
def predict(**fields: Any) -> Mapping[str, Any]:
    """Map winter CO2 fluxes with MODEL from the rasters of CATALOGUE."""
    return _with_places(fields)


@_command(*_DOMAIN)
def next_sites(**fields: Any) -> Job | Mapping[str, Any]:
    """Find the cells of a map where the next sites would help most.

    A study brings its model, catalogue and map; a model file needs --catalogue and --year. Beside
    the table lie the same as GeoPackage, a GeoTIFF of what one site would bring in each cell, and a
    figure. A report of the study shows them where they lie beside it.
    """
    fields = _with_places(fields)
    if not (fields["model"].endswith(".toml") or Path(fields["model"]).is_dir()):
        return fields
    from wco2_engine.study import Study

    found = Study.read(fields["model"]).predict
    its = ("model", "catalogue", "extent", "crs", "resolution", "snap", "domain", "stack")
    last = max(parse_years(found.years))
    return {
        **fields,
        **{name: getattr(found, name) for name in its},
        "year": last if fields["year"] is None else fields["year"],
    }


def _with_places(fields: dict[str, Any]) -> dict[str, Any]:
    """The domain and zones as a job holds them, in place of the options that tell them.

    Raises
    ------
    Wco2Error : for values or a field without a path, or values that are no numbers.
    """
    domain, values = fields.pop("domain"), fields.pop("domain_values")
    if values is not None:
        if domain is None:
            raise Wco2Error("--domain-values needs --domain.")
        try:
            domain = {"path": domain, "values": [float(value) for value in values.split(",")]}
        except ValueError as error:
            raise Wco2Error(f"--domain-values {values} are no numbers.") from error
    fields["domain"] = domain
    if "zone_field" in fields:
        path, column = fields.pop("zones"), fields.pop("zone_field")
        if path is None and column is not None:
            raise Wco2Error("--zone-field needs --zones.")
        entry = {"path": path, "name_field": column}
        fields["zones"] = {key: text for key, text in entry.items() if text is not None} or None
    return fields


@_command(*_SCORED_ZONES, *_DOMAIN, leave_out=("simulated",))
def validate(**fields: Any) -> Mapping[str, Any]:
    """Score TRAINING under several validations side by side, as one HTML file and CSV tables."""
    return _with_places(fields)


@_command()
def select(**fields: Any) -> Mapping[str, Any]:
    """Find the predictors of CATALOGUE that help at held-out sites of TRAINING.

    Beside the page lies a catalogue of the chosen predictors alone.
    """
    return fields


@_command()
def figure(**fields: Any) -> Mapping[str, Any]:
    """Draw the figure KIND of SOURCE for print: as PDF, SVG or PNG, at a journal's widths.

    SOURCE is a study, a model, a folder of maps, or a file of wco2 trend, budget or compare.
    """
    return fields


@_command(leave_out=("title", "state"))
def report(
    model: str, output: str, language: str, maps: str | None, scenarios: list[str]
) -> Job | Mapping[str, Any]:
    """Write a report of a study, or of a model and its maps, as one HTML file."""
    if model.endswith(".toml") or Path(model).is_dir():
        from wco2_engine.study import Study

        found = Study.read(model).report
        asked = language if language != ENGLISH else found.language
        return replace(
            found, output=output, language=asked, maps=maps or found.maps, scenarios=scenarios
        )
    fields = {"model": model, "output": output, "language": language}
    return {**fields, "maps": maps, "scenarios": scenarios}


@_command(*_NAMED_ZONES)
def compare(**fields: Any) -> Mapping[str, Any]:
    """Compare the winter maps of A with those of B, on the coarser one's cells.

    A and B are folders with a GeoTIFF a year, as `wco2 predict` makes or of another product.
    """
    return _with_named_zones(**fields)


@_command(*_NAMED_ZONES)
def budget(**fields: Any) -> Mapping[str, Any]:
    """Add up the winter maps in DIR: Tg C and g C m-2, by winter, region and zone.

    DIR is a folder with a GeoTIFF a year, as `wco2 predict` makes or of another product.
    """
    return _with_named_zones(**fields)


@_command()
def trend(**fields: Any) -> Mapping[str, Any]:
    """Map the trends of the winter maps in DIR, and which of them are significant.

    DIR is a folder with a GeoTIFF a year, as `wco2 predict` makes or of another product.
    """
    return fields


def _with_named_zones(
    zones: str | None, name_field: str | None, zone_names: str | None, **fields: Any
) -> dict[str, Any]:
    """The fields, with zones as a job holds them.

    Raises
    ------
    Wco2Error : for names without a path, or that are no pairs of a value and a name.
    """
    if zones is None:
        if name_field or zone_names:
            raise Wco2Error("--name-field and --zone-names need --zones.")
        return {**fields, "zones": None}
    entry: dict[str, Any] = {"path": zones}
    if name_field:
        entry["name_field"] = name_field
    if zone_names:
        pairs = [pair.partition("=") for pair in zone_names.split(",")]
        if not all(value.strip() and name.strip() for value, _, name in pairs):
            raise Wco2Error(
                f"--zone-names {zone_names} are no names of values.",
                "Write e.g. 1=continuous,2=discontinuous.",
            )
        entry["names"] = {value.strip(): name.strip() for value, _, name in pairs}
    return {**fields, "zones": entry}


@_command()
def publish(**fields: Any) -> Mapping[str, Any]:
    """Make a folder that is ready for a data repository, from a study or a folder of maps."""
    return fields


@_command()
def describe(**fields: Any) -> Mapping[str, Any]:
    """Show what MODEL holds: regions, winters, predictors, scores, fingerprint."""
    return fields


@_command()
def products(**fields: Any) -> Mapping[str, Any]:
    """List public products of predictors, show one, or print a script that downloads it.

    `wco2 products show era5-land-monthly` tells variables, units, traps, licence and citation.
    `wco2 products request era5-land-monthly --years 1982-2022 > get.py` writes a script for the
    provider's own client, which you run yourself. Nothing is downloaded here.
    """
    return fields


@_command(
    click.Argument(["folders"], metavar="FOLDER...", nargs=-1, required=True),
    leave_out=(
        *("folders", "rasters", "existing", "name", "group", "units", "to", "when", "resampling"),
        "crs",
    ),
)
def catalogue(folders: tuple[str, ...], **fields: Any) -> Mapping[str, Any]:
    """Draft a catalogue of predictors from the downloads in each FOLDER.

    Products are recognised by their names and by what is in the files. Read what it says of missing
    years, damaged files and its table of values, and the draft where it says TODO.
    """
    return {"folders": list(folders), **fields}


@_command()
def doctor(**fields: Any) -> Mapping[str, Any]:
    """Show which libraries are there, and what is amiss with them."""
    return fields


@_command(click.Argument(["file"]))
def job(file: str) -> Job:
    """Run the job in a JSON FILE ("-" for standard input), e.g. {"job": "describe", …}."""
    try:
        if file != "-":
            return job_from_json(read_json(Path(file), "Job"))
        return job_from_json(parse_json(sys.stdin.read(), "Standard input"))
    except UnicodeDecodeError as error:
        raise Wco2Error(f"Standard input is not in UTF-8: {error}.") from error


__all__ = ["main"]
