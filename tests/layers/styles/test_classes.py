# SPDX-License-Identifier: EUPL-1.2
"""Classes of a column's values: by the database, for styles that draw each feature once."""

import itertools
import random
from typing import Any

import pytest
from flask.testing import FlaskClient

from layers.model import ColumnType, GeometryType
from layers.styles.classes import _split
from layers.styles.palettes import PALETTES, colours
from tests.conftest import LayerMaker

VALUES = [*range(10), *range(100, 110), *range(500, 505)]


@pytest.fixture
def measured(add_layer: LayerMaker) -> None:
    """25 points in three heaps of values; one has no value."""
    columns = {"n": ColumnType.INTEGER, "kind": ColumnType.TEXT, "day": ColumnType.DATE}
    rows: list[list[object]] = [["POINT(500000 500000)", value, "abc"[value % 3], "2024-01-01"] for value in VALUES]
    add_layer("measured", GeometryType.POINT, columns, [*rows, ["POINT(500000 500000)", None, None, None]])


def ask(client: FlaskClient, **query: Any) -> Any:
    """The answer for these parameters."""
    return client.get("/api/layers/measured/classes", query_string=query).get_json()


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    ("method", "breaks"),
    [
        ("equal", [0, 168, 336, 504]),
        ("jenks", [0, 100, 500, 504]),
        ("quantile", [0, 8, 106 + 0, 504]),
    ],
)
def test_numbers_fall_into_classes(client: FlaskClient, method: str, breaks: list[float]) -> None:
    found = ask(client, column="n", method=method, classes=3)["classes"]
    assert [one["low"] for one in found] + [found[-1]["high"]] == breaks
    assert sum(one["count"] for one in found) == len(VALUES)
    counted = [sum(low <= value < high for value in VALUES) for low, high in itertools.pairwise([*breaks[:-1], 1e9])]
    assert [one["count"] for one in found] == counted


@pytest.mark.usefixtures("measured")
def test_deviations_lie_around_the_mean(client: FlaskClient) -> None:
    found = ask(client, column="n", method="deviation", classes=4)["classes"]
    mean = sum(VALUES) / len(VALUES)
    assert any(one["low"] == pytest.approx(mean) for one in found)
    assert (found[0]["low"], found[-1]["high"]) == (0, 504)


@pytest.mark.usefixtures("measured")
def test_unique_values_come_by_frequency(client: FlaskClient) -> None:
    answer = ask(client, column="kind", method="unique", classes=2)
    assert [(one["value"], one["count"]) for one in answer["classes"]] == [("a", 9), ("b", 8)]
    assert [rule["filter"] for rule in answer["style"]["rules"]] == [["==", "kind", "a"], ["==", "kind", "b"]]
    assert ask(client, column="day", method="unique")["classes"][0] == {"value": "2024-01-01", "count": 25}


@pytest.mark.usefixtures("measured")
def test_a_style_of_classes_draws_each_feature_once(client: FlaskClient) -> None:
    style = ask(client, column="n", method="quantile", classes=4)["style"]
    for value in VALUES:
        drawn = 0
        for rule in style["rules"]:
            _, (_, _, low), (operator, _, high) = rule["filter"]
            drawn += low <= value and (value <= high if operator == "<=" else value < high)
        assert drawn == 1, value
    assert len({rule["symbolizers"][0]["color"] for rule in style["rules"]}) == 4


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"column": "secret"}, 400),
        ({"column": "kind", "method": "jenks"}, 400),
        ({"column": "n", "classes": 13}, 400),
        ({"column": "n", "method": "wild"}, 400),
        ({"method": "unique"}, 400),
    ],
)
def test_what_cannot_be_classed_is_refused(client: FlaskClient, query: dict[str, Any], status: int) -> None:
    assert client.get("/api/layers/measured/classes", query_string=query).status_code == status


def test_natural_breaks_have_the_least_squares_of_all() -> None:
    chance = random.Random(7)
    for _ in range(20):
        values = sorted(chance.uniform(0, 100) for _ in range(9))
        starts = _split([(1, value, value * value) for value in values], 3)

        def squares(cuts: list[int], values: list[float] = values) -> float:
            total = 0.0
            for low, high in itertools.pairwise([*cuts, len(values)]):
                part = values[low:high]
                mean = sum(part) / len(part)
                total += sum((value - mean) ** 2 for value in part)
            return total

        every = ([0, *inner] for inner in itertools.combinations(range(1, 9), 2))
        assert squares(starts) == pytest.approx(min(map(squares, every)))


@pytest.mark.parametrize("name", PALETTES)
def test_palettes_have_as_many_colours_as_asked(name: Any) -> None:
    for count in range(1, 13):
        found = colours(name, count)
        assert len(found) == count
        assert all(len(colour) == 7 for colour in found)
        assert name == "Tol" or len(set(found)) == count


@pytest.mark.usefixtures("measured")
def test_a_style_is_turned_into_another_language_without_being_stored(client: FlaskClient) -> None:
    body = {"name": "x", "rules": [{"symbolizers": [{"kind": "Mark", "radius": 4}]}]}
    sld = client.post("/api/layers/measured/style?f=sld11", json=body)
    assert sld.content_type == "application/vnd.ogc.sld+xml;version=1.1"
    back = client.post("/api/layers/measured/style", data=sld.data, content_type="application/xml").get_json()
    assert back["style"]["rules"][0]["symbolizers"][0]["radius"] == 4
    assert back["warnings"] == []
    wrong = {"rules": [{"symbolizers": [{"kind": "Line", "width": 999}]}]}
    answer = client.post("/api/layers/measured/style", json=wrong)
    assert answer.status_code == 422
    assert "rules.0.symbolizers.0.Line.width" in answer.get_json()["detail"]
