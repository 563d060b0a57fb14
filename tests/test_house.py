"""The rules that the layout of the engine lives by, proved from its syntax trees."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
ENGINE = REPOSITORY / "wco2_engine"
MODULES = sorted(ENGINE.rglob("*.py"))

# A module imports from its own layer and from those above it in this list. A study is made of jobs,
# and some jobs are about a study: so those that are its stages have a place of their own.
STAGES = (
    *("base", "state", "catalogues", "observations", "prepare", "sample", "train", "predict"),
    *("report", "budget", "trend", "compare", "publish_maps"),
)
LAYERS = (
    (
        "errors",
        "escaping",
        "progress",
        "files",
        "lock",
        "naming",
        "processes",
        "season",
        "units",
        "schema",
        "options",
        "grid",
        "language",
    ),
    ("inputs", "products"),
    ("downloads", "stack", "drafting"),
    ("learning",),
    ("mapping",),
    ("analysis",),
    ("report",),
    ("publication",),
    tuple(f"jobs.{name}" for name in STAGES),
    ("study_findings",),
    ("study", "doctor"),
    ("jobs",),
    ("cli", "terminal", "__main__", "__init__"),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
# A simulated study is made with the shared words and the inputs only, and nothing of the way of the
# data may know that it exists.
RANK_AS_IMPORTER = RANK | {"simulation": RANK["inputs"]}
RANK_AS_IMPORTED = RANK | {"simulation": RANK["study"]}

SPEAKS_TO_THE_TERMINAL = ("cli", "terminal", "__main__")
UNSAFE_MODULES = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}
# Predicting asks for numpy, rasterio (which brings click) and joblib alone.
NOT_NEEDED_TO_PREDICT = (
    *("sklearn", "scipy", "pandas", "geopandas", "fiona", "pyogrio", "shapely", "pyproj"),
    *("pint", "matplotlib", "jinja2", "rich", "numba"),
    *("xarray", "netCDF4", "cftime", "cfgrib", "eccodes", "zarr", "h5py"),
)

# A declared library can't be installed without these: cfgrib asks for eccodes, geopandas for fiona
# before 1.0 and pyogrio since, jinja2 for markupsafe, jsonschema for referencing.
BROUGHT = {"eccodes", "fiona", "markupsafe", "pyogrio", "referencing"}

Rule = Callable[[ast.Module, str], Iterator[str]]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    """The dotted name of a module of the engine: `wco2_engine.inputs.regions`."""
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree: ast.Module, module: str, *, is_package: bool = False) -> Iterator[str]:
    """The dotted name of everything that a module imports, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            if node.level:
                parts = module.split(".")
                above = parts[: len(parts) - node.level + is_package]
                home = ".".join([*above, home]).rstrip(".")
            yield from (f"{home}.{alias.name}" for alias in node.names)


def part_of(name: str) -> str:
    """The part of the engine that a dotted name of it lies in: `inputs`."""
    return [*name.split("."), "__init__"][1]


def no_qgis(tree: ast.Module, module: str) -> Iterator[str]:
    for name in imports(tree, module):
        if name.split(".")[0] in ("qgis", "processing", "wco2_qgis", "osgeo"):
            yield f"{module} imports {name}"


def place_of(name: str) -> str:
    """The place in the layers of a dotted name of the engine: `inputs`, `jobs.train`."""
    part, rest = part_of(name), name.split(".")[2:3]
    return nearer if (nearer := ".".join([part, *rest])) in RANK else part


def imports_only_leftwards(tree: ast.Module, module: str) -> Iterator[str]:
    here = place_of(module)
    is_package = REPOSITORY.joinpath(*module.split(".")).is_dir()
    for name in imports(tree, module, is_package=is_package):
        place = place_of(name)
        if not name.startswith("wco2_engine.") or place in (here, "__version__"):
            continue
        # What is no module is a name of the Python interface, which knows the whole way.
        rank = RANK_AS_IMPORTED.get(place, RANK["__init__"])
        if rank > RANK_AS_IMPORTER.get(here, 0):
            yield f"{module} imports {name}, which comes later in the way of the data"


def no_code_from_data(tree: ast.Module, module: str) -> Iterator[str]:
    for name in imports(tree, module):
        if name.split(".")[0] in UNSAFE_MODULES or name in ("joblib.dump", "joblib.load"):
            yield f"{module} imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in UNSAFE_CALLS:
            yield f"{module}:{node.lineno} uses {node.id}"
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in (
            "joblib.dump",
            "joblib.load",
        ):
            yield f"{module}:{node.lineno} uses {ast.unparse(node)}, which pickles"
        elif (
            isinstance(node, ast.keyword)
            and node.arg == "allow_pickle"
            and not (isinstance(node.value, ast.Constant) and node.value.value is False)
        ):
            yield f"{module}:{node.value.lineno} allows pickle"


def no_printing(tree: ast.Module, module: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "print":
            yield f"{module}:{node.lineno} prints"
        if part_of(module) in SPEAKS_TO_THE_TERMINAL:
            continue
        if isinstance(node, ast.Attribute) and ast.unparse(node) in (
            "click.echo",
            "click.secho",
            "sys.stdout",
            "sys.stderr",
        ):
            yield f"{module}:{node.lineno} writes to the terminal"
    if part_of(module) not in SPEAKS_TO_THE_TERMINAL:
        for name in imports(tree, module):
            if name in ("click.echo", "click.secho", "sys.stdout", "sys.stderr"):
                yield f"{module} imports {name}"


def no_swallowed_failures(tree: ast.Module, module: str) -> Iterator[str]:
    def is_broad(node: ast.expr | None) -> bool:
        kinds = node.elts if isinstance(node, ast.Tuple) else [node]
        return any(
            isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException")
            for kind in kinds
        )

    def is_idle(statement: ast.stmt) -> bool:
        return isinstance(statement, ast.Pass | ast.Continue) or (
            isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        )

    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield f"{module}:{node.lineno} has a bare except"
            elif is_broad(node.type) and all(map(is_idle, node.body)):
                yield f"{module}:{node.lineno} swallows every failure"
        elif (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).split(".")[-1] == "suppress"
            and any(map(is_broad, node.args))
        ):
            yield f"{module}:{node.lineno} swallows every failure"


def rasters_are_opened_in_one_place(tree: ast.Module, module: str) -> Iterator[str]:
    """What a file holds must not choose the driver that reads it."""
    if module == "wco2_engine.inputs.opening":
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "rasterio.open":
            modes = [*node.args[1:2], *(each.value for each in node.keywords if each.arg == "mode")]
            if not any(isinstance(m, ast.Constant) and m.value in ("w", "r+") for m in modes):
                yield f"{module}:{node.lineno} opens a raster by itself"
    for name in imports(tree, module):
        if name == "rasterio.open":
            yield f"{module} imports {name}"


RULES: tuple[Rule, ...] = (
    no_qgis,
    imports_only_leftwards,
    no_code_from_data,
    no_printing,
    no_swallowed_failures,
    rasters_are_opened_in_one_place,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_engine_keeps_the_rule(rule: Rule) -> None:
    assert len(MODULES) > 10, "the engine was not found"
    broken = [fault for path in MODULES for fault in rule(tree_of(path), name_of(path))]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (no_qgis, "jobs", "import qgis.core"),
        (no_qgis, "jobs", "def run():\n    from qgis.core import QgsProject"),
        (imports_only_leftwards, "errors", "from wco2_engine.inputs import rasters"),
        (imports_only_leftwards, "inputs.rasters", "from wco2_engine import mapping"),
        (imports_only_leftwards, "inputs.rasters", "from ..learning.model import Model"),
        (imports_only_leftwards, "inputs", "from ..learning import model"),
        (imports_only_leftwards, "learning.model", "import wco2_engine.mapping.prediction"),
        (imports_only_leftwards, "mapping.tiles", "def f():\n    import wco2_engine.report.html"),
        (imports_only_leftwards, "report.html", "from wco2_engine.jobs import PredictJob"),
        (imports_only_leftwards, "learning.model", "from wco2_engine.simulation import truth"),
        (imports_only_leftwards, "simulation.truth", "from wco2_engine.learning import forest"),
        (imports_only_leftwards, "inputs.rasters", "from wco2_engine import Model"),
        (imports_only_leftwards, "jobs.train", "from wco2_engine.study import Study"),
        (imports_only_leftwards, "jobs.train", "from wco2_engine.jobs.run import RunJob"),
        (imports_only_leftwards, "study", "from wco2_engine.jobs import RunJob"),
        (no_code_from_data, "learning.model", "import pickle"),
        (no_code_from_data, "learning.model", "from pickle import loads"),
        (no_code_from_data, "learning.model", "from joblib import load"),
        (no_code_from_data, "learning.model", "import joblib\njoblib.dump(1, 'x')"),
        (no_code_from_data, "learning.model", "np.load(path, allow_pickle=True)"),
        (no_code_from_data, "learning.model", "np.load(path, allow_pickle=trusted)"),
        (no_code_from_data, "study", "eval('1')"),
        (no_code_from_data, "study", "exec('1')"),
        (no_printing, "cli", "print('done')"),
        (no_printing, "jobs", "import click\nclick.echo('done')"),
        (no_printing, "jobs", "from click import echo"),
        (no_printing, "jobs", "import sys\nsys.stdout.write('done')"),
        (no_swallowed_failures, "study", "try:\n    f()\nexcept:\n    raise"),
        (no_swallowed_failures, "study", "try:\n    f()\nexcept Exception:\n    pass"),
        (no_swallowed_failures, "study", "try:\n    f()\nexcept (OSError, Exception):\n    ..."),
        (no_swallowed_failures, "study", "with contextlib.suppress(Exception):\n    f()"),
        (rasters_are_opened_in_one_place, "study", "rasterio.open(path)"),
        (rasters_are_opened_in_one_place, "study", "rasterio.open(path, 'r')"),
        (rasters_are_opened_in_one_place, "study", "from rasterio import open"),
    ],
)
def test_a_rule_sees_what_breaks_it(rule: Rule, module: str, source: str) -> None:
    assert list(rule(ast.parse(source), f"wco2_engine.{module}"))


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (imports_only_leftwards, "learning.model", "from wco2_engine.inputs import catalogue"),
        (imports_only_leftwards, "learning.model", "from . import forest"),
        (imports_only_leftwards, "errors", "from wco2_engine import __version__"),
        (imports_only_leftwards, "jobs", "from wco2_engine.simulation import truth"),
        (imports_only_leftwards, "jobs.run", "from wco2_engine.study import Study"),
        (imports_only_leftwards, "study", "from wco2_engine.jobs.train import TrainJob"),
        (no_code_from_data, "season", "import re\nre.compile('x')"),
        (no_code_from_data, "learning.model", "np.load(path, allow_pickle=False)"),
        (no_printing, "cli", "import click\nclick.echo('done')"),
        (no_swallowed_failures, "study", "try:\n    f()\nexcept OSError:\n    pass"),
        (no_swallowed_failures, "study", "try:\n    f()\nexcept Exception:\n    raise"),
        (rasters_are_opened_in_one_place, "study", "rasterio.open(path, 'w', **profile)"),
    ],
)
def test_a_rule_lets_pass_what_keeps_it(rule: Rule, module: str, source: str) -> None:
    assert not list(rule(ast.parse(source), f"wco2_engine.{module}"))


def test_every_module_has_its_place_in_the_layers() -> None:
    homeless = {name_of(p) for p in MODULES if part_of(name_of(p)) not in RANK_AS_IMPORTER}
    assert not homeless, f"give these a place in LAYERS: {sorted(homeless)}"


def test_every_module_says_first_what_it_is_for() -> None:
    trees = {name_of(p): tree_of(p) for p in MODULES}
    silent = [name for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)]
    assert not silent


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project["optional-dependencies"]
    declared = {
        re.split(r"[^\w.-]", requirement)[0].replace("scikit-learn", "sklearn")
        for requirement in [
            *project["dependencies"],
            *(each for extra in ("dask", "fast", "publish") for each in optional[extra]),
        ]
    }
    used = {
        name.split(".")[0] for path in MODULES for name in imports(tree_of(path), name_of(path))
    }
    undeclared = used - declared - BROUGHT - set(sys.stdlib_module_names) - {"wco2_engine"}
    assert not undeclared, f"imported, and not in pyproject.toml: {sorted(undeclared)}"


@pytest.mark.parametrize(
    "module",
    [
        "wco2_engine.learning.forest",
        "wco2_engine.learning.model",
        "wco2_engine.mapping.prediction",
        "wco2_engine.stack.prepare",
        "wco2_engine.jobs.predict",
    ],
)
def test_predicting_loads_with_numpy_rasterio_and_joblib_alone(module: str) -> None:
    script = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {NOT_NEEDED_TO_PREDICT!r}:
            raise ImportError(name + " is not installed here")
        return None

sys.meta_path.insert(0, Missing())
import {module}
"""
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
