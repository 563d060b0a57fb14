"""Whatever JSON says, it makes a job that may be, or one message; hypothesis looks for more."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wco2_engine.errors import Wco2Error
from wco2_engine.jobs import JOBS, job_from_json, job_to_json
from wco2_engine.schema import LARGEST_WHOLE, Key, keys_of

ODD_NUMBERS = st.sampled_from(
    [
        *(10**400, -(10**400), 2**63, -(2**63), 2**53 + 1, 0, -1),
        *(-0.0, 1e308, 5e-324, math.nan, math.inf, -math.inf),
    ]
)
ODD_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "~nosuchuser/x",
        "a" * 300,
        "a" * 100_000,
        "/",
        "..",
        "-",
        "\n",
    ]
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | ODD_NUMBERS | st.floats() | st.text() | ODD_TEXTS
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def required(kind: Any) -> dict[str, Any]:
    return {key.name: key.name for key in keys_of(kind).values() if key.is_required}


def is_plain(value: Any) -> bool:
    """Whether a job may hold it: finite, within 64 bits, a text that UTF-8 can write."""
    if isinstance(value, dict):
        return all(map(is_plain, (*value, *value.values())))
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    if isinstance(value, str):
        return "\0" not in value and value.encode("utf-8", "replace").decode() == value
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or -LARGEST_WHOLE - 1 <= value <= LARGEST_WHOLE


def is_within(value: Any, key: Key) -> bool:
    if isinstance(value, list | tuple):
        return all(is_within(each, key) for each in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return key.option.holds(value)
    return not (isinstance(value, str) and key.option.choices) or value in key.option.choices


@pytest.mark.parametrize("verb", JOBS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_value_in_any_field_makes_a_job_or_one_message(verb: str, data: st.DataObject) -> None:
    kind = JOBS[verb]
    names = list(keys_of(kind))
    given_ = required(kind)
    if names:
        some = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
        given_ |= {name: data.draw(JSON, name) for name in some}
    try:
        job = job_from_json({"job": verb, **given_})
    except Wco2Error as error:
        assert error.message
        assert len(error.message) < 1000, "a message is read by people"
        error.message.encode()  # and can be written to any terminal
        return
    told = job_to_json(job)
    assert is_plain(
        {name: value for name, value in told.items() if name not in ("domain", "zones")}
    )
    assert all(is_within(told[name], key) for name, key in keys_of(kind).items())
    assert job_from_json(json.loads(json.dumps(told))) == job


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_a_job_or_one_message(data: Any) -> None:
    with pytest.raises(Wco2Error):
        job_from_json(data)
    with pytest.raises(Wco2Error):
        job_from_json({"job": data})


@pytest.mark.parametrize(
    ("job", "message"),
    [
        ({"job": "describe", "model": "a\ud800b"}, "model = .* half of a surrogate pair"),
        ({"job": "observations", "input": "t.csv", "output": "a\0.csv"}, "output = .* NUL"),
        (
            {"job": "train", "training": "t", "catalogue": "c", "output": "m", "domain": 1.5},
            "domain = 1.5 is not a text or a table",
        ),
        (
            {"job": "train", "training": "t", "catalogue": "c", "output": "m", "zones": 1.5},
            "zones = 1.5 is not a table",
        ),
        (
            {"job": "train", "training": "t", "catalogue": "c", "output": ""},
            "output is empty",
        ),
        (
            {
                **{"job": "train", "training": "t", "catalogue": "c", "output": "m"},
                "min_samples_leaf": 99999999999999999999999,
            },
            "min_samples_leaf = a whole number of 77 bits is too large",
        ),
        ({"job": "doctor", "jobs": 10**400}, "jobs = a whole number of 1329 bits is too large"),
    ],
)
def test_hostile_jobs_are_one_message_before_work(job: dict[str, Any], message: str) -> None:
    with pytest.raises(Wco2Error, match=message):
        job_from_json(job)
