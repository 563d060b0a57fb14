"""Where a computer keeps the Pythons that an environment can be made from, best first."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path, PurePosixPath, PureWindowsPath

OLDEST = (3, 11)
_NAMES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python")
# QGIS for macOS starts with PATH=/usr/bin:/bin, so what people install is looked for by its place.
_MACOS = (
    "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",  # python.org
    "/opt/homebrew/bin/python3.*",
    "/usr/local/bin/python3.*",  # Homebrew on Intel
    "/opt/local/bin/python3.*",  # MacPorts
    "{HOME}/miniforge3/bin/python3",
    "{HOME}/miniconda3/bin/python3",
    "{HOME}/anaconda3/bin/python3",
)
_LINUX = (
    "/usr/bin/python3.*",
    "/usr/local/bin/python3.*",
    "{HOME}/.local/bin/python3.*",
    "{HOME}/miniforge3/bin/python3",
    "{HOME}/miniconda3/bin/python3",
)
# The installer of python.org puts it into the first for one user, into the others for all.
_WINDOWS = (
    "{LOCALAPPDATA}\\Programs\\Python\\Python3*\\python.exe",
    "{ProgramFiles}\\Python3*\\python.exe",
    "{SystemDrive}\\Python3*\\python.exe",
    "{LOCALAPPDATA}\\miniforge3\\python.exe",
    "{USERPROFILE}\\miniforge3\\python.exe",
    "{USERPROFILE}\\miniconda3\\python.exe",
    "{USERPROFILE}\\anaconda3\\python.exe",
)
_PROGRAM = re.compile(r"python(3(\.\d+)?)?(\.exe)?")  # not python3.11-config
_VERSION = re.compile(r"3\.?(\d+)")


@dataclass(frozen=True)
class Machine:
    """What is asked of a computer; tests make up others.

    Attributes
    ----------
    platform : as `sys.platform`.
    prefix : the folder of QGIS's own Python.
    environment : its variables.
    find : the files that a pattern names.
    which : the program of a name on PATH.
    registered : folders of the Pythons that Windows' registry names.
    version : of QGIS's own Python, its first two numbers.
    """

    platform: str
    prefix: str
    environment: Mapping[str, str]
    find: Callable[[str], Sequence[str]]
    which: Callable[[str], str | None]
    registered: Sequence[str] = ()
    version: tuple[int, int] = OLDEST


def this_machine() -> Machine:
    """The computer that QGIS runs on."""
    return Machine(
        sys.platform,
        sys.exec_prefix,
        os.environ,
        glob,
        shutil.which,
        tuple(_registered()),
        sys.version_info[:2],
    )


def candidates(machine: Machine) -> list[str]:
    """Programs that may be a Python of 3.11 or newer, each once, in the order to try them.

    QGIS's own Python comes first: it surely fits the system. Then those on PATH, then those that
    installers leave at their usual places, the newest first. `sys.executable` is none of them: in
    QGIS it is QGIS itself, or nothing.
    """
    windows = machine.platform == "win32"
    pure = PureWindowsPath if windows else PurePosixPath
    found = [str(pure(machine.prefix) / ("python.exe" if windows else "bin/python3"))]
    found += [place for name in _NAMES if (place := machine.which(name))]
    if windows:
        found += [str(pure(folder) / "python.exe") for folder in machine.registered]
    places = _WINDOWS if windows else _MACOS if machine.platform == "darwin" else _LINUX
    for pattern in places:
        filled = _filled(pattern, machine.environment)
        if filled:
            found += sorted(machine.find(filled), key=_newest_first)
    # Windows' store puts a program there that only opens the store.
    wanted = [path for path in found if "\\WindowsApps\\" not in path]
    return [p for p in dict.fromkeys(wanted) if _PROGRAM.fullmatch(pure(p).name)]


def own(machine: Machine) -> list[str]:
    """Programs that may be QGIS's own Python, which runs in QGIS as a library.

    The version is in the name where a system may have several.
    """
    version = ".".join(map(str, machine.version))
    if machine.platform == "win32":
        return [str(PureWindowsPath(machine.prefix) / "python.exe")]
    names = [f"python{version}", *(["python3"] if machine.platform == "darwin" else [])]
    return [str(PurePosixPath(machine.prefix) / "bin" / name) for name in names]


def _filled(pattern: str, environment: Mapping[str, str]) -> str:
    """A pattern with its variables; empty where one is not set."""
    for name in re.findall(r"\{(\w+)\}", pattern):
        value = environment.get(name, "")
        if not value:
            return ""
        pattern = pattern.replace(f"{{{name}}}", value)
    return pattern


def _newest_first(path: str) -> int:
    versions = _VERSION.findall(path)
    return -int(versions[-1]) if versions else 0


def _registered() -> Iterator[str]:
    """The folders of all Pythons in Windows' registry (PEP 514); none elsewhere."""
    if sys.platform != "win32":
        return
    import winreg

    for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
        try:
            with winreg.OpenKey(root, r"Software\Python\PythonCore") as core:
                versions = [winreg.EnumKey(core, k) for k in range(winreg.QueryInfoKey(core)[0])]
                for version in sorted(versions, key=_newest_first):
                    folder = winreg.QueryValue(core, rf"{version}\InstallPath")
                    if folder and Path(folder).is_dir():
                        yield folder
        except OSError:  # no such key: no Python was installed that way
            continue
