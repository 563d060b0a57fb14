"""What a catalogue may say, and how it is told what it may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from wco2_engine.errors import Wco2Error
from wco2_engine.inputs.catalogue import Catalogue, Predictor, Window, parse_predictor
from wco2_engine.season import Month

STATIC = {"name": "clay", "path": "clay.tif"}
MONTHLY = {"name": "t2m", "path": "t2m_{year}_{month:02d}.tif", "when": "monthly"}


def refused(table: Any) -> Wco2Error:
    with pytest.raises(Wco2Error) as caught:
        parse_predictor(table, "catalogue.toml")
    assert "catalogue.toml" in caught.value.message
    return caught.value


def test_a_predictor_has_defaults() -> None:
    found = parse_predictor(STATIC, "catalogue.toml")
    assert found == Predictor(name="clay", path="clay.tif", when="static")
    assert (found.resampling, found.missing, found.lag, found.group) == (
        *("bilinear", "error", 0, "climate"),
    )


def test_a_predictor_may_have_a_label_of_one_line() -> None:
    assert parse_predictor({**STATIC, "label": "clay content"}, "c").label == "clay content"
    message = refused({**STATIC, "label": "clay\ncontent"}).message
    assert "label" in message and "one line" in message


def test_everything_that_a_catalogue_says_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text(
        """
        [[predictor]]
        name = "rain"
        group = "climate"
        path = "rain_{year}.nc"
        variable = "tp"
        when = "monthly"
        units = "m day-1"
        to = "mm month-1"
        scale = 2
        offset = 0.5
        nodata = -9999
        crs = "EPSG:4326"
        resampling = "average"
        lag = 1
        missing = "nearest"
        valid = [0, 2000]
        [[predictor]]
        name = "ndvi"
        path = "ndvi.tif"
        """,
        encoding="utf-8",
    )
    catalogue = Catalogue.read(file)
    assert catalogue.names == ("rain", "ndvi")
    assert catalogue.folder == tmp_path
    rain = catalogue.predictor("rain")
    assert rain.variable == "tp"
    assert (rain.encoding.scale, rain.encoding.offset, rain.encoding.nodata) == (2.0, 0.5, -9999.0)
    assert rain.valid == (0.0, 2000.0)
    assert rain.months_for(Month(2000, 1)) == (Month(1999, 12),)
    # A metre a day is 1000 mm a day, in a leap February of 29 days.
    assert rain.convert(0.001, 29) == pytest.approx(29.0)
    assert catalogue.only(["ndvi"]).names == ("ndvi",)


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ({**STATIC, "unit": "K"}, "unknown key 'unit'", "'units'"),
        ({**STATIC, "when": "montly"}, "when = 'montly'", "'monthly'"),
        ({**STATIC, "resampling": "bilinar"}, "unknown resampling 'bilinar'", "'bilinear'"),
        ({**STATIC, "group": "climat"}, "group = 'climat'", "'climate'"),
        ({**STATIC, "missing": "neares"}, "missing = 'neares'", "'nearest'"),
        ({**STATIC, "units": "Kelvn", "to": "degC"}, "unknown unit 'Kelvn'", "'kelvin'"),
        ({**MONTHLY, "window": {"months": [6], "reduse": "max"}}, "'reduse'", "'reduce'"),
        ({**MONTHLY, "window": {"months": [6], "reduce": "maxi"}}, "reduce = 'maxi'", "'max'"),
        ({**MONTHLY, "window": {"months": [6], "of": "previus"}}, "of = 'previus'", "'previous'"),
        ({**MONTHLY, "path": "a_{yaer}_{month}.tif"}, "unknown key 'yaer'", "'year'"),
    ],
)
def test_a_misspelt_word_is_named_with_the_nearest_one(
    table: dict[str, Any], message: str, hint: str
) -> None:
    error = refused(table)
    assert message in error.message
    assert hint.lower() in error.hint.lower()
    assert table["name"] in error.message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("band", value) for value in (0, -1, 1.5, "1", True)],
        *[("lag", value) for value in (-1, 0.5, "1", True)],
        *[("scale", value) for value in ("1", True, 0, 0.0, float("nan"), float("inf"))],
        *[("offset", value) for value in ("1", False, float("nan"))],
        *[("nodata", value) for value in ("none", True)],
        *[("valid", value) for value in ("12", [1], [1, 2, 3], [2, 1], [1, 1], ["0", "1"])],
        *[("valid", value) for value in ([0, float("inf")], [False, True], {"low": 1})],
        *[(key, 3) for key in ("path", "variable", "units", "to", "when", "crs", "resampling")],
        ("path", ""),
        ("crs", "EPSG:0"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(key: str, value: object) -> None:
    error = refused({**STATIC, key: value})
    assert "'clay'" in error.message
    assert key in error.message


@pytest.mark.parametrize("name", [None, "", 3, "soil temperature", "a-b", "1st"])
def test_a_name_has_to_be_a_word(name: object) -> None:
    assert "a predictor is named" in refused({"name": name, "path": "a.tif"}).message


@pytest.mark.parametrize("table", ["clay.tif", 3, ["a"]])
def test_a_predictor_has_to_be_a_table(table: object) -> None:
    assert "[[predictor]]" in refused(table).hint


@pytest.mark.parametrize(
    "path",
    [
        *("a_{}.tif", "a_{0}.tif", "a_{year.tif", "a_{month:02q}.tif", "a_{year!z}.tif"),
        *("a_}.tif", "a_{year.real}.tif", "a_{year[0]}.tif"),
    ],
)
def test_a_path_that_cant_be_filled_in_is_refused(path: str) -> None:
    assert "path" in refused({**MONTHLY, "path": path}).message


def test_braces_of_a_name_are_doubled() -> None:
    found = parse_predictor({"name": "a", "path": "a{{1}}.tif"}, "catalogue.toml")
    assert found.path_at(Month(2000, 1)) == "a{1}.tif"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"when": "static", "path": "a_{year}.tif"}, "static, but its path has {year}"),
        ({"when": "yearly", "path": "a_{month}.tif"}, "yearly, but its path has {month}"),
        ({"when": "climatology", "path": "a_{year}.tif"}, "climatology, but its path has {year}"),
        ({"when": "monthly", "path": "a_{month}.tif"}, "monthly, but its path has no {year}"),
        ({"when": "static", "lag": 1}, "lag and window need months"),
        ({"when": "yearly", "window": {"months": [6]}}, "lag and window need months"),
        ({"when": "monthly", "lag": 1, "window": {"months": [6]}}, "both lag and window"),
        ({"units": "mm day-1", "to": "mm month-1"}, "needs a month's number of days"),
        ({"when": "monthly", "band": 3}, "same for every month"),
        ({"when": "monthly", "path": "a_{year}.nc", "band": 3}, "same for every month"),
        ({"when": "yearly", "band": 3}, "same for every year"),
        ({"when": "climatology", "band": 3}, "same for every month"),
    ],
)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], message: str) -> None:
    assert message in refused({"name": "a", "path": "a.nc", **changes}).message


@pytest.mark.parametrize(
    "months", [[], [6, 8], [7, 6], [0], [13], "678", [True], list(range(1, 14))]
)
def test_a_window_has_to_be_a_run_of_months(months: object) -> None:
    assert "not a run of months" in refused({**MONTHLY, "window": {"months": months}}).message
    assert "window is no table" in refused({**MONTHLY, "window": 3}).message


@pytest.mark.parametrize(
    ("months", "of", "month", "first", "last"),
    [
        # The summer before January, and before October, of 2000.
        ((6, 7, 8), "previous", (2000, 1), (1999, 6), (1999, 8)),
        ((6, 7, 8), "previous", (2000, 10), (2000, 6), (2000, 8)),
        # A run is over only when its last month is: in August it is last year's.
        ((6, 7, 8), "previous", (2000, 8), (1999, 6), (1999, 8)),
        ((6, 7, 8), "previous", (2000, 9), (2000, 6), (2000, 8)),
        ((6, 7, 8), "same", (2000, 1), (2000, 6), (2000, 8)),
        # Around the new year.
        ((11, 12, 1), "previous", (2000, 2), (1999, 11), (2000, 1)),
        ((11, 12, 1), "previous", (2000, 1), (1998, 11), (1999, 1)),
        ((11, 12, 1), "previous", (1999, 12), (1998, 11), (1999, 1)),
        ((11, 12, 1), "same", (2000, 2), (2000, 11), (2001, 1)),
        # The last twelve months.
        (tuple(range(1, 13)), "previous", (2000, 5), (1999, 1), (1999, 12)),
    ],
)
def test_a_window_is_the_run_of_months_that_it_says(
    months: tuple[int, ...],
    of: Any,
    month: tuple[int, int],
    first: tuple[int, int],
    last: tuple[int, int],
) -> None:
    run = Window(months, of, "mean").run(Month(*month))
    assert (run[0], run[-1]) == (Month(*first), Month(*last))
    assert [m.month for m in run] == list(months)


def test_a_name_may_come_once_only() -> None:
    with pytest.raises(Wco2Error, match="predictor 'clay' is there twice"):
        Catalogue.from_tables([STATIC, STATIC], Path())


@pytest.mark.parametrize("tables", [[], {}, None, 3, {"name": "a"}])
def test_an_empty_catalogue_is_refused(tables: Any) -> None:
    with pytest.raises(Wco2Error, match="names no predictor"):
        Catalogue.from_tables(tables, Path())


def test_an_unknown_predictor_is_named_with_the_nearest_one() -> None:
    catalogue = Catalogue.from_tables([STATIC, MONTHLY], Path())
    with pytest.raises(Wco2Error, match=r"has no predictor 't2n'.*Did you mean 't2m'"):
        catalogue.predictor("t2n")


def test_a_file_that_is_no_catalogue_is_refused_by_line(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text('[[predictor]]\nname = "a"\npath = a.tif\n')
    with pytest.raises(Wco2Error, match=r"catalogue\.toml is not valid TOML: .*line 3"):
        Catalogue.read(file)
    file.write_bytes(b'name = "\xe9"')
    with pytest.raises(Wco2Error, match="not in UTF-8"):
        Catalogue.read(file)
    file.write_text("")
    with pytest.raises(Wco2Error, match="names no predictor"):
        Catalogue.read(file)
    file.write_text("[[predictors]]\n")
    with pytest.raises(Wco2Error, match=r"unknown key 'predictors'.*'predictor'"):
        Catalogue.read(file)
    with pytest.raises(Wco2Error, match=r"Did you mean 'catalogue\.toml'"):
        Catalogue.read(tmp_path / "catalog.toml")


def test_a_file_that_starts_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.toml"
    file.write_text('[[predictor]]\nname = "a"\npath = "ä.tif"\n', encoding="utf-8-sig")
    assert Catalogue.read(file).predictor("a").path == "ä.tif"


@pytest.mark.parametrize("name", ["target", "n", "source", "Month", "region", "cell_size", "geom"])
def test_a_predictor_named_like_a_column_of_the_tables_is_refused(name: str) -> None:
    error = refused({**STATIC, "name": name})
    assert f"'{name}', which is a column of the observations" in error.message
    assert f"{name}_predictor" in error.hint


def test_predictors_that_differ_by_capitals_alone_are_refused() -> None:
    with pytest.raises(Wco2Error, match="is there twice"):
        Catalogue.from_tables([STATIC, {**STATIC, "name": "Clay"}], Path())
