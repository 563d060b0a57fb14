"""The job that compares two products of winter flux."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import check_ending, file_state, refuse_overwriting_inputs
from wco2_engine.jobs.base import Facts, files, record_of
from wco2_engine.options import ZONES
from wco2_engine.progress import Progress
from wco2_engine.schema import option

if TYPE_CHECKING:
    from wco2_engine.analysis.series import MapSeries


def _is_product(path: str) -> bool:
    """Whether a path names a file that describes a product of monthly fluxes."""
    return path.lower().endswith(".toml")


@dataclass(frozen=True)
class CompareJob:
    """Two products of winter flux, put on the coarser one's cells and compared.

    `a` and `b` are folders of yearly maps, ours or anybody's, or one map each; `crs_*` and
    `units_*` say what their files do not. One of them may be a TOML file that describes a product
    of monthly fluxes, e.g. in netCDF: its winters are summed first, to `{stem}_winters/`. Tables
    and figures go to `{stem}_files/` beside the page, maps to `{stem}_maps/`.
    """

    verb: ClassVar[str] = "compare"
    a: str = option(
        "Folder of yearly maps, one map, or a product's TOML file.", path="read", argument="A"
    )
    b: str = option(
        "Folder of yearly maps, one map, or a product's TOML file.", path="read", argument="B"
    )
    output: str = option("comparison.html to write.", path="written")
    crs_a: str | None = option("CRS of A where its files state none, e.g. EPSG:4326.", None)
    crs_b: str | None = option("CRS of B where its files state none.", None)
    units_a: str | None = option("Unit of A where its files state none, e.g. 'g C m-2'.", None)
    units_b: str | None = option("Unit of B where its files state none.", None)
    name_a: str = option("What A is called.", "", unset="the title of its maps, or its folder")
    name_b: str = option("What B is called.", "", unset="the title of its maps, or its folder")
    zones: dict[str, Any] | None = option("Zones to compare by.", None, table=ZONES)
    title: str = option("Title of the page.", "")

    def run(self, progress: Progress) -> Facts:
        from wco2_engine.analysis.compare import compare
        from wco2_engine.progress import SubProgress
        from wco2_engine.report.comparison import write_comparison

        check_ending(self.output, ".html", ".htm")
        page = Path(self.output)
        a, b = self._both(page, SubProgress(progress, 0.0, 0.3))
        progress = SubProgress(progress, 0.3, 1.0)
        maps = page.with_name(f"{page.stem}_maps")
        read = [path.parent for path in (*a.maps.values(), *b.maps.values())]
        refuse_overwriting_inputs([str(maps)], map(str, read))
        for each in (a, b):
            if each.added_up:
                progress.note(each.added_up)
        found = compare(a, b, maps, self.zones, SubProgress(progress, 0.0, 0.8))
        names = self.name_a or _called(a), self.name_b or _called(b)
        heading = self.title or f"{names[0]} and {names[1]} compared"
        part = SubProgress(progress, 0.8, 1.0)
        written = write_comparison(page, heading, a, b, found, names, part)
        return {
            "outputs": [*map(str, written), *map(str, found.differences.values()), str(found.mean)],
            "rows": [dict(row) for row in found.rows],
            "winters": list(found.years),
            "between_winters": found.between_winters,
            "simulated": a.simulated or b.simulated,
        }

    def depends_on(self) -> list[str]:
        zones = (self.zones or {}).get("path")
        if _is_product(self.b):
            from wco2_engine.analysis.others import FluxProduct

            self._check_unsaid(self.crs_b, self.units_b, self.b, "b")
            states = [file_state(path) for path in files(record_of(self.a), self.b, zones)]
            return [*states, *FluxProduct.read(Path(self.b)).states()]
        b = self._series(self.b, self.crs_b, self.units_b, "b")
        maps = [str(path) for path in b.maps.values()]
        return [file_state(path) for path in files(record_of(self.a), *maps, zones)]

    def _both(self, page: Path, progress: Progress) -> tuple[MapSeries, MapSeries]:
        """A and B as maps of winters; those of a product are summed near the other's cells."""
        if _is_product(self.a) and _is_product(self.b):
            raise Wco2Error(
                f"{self.a} and {self.b} are both files that describe a product.",
                "Give maps of winters as A or B: they say which winters and cells are compared.",
            )
        if _is_product(self.a):
            self._check_unsaid(self.crs_a, self.units_a, self.a, "a")
            b = self._series(self.b, self.crs_b, self.units_b, "b")
            return self._summed(self.a, b, page, progress), b
        a = self._series(self.a, self.crs_a, self.units_a, "a")
        if _is_product(self.b):
            self._check_unsaid(self.crs_b, self.units_b, self.b, "b")
            return a, self._summed(self.b, a, page, progress)
        return a, self._series(self.b, self.crs_b, self.units_b, "b")

    @staticmethod
    def _summed(product: str, other: MapSeries, page: Path, progress: Progress) -> MapSeries:
        from wco2_engine.analysis.others import FluxProduct
        from wco2_engine.analysis.series import MapSeries

        found = FluxProduct.read(Path(product))
        folder = page.with_name(f"{page.stem}_winters") / Path(product).stem
        found.winters(other.years, other.grid, folder, progress)
        return MapSeries.read(folder)

    @staticmethod
    def _check_unsaid(crs: str | None, units: str | None, product: str, letter: str) -> None:
        for name, value in (("crs", crs), ("units", units)):
            if value is not None:
                raise Wco2Error(
                    f"{product} describes a product, and --{name}-{letter} says more of it.",
                    f"Write {name} into that file.",
                )

    @staticmethod
    def _series(path: str, crs: str | None, units: str | None, letter: str) -> MapSeries:
        from wco2_engine.analysis.series import FLUX, MapSeries, quantity_of_totals

        try:
            quantity = quantity_of_totals(path) if Path(path).is_dir() else FLUX
            return MapSeries.read(Path(path), quantity, crs=crs, units=units)
        except Wco2Error as error:  # there are two of the option that it names
            hint = re.sub(r"--(crs|units)\b", rf"--\1-{letter}", error.hint)
            raise Wco2Error(error.message, hint) from error


def _called(series: Any) -> str:
    """What maps call themselves, or else what their folder or file is called."""
    return str(series.record.get("title") or "") or str(series.folder.resolve().stem)
