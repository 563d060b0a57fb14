"""Finished tiles become maps, and these take their places all at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from wco2_engine.errors import Wco2Error, disk_errors
from wco2_engine.grid import Tile
from wco2_engine.learning.model import Model
from wco2_engine.mapping.blocks import Work
from wco2_engine.mapping.checkpoints import TileCheckpoints
from wco2_engine.mapping.plan import Output, Schedule
from wco2_engine.mapping.record import RECORD, PredictionRecord, tags_of
from wco2_engine.mapping.writer import write_cog
from wco2_engine.progress import Progress, stop_if_cancelled


def write_maps(
    model: Model,
    work: Work,
    tiles: Sequence[Tile],
    checkpoints: TileCheckpoints,
    jobs: int,
    progress: Progress,
) -> None:
    """Put the maps together that an earlier, unfinished run did not, `jobs` at a time."""
    products, outputs = work.schedule.products, work.schedule.outputs

    def write(item: Output) -> None:
        which = work.schedule.layers[item.quantity, item.time]
        layers = ((tile, checkpoints.layers(tile, which)) for tile in tiles)
        blocks = ((tile, values) for tile, values in layers if values is not None)
        tags = {**item.tags, **tags_of(model, products, item.quantity)}
        write_cog(checkpoints.map_path(item.name), work.grid, item.bands, blocks, tags)

    waiting = [item for item in outputs if not checkpoints.map_path(item.name).is_file()]
    with ThreadPoolExecutor(max(1, jobs), thread_name_prefix="wco2-maps") as pool:
        writing = [pool.submit(write, item) for item in waiting]
        try:
            for number, item in enumerate(waiting, len(outputs) - len(waiting)):
                stop_if_cancelled(progress)
                progress.update(number / len(outputs), f"Writing {item.name.name}")
                writing[number - len(outputs)].result()
        finally:
            for future in writing:
                future.cancel()


def move_into_place(checkpoints: TileCheckpoints, names: Sequence[Path], output: Path) -> None:
    """Move all finished maps to their places, and what describes them last."""
    for name in names:
        path = output / name
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            checkpoints.map_path(name).replace(path)


def remove_outdated(output: Path, schedule: Schedule, progress: Progress) -> None:
    """Remove an earlier run's maps of the winters and months that are mapped now.

    What that run made and this one does not (bounds, members, months) would else lie beside maps
    that it does not belong to; so would statistics that a GIS kept beside the files. Maps of other
    winters stay: they may have taken days.
    """
    if not (output / RECORD).exists():
        return
    try:
        earlier = PredictionRecord.read(output).names or ()
    except Wco2Error as error:
        progress.note(f"{error} What an earlier run made may lie beside the new maps.")
        return
    times = {str(year) for year in schedule.years} | {str(month) for month in schedule.months}
    others = 0
    for name in earlier:
        folder, time = name.parent.name, name.stem.rpartition("_")[2]
        if len(name.parts) != 2 or folder == ".." or name.name != f"{folder}_{time}.tif":
            continue  # no name that a run gives
        if time not in times:
            others += 1
            continue
        path = output / name
        path.unlink(missing_ok=True)
        path.with_name(f"{path.name}.aux.xml").unlink(missing_ok=True)
        with suppress(OSError):  # of a folder that holds something still
            path.parent.rmdir()
    if others:
        progress.note(
            f"{others} maps of other winters of an earlier run stay in {output}; {RECORD} "
            "does not name them any more."
        )
