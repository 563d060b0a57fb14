"""Where Pythons are looked for, on machines that are made up from their files and variables."""

from __future__ import annotations

from fnmatch import fnmatchcase

from wco2_qgis.interpreters import Machine, candidates, own

USER = "C:\\Users\\张伟"
WINDOWS = {
    "LOCALAPPDATA": f"{USER}\\AppData\\Local",
    "ProgramFiles": "C:\\Program Files",
    "SystemDrive": "C:",
    "USERPROFILE": USER,
}


def machine(platform, prefix, files, variables=None, on_path=(), registered=()):
    """A machine with these files, some of them on PATH."""

    def which(name):
        ends = (f"/{name}", f"\\{name}.exe")
        return next((path for path in on_path if path.endswith(ends)), None)

    return Machine(
        platform,
        prefix,
        variables or {},
        lambda pattern: [path for path in files if fnmatchcase(path, pattern)],
        which,
        registered,
    )


def test_pythons_of_python_org_are_found_on_windows_newest_first():
    local = f"{USER}\\AppData\\Local\\Programs\\Python"
    files = [f"{local}\\Python311\\python.exe", f"{local}\\Python313\\python.exe"]
    found = candidates(machine("win32", "C:\\QGIS 3.34\\apps\\Python39", files, WINDOWS))
    assert found == ["C:\\QGIS 3.34\\apps\\Python39\\python.exe", files[1], files[0]]


def test_what_windows_registry_names_comes_before_the_usual_places():
    files = ["C:\\Program Files\\Python312\\python.exe"]
    found = candidates(machine("win32", "C:\\OSGeo4W", files, WINDOWS, registered=["D:\\Py 3.11"]))
    assert found[1:] == ["D:\\Py 3.11\\python.exe", files[0]]


def test_the_stores_program_that_only_opens_the_store_is_left_out():
    stub = f"{USER}\\AppData\\Local\\Microsoft\\WindowsApps\\python3.exe"
    assert candidates(machine("win32", "C:\\Q", [stub], WINDOWS, [stub])) == ["C:\\Q\\python.exe"]


def test_macos_finds_the_framework_and_homebrew_though_path_has_neither():
    files = [
        "/Library/Frameworks/Python.framework/Versions/3.12/bin/python3",
        "/Library/Frameworks/Python.framework/Versions/3.9/bin/python3",
        "/opt/homebrew/bin/python3.13",
        "/opt/homebrew/bin/python3.13-config",
    ]
    own = "/Applications/QGIS.app/Contents/MacOS"
    found = candidates(machine("darwin", own, files, {"HOME": "/Users/a b"}, ["/usr/bin/python3"]))
    assert found == [f"{own}/bin/python3", "/usr/bin/python3", *files[:3]]


def test_flatpaks_own_python_comes_first():
    found = candidates(machine("linux", "/usr", ["/usr/bin/python3.13"], {"HOME": "/home/a"}))
    assert found == ["/usr/bin/python3", "/usr/bin/python3.13"]


def test_a_place_whose_variable_is_not_set_is_not_looked_at():
    looked = []
    bare = Machine(
        "win32", "C:\\Q", {}, lambda pattern: looked.append(pattern) or [], lambda _: None
    )
    assert candidates(bare) == ["C:\\Q\\python.exe"]
    assert looked == []


def test_qgis_own_python_is_a_program_beside_its_libraries():
    def own_of(platform, prefix):
        return own(
            Machine(platform, prefix, {}, lambda pattern: [], lambda name: None, (), (3, 12))
        )

    assert own_of("linux", "/usr") == ["/usr/bin/python3.12"]
    assert own_of("win32", "C:\\QGIS\\apps\\Python312") == ["C:\\QGIS\\apps\\Python312\\python.exe"]
    folder = "/Applications/QGIS.app/Contents/MacOS"
    assert own_of("darwin", folder) == [f"{folder}/bin/python3.12", f"{folder}/bin/python3"]
