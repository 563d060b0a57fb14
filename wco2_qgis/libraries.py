"""What QGIS's own Python has of the engine's libraries, found out without importing any."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from wco2_qgis.interpreters import OLDEST

# Wheels of these bring a GDAL, GEOS or PROJ of their own. QGIS has loaded its copies already, so
# the process mixes both and dies, often only after the results are there.
GEOSPATIAL = ("rasterio", "fiona", "pyogrio", "shapely", "pyproj")
SETUP = "Set up the engine"
_DEBIAN = {"scikit-learn": "python3-sklearn"}
_WITH_FIGURES = ("report", "run", "validate", "select", "compare", "budget", "trend", "next_sites")
_OUTSIDE = f"run '{SETUP}' (wco2:setupengine) once; the engine then works outside QGIS's process"


@dataclass(frozen=True)
class Library:
    """One library as QGIS's Python would import it; `place` is empty where there is none."""

    name: str
    purpose: str
    version: str
    place: str
    is_foreign: bool


def examine() -> list[Library]:
    """All libraries of the engine."""
    from wco2_engine import doctor

    groups = {
        "predicting": doctor.PREDICTING,
        "training": doctor.TRAINING,
        "reading downloads (optional)": doctor.DOWNLOADS,
        "reports": doctor.REPORTING,
        "speed (optional)": doctor.OPTIONAL,
        "publishing (optional)": doctor.PUBLISHING,
    }
    return [
        _look(module, name, purpose)
        for purpose, group in groups.items()
        for module, name in group.items()
    ]


def obstacle(verb: str) -> str:
    """Why a job can't run in QGIS's process, and what to do on this platform; "" if it can."""
    if sys.version_info < OLDEST:
        return (
            f"QGIS's Python is {sys.version.split()[0]}, and the engine needs "
            f"{'.'.join(map(str, OLDEST))} or newer.\nPlease {_OUTSIDE}."
        )
    foreign = [name for name in GEOSPATIAL if is_foreign(name)]
    if foreign:
        places = ", ".join(f"{name} ({_place(name)})" for name in foreign)
        return (
            f"QGIS would crash: {places} {'is a wheel' if len(foreign) == 1 else 'are wheels'} "
            "that bring their own GDAL, GEOS or PROJ, beside those of QGIS.\n"
            f"Either {_OUTSIDE}, or remove what pip installed: "
            f"python3 -m pip uninstall {' '.join(foreign)}"
        )
    missing = [name for module, name in _needed(verb).items() if find_spec(module) is None]
    if missing:
        return (
            f"QGIS's Python ({sys.version.split()[0]}) lacks {', '.join(missing)}.\n"
            f"{_advice(missing)}"
        )
    return ""


def is_foreign(module: str) -> bool:
    """Whether a module comes as a wheel that brings its own shared libraries."""
    place = _place(module)
    if not place:
        return False
    package = Path(place)
    bundles = [package.with_name(f"{name}.libs") for name in (module, module.capitalize())]
    return any(folder.is_dir() for folder in (*bundles, package / ".dylibs"))


def _needed(verb: str) -> dict[str, str]:
    """Module and name of every library that a job imports."""
    from wco2_engine import doctor

    if verb in ("predict", "new"):
        return doctor.PREDICTING
    if verb == "describe":
        return {**doctor.PREDICTING, "jinja2": "Jinja2"}  # for its page
    needed = {**doctor.PREDICTING, **doctor.TRAINING}
    if verb == "check":
        needed["jinja2"] = "Jinja2"
    if verb in (*_WITH_FIGURES, "publish"):
        needed |= doctor.REPORTING
    if verb == "publish":
        needed |= doctor.PUBLISHING
    return needed


def _advice(missing: list[str]) -> str:
    from wco2_engine import doctor

    if set(missing) & set(doctor.PUBLISHING.values()):  # distributions lack some of these
        return f"Please {_OUTSIDE}."
    debian = [_DEBIAN.get(name, f"python3-{name.lower()}") for name in missing]
    if sys.platform == "win32":
        packages = ", ".join(f"python3-{name.lower()}" for name in missing)
        return (
            "Either start OSGeo4W Setup, choose Advanced Install, tick those of these packages "
            f"that it has ({packages}) and restart QGIS, or {_OUTSIDE}."
        )
    if shutil.which("apt"):
        return f"Either type: sudo apt install {' '.join(debian)}\nand restart QGIS, or {_OUTSIDE}."
    return f"Please {_OUTSIDE}."


def _look(module: str, name: str, purpose: str) -> Library:
    place = _place(module)
    try:
        found = version(name) if place else ""
    except PackageNotFoundError:
        found = "unknown"
    return Library(name, purpose, found, place, module in GEOSPATIAL and is_foreign(module))


def _place(module: str) -> str:
    """The folder of a module, without importing it."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        return ""
    return str(Path(spec.origin).parent)
