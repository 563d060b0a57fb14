"""The tiles of a run on the workers of a Dask cluster, which see the same files as we do."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.errors import Wco2Error
from wco2_engine.grid import Tile
from wco2_engine.inputs.catalogue import Catalogue
from wco2_engine.inputs.predictors import FileCache, Sources
from wco2_engine.inputs.rasters import Rasters, is_local
from wco2_engine.learning.model import Model
from wco2_engine.learning.region_model import RegionModel
from wco2_engine.mapping.blocks import Work, predict_block, prepare
from wco2_engine.mapping.checkpoints import TileCheckpoints
from wco2_engine.mapping.memory import CACHE
from wco2_engine.mapping.plan import Products
from wco2_engine.progress import Progress, stop_if_cancelled

RETRIES = 3  # of a tile that failed, and of one whose worker died
CONNECT_SECONDS = 20


@dataclass(frozen=True)
class Order:
    """What travels to a worker with each tile: all but the model, which it reads once by its path.

    All paths are absolute, because workers run elsewhere.
    """

    version: str
    model: Path
    work: Work
    catalogue: Catalogue
    checkpoints: TileCheckpoints
    threads: int  # of a worker, which share the files that may be open


def run_on_cluster(
    address: str,
    model: Model,
    work: Work,
    catalogue: Catalogue,
    tiles: Sequence[Tile],
    checkpoints: TileCheckpoints,
    threads: int,
    progress: Progress,
) -> None:
    """Predict the tiles that are not finished on the workers of a scheduler, e.g. tcp://host:8786.

    Workers put the tiles into the folder of checkpoints. What a dying worker had begun is given to
    others.

    Raises
    ------
    Wco2Error : when Dask is not installed, the scheduler does not answer or has no workers, these
        run another version or don't see a file, or several died of the same tile.
    Cancelled : when the user asked to stop; tiles that were begun are finished before.
    """
    import joblib

    if find_spec("distributed") is None:
        raise Wco2Error(
            "Dask is not installed, which a scheduler needs.",
            "Install it here and where the workers run: pip install distributed.",
        )
    order = _order(model, work, catalogue, checkpoints, threads)
    waiting = [tile for tile in tiles if not checkpoints.has(tile)]
    message = f"Predicting {work.grid.width} x {work.grid.height} cells on {address}"
    stopped: list[BaseException] = []

    def tasks() -> Iterator[Any]:
        for number, tile in enumerate(waiting, len(tiles) - len(waiting)):
            try:
                stop_if_cancelled(progress)
                progress.update(number / len(tiles), message)
            except BaseException as error:  # raised here, in Dask's thread, nobody would hear it
                stopped.append(error)
                return
            yield joblib.delayed(predict_there)(order, tile)

    # joblib 1.3 gave it another name.
    configured = getattr(joblib, "parallel_config", None) or joblib.parallel_backend
    client = _connected(address)
    try:
        with configured("dask", client=client, retries=RETRIES):
            joblib.Parallel(n_jobs=-1, batch_size=1)(tasks())
    except Wco2Error:
        raise
    except Exception as error:
        # Dask's own failures: no worker in time, the scheduler gone, one tile that kills them all.
        if not _is_of_dask(error):
            raise
        raise Wco2Error(
            f"The Dask cluster at {address} failed: {type(error).__name__}: {error}.",
            "Look at the logs of its workers, e.g. for memory; finished tiles are kept.",
        ) from error
    finally:
        client.close()
    if stopped:
        raise stopped[0]


def predict_there(order: Order, tile: Tile) -> None:
    """Predict one tile, on a worker, into the folder of checkpoints.

    Raises
    ------
    Wco2Error : when the worker runs another version, or does not see a file.
    """
    import rasterio

    if order.version != __version__:
        raise Wco2Error(
            f"A worker runs version {__version__}, and this run {order.version}.",
            "Install the same version everywhere.",
        )
    if not order.checkpoints.folder.is_dir():
        raise Wco2Error(
            f"A worker does not see {order.checkpoints.folder}.",
            "Workers need the same paths to inputs and output.",
        )
    if order.checkpoints.has(tile):  # finished by a worker whose word of it was lost
        return
    with rasterio.Env(GDAL_CACHEMAX=CACHE), Rasters(order.threads) as rasters:
        work = replace(order.work, models=_models(order.model, order.work.schedule.products))
        sources = Sources(order.catalogue, rasters, _file_cache(order.checkpoints.folder))
        block = predict_block(work, sources, rasters, tile)
        order.checkpoints.write(tile, block)


def _order(
    model: Model, work: Work, catalogue: Catalogue, checkpoints: TileCheckpoints, threads: int
) -> Order:
    checkpoints = replace(checkpoints, folder=checkpoints.folder.absolute())
    path = checkpoints.folder / "model.wco2"
    if not path.exists():
        model.write(path)
    domain = work.domain
    if domain is not None and domain.raster and is_local(domain.raster):
        domain = replace(domain, raster=str(Path(domain.raster).absolute()))
    catalogue = replace(catalogue, folder=catalogue.folder.absolute())
    work = replace(work, models=(), domain=domain)
    return Order(__version__, path, work, catalogue, checkpoints, max(1, threads))


def _connected(address: str) -> Any:
    from distributed import Client

    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Wco2Error(
            f"No Dask scheduler answers at {address}: {error}.",
            "Start one with `dask scheduler`, and workers with `dask worker ADDRESS`.",
        ) from error


def _is_of_dask(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or type(error).__module__.split(".")[0] == "distributed"


_READING = threading.Lock()


def _models(path: Path, products: Products) -> tuple[RegionModel, ...]:
    """The regions of a model, read once in a worker; its threads share them."""
    with _READING:
        return _read_models(path, products)


@lru_cache(maxsize=1)
def _read_models(path: Path, products: Products) -> tuple[RegionModel, ...]:
    models = Model.read(path).regions
    prepare(models, products)
    return models


@lru_cache(maxsize=1)
def _file_cache(run: Path) -> FileCache:
    """What the files behind a run's catalogue say of themselves, asked once in a worker."""
    return FileCache()
