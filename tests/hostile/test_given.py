"""Files and paths that once ended in a traceback, and have no place with others of their kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from wco2_engine.cli import main
from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.toml import read_toml


@pytest.mark.parametrize(
    ("content", "says"),
    [("a = " + "[" * 5000 + "]" * 5000, "nested too deep"), ("a = " + "9" * 5000, "4300 digits")],
)
def test_toml_without_bounds_is_one_message(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "s.toml").write_text(content)
    with pytest.raises(Wco2Error, match=says):
        read_toml(tmp_path / "s.toml", "Study")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("loop", "is a symbolic link that leads back to itself"),
        ("~nosuchuser/x.csv", "begins with the home of a user who is not there"),
        ("a" * 300 + ".csv", "is too long for the name of a file"),
    ],
)
def test_a_path_that_can_be_no_file_is_one_message(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    path = name if name.startswith("~") else str(tmp_path / name)
    called = CliRunner().invoke(main, ["observations", path, "-o", str(tmp_path / "o.csv")])
    assert called.exit_code == 2, called.output
    assert says in " ".join(called.output.split())
