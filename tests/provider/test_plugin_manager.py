"""Installed, upgraded and removed by QGIS's own plugin manager: see `manager_in_qgis.py`."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest

from wco2_engine import __version__

pytestmark = pytest.mark.qgis
FORMER = "0.0.1"
OFFER = """<?xml version="1.0" encoding="UTF-8"?>
<plugins>
 <pyqgis_plugin name="Winter CO2" version="{version}">
  <qgis_minimum_version>3.22</qgis_minimum_version>
  <qgis_maximum_version>4.99</qgis_maximum_version>
  <file_name>wco2_qgis.zip</file_name>
  <download_url>{address}/{file}</download_url>
  <experimental>False</experimental>
 </pyqgis_plugin>
</plugins>
"""
SETTINGS = """[PythonPlugins]
processing=true
[qgis]
checkVersion=false
newsFeed=false
[migration]
settings=true
[app]
plugin_installer\\checkOnStart=false
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing."""

    def log_message(self, *_):
        return


def former(package, target):
    """The package as an earlier version, with a file that the new one lacks."""
    with zipfile.ZipFile(package) as source, zipfile.ZipFile(target, "w") as made:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith("/metadata.txt"):
                content = content.replace(f"version={__version__}".encode(), b"version=0.0.1")
                assert b"version=0.0.1" in content
            made.writestr(entry, content)
        made.writestr("wco2_qgis/former.txt", "of an earlier version")


@pytest.fixture(scope="module")
def display():
    """A screen that nobody sees: unlike qgis_process, the application needs one."""
    program = shutil.which("Xvfb", path="/usr/bin")
    if program is None:
        pytest.skip("Xvfb is not installed")
    reading, writing = os.pipe()
    command = [
        program,
        "-displayfd",
        str(writing),
        "-screen",
        "0",
        "1280x800x24",
        "-nolisten",
        "tcp",
    ]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait()


@pytest.fixture(scope="module")
def found(package, display, tmp_path_factory):
    program = shutil.which("qgis", path="/usr/bin")
    if program is None:
        pytest.skip("the QGIS application is not installed")
    folder = tmp_path_factory.mktemp("repository")
    shutil.copyfile(package, folder / "new.zip")
    former(package, folder / "old.zip")
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    for name, version in (("old", FORMER), ("new", __version__)):
        text = OFFER.format(version=version, address=address, file=f"{name}.zip")
        (folder / f"{name}.xml").write_text(text, encoding="utf-8")
    profiles = tmp_path_factory.mktemp("profiles")
    settings = profiles / "profiles/default/QGIS/QGIS3.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    script = Path(__file__).with_name("manager_in_qgis.py")
    told = profiles / "found.json"
    environment = {
        **{"PATH": "/usr/bin:/bin", "HOME": str(profiles), "LC_ALL": "C.UTF-8"},
        **{"DISPLAY": display, "XDG_RUNTIME_DIR": str(profiles)},
        **{"WCO2_SERVER": address, "WCO2_FOUND": str(told)},
    }
    command = [program, "--nologo", "--noversioncheck", "--profiles-path", profiles]
    done = subprocess.run(
        [*command, "--code", script], env=environment, capture_output=True, text=True, check=False
    )
    server.shutdown()
    assert told.is_file(), done.stderr
    text = told.read_text("utf-8")
    assert text.startswith("{"), text
    return json.loads(text)


def test_it_is_installed_from_a_repository_and_works(found):
    state = found["installed"]
    assert (state["version"], state["error"]) == (FORMER, "")
    assert state["algorithms"] > 20 and len(state["menu"]) == 1
    assert state["has_file_of_former"] and state["problems"] == 0


def test_an_earlier_version_is_upgraded_while_qgis_runs(found):
    assert found["offered"] == "upgradeable"
    state = found["upgraded"]
    assert (state["version"], state["error"]) == (__version__, "")
    assert state["algorithms"] == found["installed"]["algorithms"] and len(state["menu"]) == 1
    assert not state["has_file_of_former"] and state["problems"] == 0


def test_nothing_of_it_is_left_when_it_is_removed(found):
    state = found["removed"]
    assert (state["files"], state["algorithms"], state["menu"]) == (0, 0, [])
    assert (state["modules"], state["paths"], state["settings"]) == ([], [], [])
