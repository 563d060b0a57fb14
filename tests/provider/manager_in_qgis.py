"""Run by the QGIS application: the plugin through QGIS's own plugin manager.

WCO2_SERVER is the address of a repository with `old.xml` and `new.xml`; what is there after each
step is written as JSON to WCO2_FOUND, or the traceback of what went wrong.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

import pyplugin_installer
from pyplugin_installer.installer_data import plugins, reposGroup, repositories
from qgis.core import QgsApplication, QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QTimer
from qgis.utils import iface

NAME, REPOSITORY = "wco2_qgis", "A repository of this test"


def offer(page: str) -> None:
    """Let the plugin manager know what a page of the repository offers."""
    QgsSettings().setValue(f"{reposGroup}/{REPOSITORY}/url", f"{os.environ['WCO2_SERVER']}/{page}")
    plugins.clearRepoCache()
    repositories.load()
    repositories.requestFetching(REPOSITORY, force_reload=True)
    while repositories.fetchingInProgress():
        QCoreApplication.processEvents()
    plugins.getAllInstalled()
    plugins.rebuild()


def state() -> dict[str, Any]:
    """What of the plugin is there."""
    known = plugins.all().get(NAME, {})
    provider = QgsApplication.processingRegistry().providerById("wco2")
    folder = Path(QgsApplication.qgisSettingsDirPath()) / "python/plugins" / NAME
    return {
        "version": known.get("version_installed", ""),
        "error": known.get("error", ""),
        "algorithms": len(provider.algorithms()) if provider is not None else 0,
        "menu": [each.text() for each in iface.pluginMenu().actions() if "CO2" in each.text()],
        "files": sum(path.is_file() for path in folder.rglob("*")) if folder.exists() else 0,
        "has_file_of_former": (folder / "former.txt").exists(),
        "modules": sorted(n for n in sys.modules if n.partition(".")[0] in (NAME, "wco2_engine")),
        "paths": [path for path in sys.path if NAME in path],
        "settings": [key for key in QgsSettings().allKeys() if "wco2" in key.lower()],
    }


def check() -> Any:
    """What the installed plugin answers, by an algorithm that needs its engine."""
    from processing import run

    page = str(Path(os.environ["WCO2_FOUND"]).with_name("environment.html"))
    return run("wco2:checkenvironment", {"REPORT": page})["PROBLEMS"]


def steps() -> dict[str, Any]:
    installer = pyplugin_installer.instance()
    found = {}
    offer("old.xml")
    installer.installPlugin(NAME, quiet=True)
    found["installed"] = {**state(), "problems": check()}
    offer("new.xml")
    found["offered"] = plugins.all()[NAME]["status"]
    installer.installPlugin(NAME, quiet=True)
    found["upgraded"] = {**state(), "problems": check()}
    installer.uninstallPlugin(NAME, quiet=True)
    found["removed"] = state()
    return found


def main() -> None:
    try:
        told = json.dumps(steps())
    except BaseException:  # whatever it is, the test that waits has to see it
        told = traceback.format_exc()
    Path(os.environ["WCO2_FOUND"]).write_text(told, encoding="utf-8")
    os._exit(0)


QTimer.singleShot(500, main)
