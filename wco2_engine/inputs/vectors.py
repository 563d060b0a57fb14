"""Vector data through OGR, with the CRS that the file states."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wco2_engine.errors import Wco2Error
from wco2_engine.grid import AS_STATED

if TYPE_CHECKING:
    import geopandas


def read_features(path: Path, where: str, layer: str | None = None) -> geopandas.GeoDataFrame:
    """All features of a file, or of one layer of it.

    Raises
    ------
    Wco2Error : when OGR can't read it.
    """
    import geopandas

    options: dict[str, Any] = {} if layer is None else {"layer": layer}
    with ExitStack() as settings:
        if find_spec("pyogrio"):
            import pyogrio

            pyogrio.set_gdal_config_options(AS_STATED)
        if find_spec("fiona"):
            import fiona

            settings.enter_context(fiona.Env(**AS_STATED))
        try:
            return geopandas.read_file(path, **options)
        except Exception as error:  # the drivers of fiona and pyogrio share no root of their own
            raise Wco2Error(
                f"{where}: {path} can't be read as vector data ({error}).",
                "Use GeoPackage, GeoJSON or another format that OGR reads.",
            ) from error
