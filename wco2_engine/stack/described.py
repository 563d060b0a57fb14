"""The catalogue of a stack: the same predictors, as plain files that anything can read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wco2_engine import __version__
from wco2_engine.files import atomic_write
from wco2_engine.inputs.catalogue import Predictor
from wco2_engine.inputs.rasters import AS_STORED, is_local
from wco2_engine.inputs.toml import toml_value

NAME = "catalogue.toml"


def write_catalogue(folder: Path, predictors: Sequence[tuple[dict[str, Any], str]]) -> Path:
    """Write the catalogue; each predictor's keys, and a comment on where it comes from."""
    lines = [
        f"# Made by wco2_engine {__version__} from another catalogue; it is written anew whenever",
        "# predictors are prepared. See docs/predictor-stack.md of the project.",
    ]
    for keys, comment in predictors:
        lines += ["", "[[predictor]]"]
        lines += [f"# {_plain(comment)}"] if comment else []
        lines += [f"{key} = {toml_value(value)}" for key, value in keys.items()]
    path = folder / NAME
    text = "\n".join(lines) + "\n"
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        with atomic_write(path) as partial:
            partial.write_text(text, encoding="utf-8")
    return path


def prepared_keys(predictor: Predictor, path: str, units: str) -> dict[str, Any]:
    """The keys of a predictor whose files were prepared."""
    return {
        "name": predictor.name,
        "group": predictor.group,
        "path": path,
        "when": predictor.when,
        **({} if predictor.kind == "class" else {"units": units}),
        **_of_the_model(predictor),
    }


def tame_keys(predictor: Predictor, folder: Path) -> dict[str, Any]:
    """The keys of a predictor that is read where it is, its path made whole."""
    if predictor.kind == "month":
        return {"name": predictor.name, "group": predictor.group, "kind": predictor.kind}
    path = predictor.path
    if is_local(path):
        path = (folder / Path(path).expanduser()).absolute().as_posix()
    encoding = predictor.encoding
    keys: dict[str, Any] = {
        "name": predictor.name,
        "group": predictor.group,
        "path": path,
        "when": predictor.when,
        **({"units": predictor.units} if predictor.units_said else {}),
        **({"to": predictor.to} if predictor.to != predictor.units else {}),
        **({"variable": predictor.variable} if predictor.variable else {}),
        **({"band": predictor.band} if predictor.band else {}),
    }
    for name in ("crs", "nodata", "scale", "offset"):
        value = getattr(encoding, name)
        if value != getattr(AS_STORED, name):
            keys[name] = value
    if predictor.details.bands:
        keys["bands"] = predictor.details.bands
    if predictor.details.overrule:
        keys["overrule"] = list(predictor.details.overrule)
    return keys | _of_the_model(predictor)


def _of_the_model(predictor: Predictor) -> dict[str, Any]:
    keys: dict[str, Any] = {"resampling": predictor.resampling}
    if predictor.kind != "number":
        keys["kind"] = predictor.kind
    if predictor.lag:
        keys["lag"] = predictor.lag
    if predictor.missing != "error":
        keys["missing"] = predictor.missing
    if predictor.valid is not None:
        keys["valid"] = list(predictor.valid)
    if predictor.window is not None:
        window = predictor.window
        keys["window"] = {
            "months": list(window.months),
            "of": window.of,
            "reduce": window.reduce,
        }
    return keys


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
