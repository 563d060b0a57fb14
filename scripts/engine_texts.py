"""The texts in the engine's source that people may read, as catalogues have them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[1] / "wco2_engine"
_WORDS = re.compile(r"[A-Za-z]{2,}")


def texts_of(path: Path) -> Iterator[str]:
    """The texts of a module: constants, and f-strings with {0}, {1} … for what is filled in."""
    tree = ast.parse(path.read_text("utf-8"))
    inside = {id(part) for joined in _joined(tree) for part in joined.values}
    documents = {id(each) for each in _documents(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield pattern_of(node)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside | documents
            and _WORDS.search(node.value)
        ):
            yield node.value


def told_of(path: Path) -> Iterator[tuple[int, str]]:
    """What a module tells people while it works, with the line: errors, hints, notes, progress.

    These are the texts in the calls that tell, and those that the module gives to names which such
    a call takes.
    """
    tree = ast.parse(path.read_text("utf-8"))
    given: list[ast.AST] = []
    for scope in (tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))):
        calls = [node for node in ast.walk(scope) if isinstance(node, ast.Call) and _tells(node)]
        told = [
            each for call in calls for each in (*call.args, *(key.value for key in call.keywords))
        ]
        names = {node.id for each in told for node in ast.walk(each) if isinstance(node, ast.Name)}
        names.add("message")  # which another module tells
        within = tree.body if scope is tree else ast.walk(scope)
        named = [node for node in within if isinstance(node, ast.Assign)]
        given += told
        given += [n.value for n in named if names & {ast.unparse(name) for name in n.targets}]
    inside = {id(part) for joined in _joined(tree) for part in joined.values}
    for each in given:
        for node in ast.walk(each):
            if isinstance(node, ast.JoinedStr):
                yield node.lineno, pattern_of(node).strip()
            elif isinstance(node, ast.Constant) and id(node) not in inside:
                yield node.lineno, str(node.value).strip()


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(key.value for key in call.keywords)]


def _tells(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    return name in ("Wco2Error", "note", "step") or (name == "update" and len(call.args) == 2)


def pattern_of(node: ast.JoinedStr) -> str:
    """An f-string with its fields numbered."""
    found, number = "", 0
    for part in node.values:
        if isinstance(part, ast.Constant):
            found += str(part.value)
        else:
            found, number = f"{found}{{{number}}}", number + 1
    return found


def _joined(tree: ast.Module) -> Iterator[ast.JoinedStr]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))


def _documents(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value
