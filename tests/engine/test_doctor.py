"""The look at the libraries."""

from __future__ import annotations

import sys

import pytest

from wco2_engine import doctor


def test_all_that_is_needed_is_here() -> None:
    facts = doctor.examine()
    assert facts["problems"] == []
    purposes = {row["library"]: row["purpose"] for row in facts["libraries"]}
    assert {name for name, purpose in purposes.items() if purpose == "predicting"} == {
        "numpy",
        "rasterio",
        "joblib",
    }
    assert facts["gdal"]["drivers"]["COG"]
    numpy = next(row for row in facts["libraries"] if row["library"] == "numpy")
    import numpy as np

    assert numpy["version"] == np.__version__
    assert numpy["place"] in np.__file__


def test_a_missing_library_is_a_problem_that_says_what_will_not_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    (problem,) = doctor.examine()["problems"]
    assert problem.startswith("scikit-learn is missing or broken, so training will not work")


def test_a_missing_accelerator_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert doctor.examine()["problems"] == []


def test_a_gdal_that_can_not_write_maps_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    drivers = {"GTiff": True, "COG": False, "netCDF": True, "HDF5": False}
    monkeypatch.setattr(doctor, "_gdal", lambda: {"version": "3", "drivers": drivers})
    assert doctor.examine()["problems"] == ["GDAL has no COG driver, so maps can't be written."]
