"""The zip: what the plugin repository asks for, and the engine inside."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from wco2_engine import __version__

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(package):
    with zipfile.ZipFile(package) as archive:
        return archive.namelist()


def test_it_has_one_top_folder_with_what_qgis_needs(names):
    assert {name.split("/")[0] for name in names} == {"wco2_qgis"}
    assert {f"wco2_qgis/{name}" for name in ("__init__.py", "metadata.txt", "LICENSE")} <= {*names}


def test_the_engine_is_whole_in_it(names):
    sources = {
        path.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "wco2_engine").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {f"wco2_qgis/bundled/{source}" for source in sources} <= {*names}


def test_it_holds_no_tests_caches_or_binaries(names):
    kinds = {Path(name).suffix for name in names}
    assert kinds <= {
        ".py",
        ".svg",
        ".model3",
        ".html",
        ".css",
        ".js",
        ".json",
        ".jinja",
        ".txt",
        ".toml",
        ".qm",
        "",
    }
    assert not [name for name in names if "test" in name.lower() or "__pycache__" in name]


def test_links_of_its_help_lead_to_pages_and_places_in_it_or_to_addresses(package):
    with zipfile.ZipFile(package) as archive:
        pages = {
            Path(name).name: archive.read(name).decode("utf-8")
            for name in archive.namelist()
            if name.startswith("wco2_qgis/help/")
        }
    assert {"qgis.html", "maps.html", "zh.html"} <= {*pages}
    for name, text in pages.items():
        assert "<img" not in text and "<h1" in text
        for target in re.findall(r'href="([^"]+)"', text):
            if target.startswith(("https://", "http://")):
                continue
            file, _, place = target.partition("#")
            found = pages[file or name]
            assert not place or f'id="{place}"' in found, f"{name}: {target}"


def test_its_version_is_that_of_the_engine(package):
    with zipfile.ZipFile(package) as archive:
        text = archive.read("wco2_qgis/metadata.txt").decode()
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read_string(text)
    assert metadata["general"]["version"] == __version__
    assert "@" not in text.replace("publisher@example.invalid", "")


def test_the_same_sources_make_the_same_bytes(tmp_path):
    for name in ("once.zip", "again.zip"):
        target = tmp_path / name
        subprocess.run([sys.executable, "scripts/package", target], cwd=REPOSITORY, check=True)
    assert (tmp_path / "once.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_a_package_without_a_publisher_is_for_tests_only(package):
    def check(*arguments):
        return subprocess.run(
            [sys.executable, "scripts/check-package", "--rules", *arguments, package],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )

    assert check().returncode == 0, check().stdout
    refused = check("--release")
    assert refused.returncode == 1
    assert "publisher.toml" in refused.stdout
