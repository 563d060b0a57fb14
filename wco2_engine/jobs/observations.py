"""The job that reads, converts, screens and merges tables of fluxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, get_type_hints

from wco2_engine.errors import Wco2Error, check_names
from wco2_engine.files import file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, files, fits, kind_name
from wco2_engine.progress import Progress

if TYPE_CHECKING:
    from wco2_engine.inputs.observations import Observations, Source
    from wco2_engine.inputs.screen import Screen


@dataclass(frozen=True)
class ObservationsJob:
    """Read, convert, screen and merge tables of fluxes."""

    verb: ClassVar[str] = "observations"
    input: str
    output: str
    format: str = "auto"
    columns: dict[str, str] | None = None
    flux_units: str | None = None
    screen: dict[str, Any] = field(default_factory=dict)
    crs: str | None = None
    rejected: str | None = None
    site_table: str | None = None
    name: str | None = None  # what the rows are said to come from; else the file's name
    target: str | None = None
    more: list[dict[str, Any]] = field(default_factory=list)  # further tables, as `Source`

    def sources(self) -> list[Source]:
        """The tables in their order: the first, then `more`.

        Raises
        ------
        Wco2Error : for unknown keys or values.
        """
        return sources_of(
            [
                {
                    "file": self.input,
                    "format": self.format,
                    "columns": self.columns,
                    "flux_units": self.flux_units,
                    "crs": self.crs,
                    "site_table": self.site_table,
                    "name": self.name,
                },
                *self.more,
            ]
        )

    def read(self) -> Observations:
        """The observations, not written yet."""
        from wco2_engine.inputs.observations import read_sources

        return read_sources(self.sources(), screen_of(self.screen), self.target)

    def run(self, progress: Progress) -> Facts:
        sources = self.sources()
        inputs = [file for source in sources for file in source.files()]
        refuse_overwriting_inputs(files(self.output, self.rejected), inputs)
        progress.update(0.0, f"Reading {', '.join(source.path.name for source in sources)}")
        observations = self.read()
        progress.update(0.8, "Writing observations")
        rejected = None if self.rejected is None else Path(self.rejected)
        observations.write(Path(self.output), rejected)
        progress.update(1.0, "Observations are ready")
        return {
            "counts": observations.counts,
            "target": observations.target,
            "outputs": files(self.output, self.rejected),
        }

    def depends_on(self) -> list[str]:
        return [file_state(file) for source in self.sources() for file in source.files()]


def sources_of(tables: list[dict[str, Any]]) -> list[Source]:
    """The tables of observations that a study or job names.

    Raises
    ------
    Wco2Error : for unknown keys, or a value of another kind.
    """
    from wco2_engine.inputs.observations import Source

    hints = get_type_hints(Source)
    for table in tables:
        check_names(table, hints, "Source of observations")
        if not table.get("file"):
            raise Wco2Error("A source of observations has no file.", 'Add file = "…".')
        for name, value in table.items():
            kind = dict[str, str] | None if name == "columns" else hints[name]
            if not fits(value, kind):
                raise Wco2Error(
                    f"Source of observations {table['file']}: {name} = {value!r} is not "
                    f"{kind_name(kind)}."
                )
    return [Source(**table) for table in tables]


def screen_of(table: Mapping[str, Any]) -> Screen:
    """The screening rules in a table of a study or job.

    Raises
    ------
    Wco2Error : for unknown keys or values.
    """
    from wco2_engine.inputs.screen import Screen

    check_names(table, (item.name for item in fields(Screen)), "Screening rules")
    try:
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in table.items()
        }
        return Screen(**plain)
    except (TypeError, ValueError) as error:
        raise Wco2Error(f"Screening rules {dict(table)} can't be used: {error}.") from error
