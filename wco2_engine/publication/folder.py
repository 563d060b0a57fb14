"""A folder that is ready for a repository: made beside its place, checked, and then renamed."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wco2_engine.analysis.series import FLUX
from wco2_engine.errors import Wco2Error
from wco2_engine.files import beside, sweep, writable_folder, writing
from wco2_engine.lock import locked
from wco2_engine.mapping.cf import CONVENTIONS
from wco2_engine.mapping.record import RECORD
from wco2_engine.progress import Progress, SubProgress, stop_if_cancelled
from wco2_engine.publication.abstracts import abstract_en
from wco2_engine.publication.card import CARD, write_card
from wco2_engine.publication.checksums import sha256_of
from wco2_engine.publication.cogs import place_of, problem_of, put_map
from wco2_engine.publication.crate import check_crate, write_crate, write_zenodo
from wco2_engine.publication.dataset import Dataset, plain_record
from wco2_engine.publication.methods import CHINESE, ENGLISH, methods_en, methods_zh
from wco2_engine.publication.recipe import Recipe
from wco2_engine.publication.reproduction import write_reproduction
from wco2_engine.publication.series_files import (
    NETCDF,
    ZARR,
    check_values,
    need,
    write_netcdf,
    write_zarr,
)
from wco2_engine.publication.stac import check_stac, write_stac
from wco2_engine.publication.works import BIBTEX, LIST, References

CHECKSUMS, THUMBNAIL = "SHA256SUMS", "thumbnail.png"
_PIECE = 1 << 20  # bytes read at once


def publish(
    dataset: Dataset,
    output: Path,
    replace: bool,
    progress: Progress,
    recipe: Recipe | None = None,
) -> list[Path]:
    """Write the folder; its files.

    Parameters
    ----------
    recipe : how the maps were made, to be published too; None where that is not known.
    replace : whether an earlier published folder of that name may be replaced.

    Raises
    ------
    Wco2Error : when a library is missing, the folder is there already, something can't be written,
        or what was written does not pass the checks. No part of a folder stays.
    Cancelled : when the user asks to stop; nothing is left then.
    """
    need("xarray", "netCDF4", "zarr", "pystac", "jsonschema", "referencing")
    parent = writable_folder(Path(os.path.abspath(output)).parent)  # noqa: PTH100 - as below
    with locked(parent, f".{output.name}.lock"):
        sweep(parent)
        _refuse(dataset, output, replace)
        _publish(dataset, output, recipe, progress)
    return sorted(path for path in output.rglob("*") if path.is_file())


def _publish(dataset: Dataset, output: Path, recipe: Recipe | None, progress: Progress) -> None:
    with _made_whole(output) as folder:
        _write_maps(dataset, folder, SubProgress(progress, 0.0, 0.15))
        write_netcdf(dataset, folder / NETCDF, SubProgress(progress, 0.15, 0.35))
        write_zarr(dataset, folder / ZARR, SubProgress(progress, 0.35, 0.55))
        if recipe is not None:
            write_reproduction(recipe, dataset.about, folder, SubProgress(progress, 0.55, 0.7))
        _write_texts(dataset, folder, recipe.sources if recipe else ())
        for place, source in dataset.extras.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, folder / place)
        record = plain_record(dataset)
        if record:
            (folder / RECORD).write_text(record, encoding="utf-8")
        _draw_thumbnail(dataset, folder / THUMBNAIL)
        progress.update(0.7, "Writing the card")
        checks = {
            "GeoTIFF": "each is cloud-optimised and states CRS, nodata, units and what it shows",
            "netCDF and Zarr": "read back and compared with the maps, value by value",
            "STAC": "",
            "RO-Crate": "",
        }
        (folder / CHECKSUMS).touch()  # the collection names them, and their lists come last
        write_card(dataset, folder, checks)
        write_stac(dataset, folder, abstract_en(dataset))
        write_zenodo(dataset, folder)
        write_crate(dataset, folder)
        _check_maps(folder)
        check_values(dataset, folder, SubProgress(progress, 0.7, 0.9))
        checks["STAC"] = check_stac(folder)
        checks["RO-Crate"] = check_crate(folder)
        checks["Privacy"] = "no file names a folder of the machine that it was made on"
        checks["Not checked here"] = (
            f"the whole of {CONVENTIONS} (compliance-checker does) and the schemas of STAC "
            "extensions (stac-valid does)"
        )
        write_card(dataset, folder, checks)
        write_crate(dataset, folder)  # with the sizes that files have in the end
        _check_privacy(dataset, folder)
        progress.update(0.95, "Checksums")
        _write_checksums(folder, progress)


def check_apart(output: Path, sources: Iterable[Path]) -> None:
    """Raise when a folder to write is one of the maps' own, or holds one of them."""
    place = output.resolve()
    if any(place == each.resolve() or place in each.resolve().parents for each in sources):
        raise Wco2Error(
            f"{output} holds the maps that are to be published.", "Name another folder."
        )


def _refuse(dataset: Dataset, output: Path, replace: bool) -> None:
    """Raise when the folder can't be written to its place."""
    check_apart(output, [dataset.flux.folder, *(p.parent for p in dataset.flux.maps.values())])
    if not output.exists():
        return
    if output.is_dir() and not any(output.iterdir()):
        return
    if not replace:
        raise Wco2Error(
            f"{output} is there already.", "Name another folder, or let it be replaced: --replace."
        )
    if not (output / CARD).is_file() or not (output / CHECKSUMS).is_file():
        raise Wco2Error(
            f"{output} is no folder that was published before, so it is not replaced.",
            "Name another folder.",
        )


@contextmanager
def _made_whole(output: Path) -> Iterator[Path]:
    """A folder beside `output` that takes its name on success, and goes otherwise."""
    output = Path(os.path.abspath(output))  # noqa: PTH100 - resolve() would follow links
    partial, earlier = beside(output, "partial"), beside(output, "earlier")
    try:
        with writing(output):
            partial.mkdir(parents=True)
            yield partial
            if output.exists():
                output.replace(earlier)
            partial.replace(output)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if earlier.exists() and not output.exists():
            earlier.replace(output)
        shutil.rmtree(earlier, ignore_errors=True)


def _write_maps(dataset: Dataset, folder: Path, progress: Progress) -> None:
    years = dataset.flux.years
    for at, year in enumerate(years):
        stop_if_cancelled(progress)
        progress.update(at / len(years), f"GeoTIFF: winter {year}")
        for quantity in dataset.series:
            put_map(dataset, quantity, year, folder)
    for place, source in dataset.files.items():
        stop_if_cancelled(progress)
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / place)


def _write_texts(dataset: Dataset, folder: Path, sources: Sequence[str]) -> None:
    """References, and methods where there is a model."""
    references = References.of_dataset(dataset, sources)
    texts = {LIST: references.as_list(), BIBTEX: references.as_bibtex()}
    if dataset.model:
        texts |= {
            ENGLISH: methods_en(dataset, references),
            CHINESE: methods_zh(dataset, references),
        }
    for name, text in texts.items():
        if text.strip():
            (folder / name).write_text(text, encoding="utf-8")


def _draw_thumbnail(dataset: Dataset, path: Path) -> None:
    """The last winter from above the pole, or as its grid lies."""
    from wco2_engine.report.drawing import HALF, SCREEN_DPI, WINTER_LABEL, file_content
    from wco2_engine.report.mapped import draw_fluxes
    from wco2_engine.report.sheets import Sheet

    year = dataset.flux.years[-1]
    sheet = Sheet.read(path.parent / place_of(FLUX, year))
    mark = "SIMULATED, winter" if dataset.simulated else "winter"
    label = f"winter CO₂ flux ({WINTER_LABEL})"
    figure = draw_fluxes({f"{mark} {year}": sheet}, label, width=HALF)
    path.write_bytes(file_content(figure, ".png", "thumbnail", "", SCREEN_DPI))


def _check_maps(folder: Path) -> None:
    for path in sorted(folder.glob("*/*.tif")):
        problem = problem_of(path)
        if problem:
            raise Wco2Error(f"{path.name} is not ready to be published: {problem}.")


def _check_privacy(dataset: Dataset, folder: Path) -> None:
    """Raise when a file names the folders of this machine; model files are looked into."""
    maps = dataset.flux.folder.resolve()
    private = {str(place).encode() for place in (maps, maps.parent, Path.home(), folder)}
    private = {words for words in private if words.count(b"/") + words.count(b"\\") > 1}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or ZARR in path.parts:
            continue
        for content in _contents(path):
            for words in private:
                if words in content:
                    raise Wco2Error(
                        f"{path.relative_to(folder)} names {words.decode()}, a folder of this "
                        "machine, which is nobody else's business.",
                        "Make that file again without it, or publish without it.",
                    )


def _contents(path: Path) -> Iterator[bytes]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    yield archive.read(name)
        return
    with path.open("rb") as handle:
        before = b""
        while piece := handle.read(_PIECE):
            yield before + piece
            before = piece[-4096:]


def _write_checksums(folder: Path, progress: Progress) -> None:
    """The SHA-256 of all other files, as `sha256sum -c` reads them."""
    lines = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != CHECKSUMS:
            digest = sha256_of(path, progress)
            lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def size_of(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def describe(folder: Path) -> dict[str, object]:
    """What the card of a published folder says, for whoever made it."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    return {key: card[key] for key in ("title", "licence", "not_known", "checks", "simulated")}
