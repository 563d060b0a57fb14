"""The job that drafts a catalogue from downloads, or from rasters that a person chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from wco2_engine.errors import Wco2Error
from wco2_engine.files import atomic_write, check_ending, write_text
from wco2_engine.jobs.base import Facts
from wco2_engine.options import GROUPS
from wco2_engine.progress import Progress, SubProgress
from wco2_engine.schema import option

if TYPE_CHECKING:
    from wco2_engine.drafting.entries import Entry
    from wco2_engine.drafting.sanity import Look

WHENS = ("auto", "static", "yearly", "climatology", "monthly")


@dataclass(frozen=True)
class CatalogueJob:
    """A catalogue of predictors, drafted from what lies in folders, or from rasters.

    `rasters` have a source as GDAL names it, a number of bands, and the name and CRS of a layer;
    name, group, units, to, when, resampling and crs are then those of all of them, and `existing`
    is a catalogue that they are added to. A draft from folders is looked over by a person: what it
    can't know stands in it as TODO.
    """

    verb: ClassVar[str] = "catalogue"
    output: str = option("catalogue.toml to write.", path="written")
    folders: list[str] = option("Folders of downloads.", [])
    variables: list[str] = option(
        "A variable to draft, by its name or by what it measures; may be repeated. "
        "Without it, one of each kind that is useful.",
        [],
        flag="variable",
    )
    years: str | None = option("Years that are needed: those that lack are told.", None)
    replace: bool = option("Replace an earlier catalogue.", False)
    values: bool = option("Read a January and a July of each predictor, to show its values.", True)
    rasters: list[dict[str, Any]] = option(
        "Rasters that a person chose.", [], table="wco2_engine.drafting.series.ChosenRaster"
    )
    existing: str | None = option("Catalogue that rasters are added to.", None, path="read")
    name: str | None = option("Name of the predictor, of rasters.", None)
    group: str = option("Group, of rasters.", "climate", choices=GROUPS)
    units: str = option("Unit as stored, of rasters.", "1")
    to: str | None = option("Unit for the model, of rasters.", None)
    when: str = option("How they vary, of rasters.", "auto", choices=WHENS)
    resampling: str = option("Resampling, of rasters.", "bilinear")
    crs: str | None = option("CRS, of rasters that state none.", None)

    def run(self, progress: Progress) -> Facts:
        check_ending(self.output, ".toml")
        target = Path(self.output)
        if target.exists() and not self.replace:
            raise Wco2Error(
                f"{target} is there already.",
                "Name another file, or add --replace; what you changed in it is lost then.",
            )
        if bool(self.folders) == bool(self.rasters):
            raise Wco2Error("Name folders of downloads, or rasters.", "wco2 catalogue FOLDER")
        if self.rasters:
            return self._of_rasters(target)
        return self._of_folders(target, progress)

    def _of_folders(self, target: Path, progress: Progress) -> Facts:
        from wco2_engine.drafting.drafts import draft
        from wco2_engine.drafting.looking import look_through
        from wco2_engine.drafting.recognising import recognise
        from wco2_engine.drafting.text import catalogue_text, findings_facts
        from wco2_engine.season import parse_years

        years = parse_years(self.years) if self.years else ()
        progress.update(0.0, "Looking through the folders")
        items, damaged = look_through([Path(folder) for folder in self.folders])
        findings = recognise(items, damaged, SubProgress(progress, 0.0, 0.5))
        entries, also = draft(findings, target.absolute(), self.variables, years)
        told = findings_facts(findings)
        if not entries:
            raise Wco2Error(
                f"There is nothing in {', '.join(self.folders)} to draft a predictor from "
                f"({len(items)} files).",
                " ".join(text for texts in (*told.values(), also) for text in texts[:3])
                or "Name the folder of the downloads.",
            )
        with atomic_write(target) as partial:
            partial.write_text(catalogue_text(entries, also, told), encoding="utf-8")
            looks = (
                _looked_at(partial, target, entries, SubProgress(progress, 0.5, 1.0))
                if self.values
                else []
            )
            entries = [entry.with_look(look) for entry, look in zip_longest(entries, looks)]
            partial.write_text(catalogue_text(entries, also, told), encoding="utf-8")
        progress.update(1.0, f"{len(entries)} predictors drafted")
        return {
            "outputs": [str(target)],
            "values": [look.facts() for look in looks],
            "predictors": [entry.facts() for entry in entries],
            "todo": [f"{entry.name}: {todo}" for entry in entries for todo in entry.todo],
            "also": also,
            **told,
        }

    def _of_rasters(self, target: Path) -> Facts:
        from wco2_engine.drafting.series import ChosenRaster
        from wco2_engine.drafting.text import added_to, raster_entries
        from wco2_engine.schema import build

        values: dict[str, Any] = {"group": self.group}
        if self.units != "1":  # which names none: then what the files state counts
            values |= {"units": self.units, "to": self.units}
        if self.to:
            values["to"] = self.to
        values["resampling"] = self.resampling
        if self.crs:
            values["crs"] = self.crs
        rasters = [build(ChosenRaster, each, "rasters") for each in self.rasters]
        entries = raster_entries(rasters, self.when, self.name, values, target.absolute())
        existing = Path(self.existing) if self.existing else None
        text, names = added_to(existing, entries, target)
        write_text(target, text)  # a study that was run on the same one goes on where it was
        return {
            "outputs": [str(target)],
            "names": names,
            "predictors": [entry.facts() for entry in entries],
            "todo": [],
        }


def _looked_at(
    partial: Path, target: Path, entries: Sequence[Entry], progress: Progress
) -> list[Look]:
    """What the values of each drafted predictor are like, of a catalogue that becomes `target`."""
    from wco2_engine.drafting.sanity import look_at_values
    from wco2_engine.inputs.catalogue import Catalogue
    from wco2_engine.products.reading import product_of

    variables = {
        entry.name: product_of(entry.keys["product"]).variable(entry.keys["variable"])
        for entry in entries
        if "product" in entry.keys
    }
    catalogue = replace(Catalogue.read(partial), file=target)
    return look_at_values(catalogue, variables, progress)
