"""The plugin in the languages of its users."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.qgis
REPOSITORY = Path(__file__).resolve().parents[2]
CHINESE = REPOSITORY / "wco2_qgis" / "i18n" / "wco2_zh.ts"
# What has to stay as it is: units, ids, file names, numbers of an example.
KEPT = re.compile(r"[\w.]+/(?=[ ,;]|$)|\.wco2|EPSG:\d+|g C m-2(?: \w+-1)*|doi:\S+\w|[A-Z_]{4,}")
LOOK = """
import json, sys
sys.path[:0] = [sys.argv[1], "/usr/share/qgis/python/plugins"]
from qgis.core import QgsApplication
application = QgsApplication([], False)
application.initQgis()
from wco2_qgis.plugin import Plugin
plugin = Plugin(None)
plugin.initProcessing()
found = {}
for algorithm in QgsApplication.processingRegistry().providerById("wco2").algorithms():
    found[algorithm.name()] = [
        algorithm.displayName(), algorithm.group(), algorithm.groupId(),
        *(each.description() for each in algorithm.parameterDefinitions()),
        *(each.description() for each in algorithm.outputDefinitions()),
    ]
plugin.unload()
sys.stdout.write(json.dumps(found))
"""


def test_no_text_lacks_its_translation():
    check = [REPOSITORY / "scripts/make-translations", "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\nRun scripts/make-translations, and translate."


def test_translations_keep_units_ids_and_file_names():
    for message in ElementTree.parse(CHINESE).iter("message"):
        source, chinese = message.findtext("source"), message.findtext("translation")
        lost = [kept for kept in KEPT.findall(source) if kept not in chinese]
        assert not lost, f"{lost} of '{source}'"
        assert source.count("\n") == chinese.count("\n")


def test_a_chinese_qgis_shows_chinese_under_the_same_ids(qgis):
    shown = {}
    for name, locale in (("zh", "zh_CN.UTF-8"), ("en", "C.UTF-8")):
        done = subprocess.run(
            ["/usr/bin/python3", "-P", "-W", "ignore", "-c", LOOK, qgis.plugins],
            env={**qgis.environment, "LC_ALL": locale},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        shown[name] = json.loads(done.stdout)
    assert {name: texts[2] for name, texts in shown["zh"].items()} == {
        name: texts[2] for name, texts in shown["en"].items()
    }
    assert shown["zh"]["trainmodel"][:2] == ["训练模型", "2 模型"]
    assert shown["en"]["trainmodel"][:2] == ["Train a model", "2 Model"]
    assert shown["zh"]["fluxestowintermaps"][0] == "从通量到冬季地图"
    english = [t for t in shown["zh"]["predictwinterflux"] if re.fullmatch(r"[ -~]+", t)]
    assert english == ["3_maps"]


def test_the_engine_speaks_the_language_of_qgis(qgis, tmp_path):
    chinese = replace(qgis, more={"LC_ALL": "zh_CN.UTF-8"})
    given = {"MODEL": tmp_path / "no.wco2", "DESCRIPTION": tmp_path / "page.html"}
    run = chinese.run("describemodel", **given)
    assert run.code == 1 and f"模型 {tmp_path}/no.wco2 不存在。" in run.said
    assert "no.wco2 does not exist" in qgis.run("describemodel", **given).said
