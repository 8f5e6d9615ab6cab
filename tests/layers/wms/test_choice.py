# SPDX-License-Identifier: EUPL-1.2
"""What of a layer is shown: filters, times, styles that the request brings, groups of layers."""

from collections.abc import Callable

import pytest
from lxml import etree
from werkzeug.test import TestResponse

from layers.model import GeometryType, Layer
from layers.wms.model import InvalidDimensionValue
from layers.wms.times import read_times
from sdi.people.model import Principal
from tests.conftest import LayerMaker
from tests.layers.wms.conftest import NORTH, SOUTH, Ask, shown

BOTH, NORTH_ONLY, SOUTH_ONLY, NONE = (True, True), (True, False), (False, True), (False, False)
SignIn = Callable[..., tuple[Principal, dict[str, str]]]


def code(answer: TestResponse) -> str | None:
    """The code of an exception report."""
    assert 400 <= answer.status_code < 502, answer.status_code
    return etree.fromstring(answer.data)[0].get("code")


def red(name: str, filter_: str = "") -> str:
    """An SLD that draws a layer red."""
    return (
        '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"'
        ' xmlns:ogc="http://www.opengis.net/ogc">'
        f"<NamedLayer><Name>{name}</Name><UserStyle><Name>mine</Name><FeatureTypeStyle><Rule>{filter_}<PolygonSymbolizer>"
        '<Fill><CssParameter name="fill">#ff0000</CssParameter></Fill></PolygonSymbolizer></Rule></FeatureTypeStyle>'
        "</UserStyle></NamedLayer></StyledLayerDescriptor>"
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, BOTH),
        ({"cql_filter": "people > 15"}, SOUTH_ONLY),
        ({"filter": "people < 15"}, NORTH_ONLY),
        ({"filter": "name = 'Połu;dnie'"}, SOUTH_ONLY),
        ({"filter": "INCLUDE"}, BOTH),
        ({"filter": "people > 100"}, NONE),
        ({"layers": "halves,halves", "filter": "people > 100;people > 15"}, SOUTH_ONLY),
        ({"layers": "halves,halves", "filter": ";people > 15"}, BOTH),
        ({"filter": "S_INTERSECTS(geom, POINT(20.95 52.24))"}, NORTH_ONLY),
        ({"filter": "S_INTERSECTS(geom, POINT(488000 635000))", "filter_crs": "EPSG:2180"}, NORTH_ONLY),
        (
            {
                "filter": "<Filter xmlns='http://www.opengis.net/ogc'><PropertyIsEqualTo><PropertyName>people</PropertyName>"
                "<Literal>20</Literal></PropertyIsEqualTo></Filter>"
            },
            SOUTH_ONLY,
        ),
        (
            {
                "layers": "halves,halves",
                "filter": "(<Filter xmlns='http://www.opengis.net/ogc'><FeatureId fid='1'/></Filter>)"
                "(<Filter xmlns='http://www.opengis.net/ogc'><FeatureId fid='1'/></Filter>)",
            },
            NORTH_ONLY,
        ),
        ({"time": "2002"}, NORTH_ONLY),
        ({"time": "2002-05-01"}, NORTH_ONLY),
        ({"time": "2005"}, BOTH),
        ({"time": "2010-05-01T12:00:00Z"}, SOUTH_ONLY),
        ({"time": "2001-01-01/2003-01-01"}, NORTH_ONLY),
        ({"time": "2002/2010/P1Y"}, BOTH),
        ({"time": "2006/2010/P1Y"}, SOUTH_ONLY),
        ({"time": "2002,2003"}, NORTH_ONLY),
        ({"time": "current"}, SOUTH_ONLY),
        ({"time": "9999-12-31"}, SOUTH_ONLY),
        ({"time": "2005", "filter": "people < 15"}, NORTH_ONLY),
    ],
)
@pytest.mark.usefixtures("drawing", "halves")
def test_a_map_shows_what_its_filter_and_its_time_mean(ask: Ask, changes: dict[str, str], expected: object) -> None:
    assert shown(ask(**changes)) == expected


@pytest.mark.usefixtures("drawing")
def test_a_hidden_layer_is_filtered_by_bound_values_the_same_way(
    ask: Ask, add_layer: LayerMaker, sign_in: SignIn, halves: Layer
) -> None:
    rows = [[NORTH, "Północ", 10, "2001-01-01", "2005-12-31"], [SOUTH, "Połu'dnie", 20, "2004-01-01", None]]
    columns = {column.name: column.type for column in halves.columns}
    add_layer("hidden", GeometryType.POLYGON, columns, rows, organisation="gabin", visibility="organisation",
              time_start="since", time_end="until")  # fmt: skip
    _, clerk = sign_in("clerk", "ingest")
    assert shown(ask(clerk, layers="hidden")) == BOTH
    assert shown(ask(clerk, layers="hidden", filter="name = 'Połu''dnie'")) == SOUTH_ONLY
    assert shown(ask(clerk, layers="hidden", time="2002")) == NORTH_ONLY
    assert code(ask(layers="hidden", filter="people > 1")) == "LayerNotDefined"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"filter": "people >"}, None),
        ({"filter": "nothing = 1"}, None),
        ({"filter": "people = 1;people = 2"}, None),
        ({"layers": "halves,halves", "filter": "people = 1"}, None),
        ({"filter": "people = 1", "cql_filter": "people = 1"}, None),
        ({"filter": "(" * 2000 + "people = 1" + ")" * 2000}, None),
        ({"filter": "<Filter"}, None),
        ({"filter": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Filter>&e;</Filter>"}, None),
        ({"filter": "name = '\x00'"}, None),
        ({"layers": "theme:granice", "filter": "people = 1"}, None),
        ({"time": "yesterday"}, "InvalidDimensionValue"),
        ({"time": "2002-13-01"}, "InvalidDimensionValue"),
        ({"time": "2005/2001"}, "InvalidDimensionValue"),
        ({"time": "2001/2005/P0D"}, "InvalidDimensionValue"),
        ({"time": "2001-01-01T00:00:00Z/2005-01-01T00:00:00Z/PT7S"}, "InvalidDimensionValue"),
        ({"time": "1990"}, "InvalidDimensionValue"),
        ({"time": ",".join(["2002"] * 200)}, "InvalidDimensionValue"),
        ({"sld": "http://127.0.0.1:1/style.sld"}, "OperationNotSupported"),
        ({"sld_body": "<x/>"}, None),
        ({"sld_body": red("halves").replace("#ff0000", "red; x")}, None),
        ({"sld_body": red("halves", "<ogc:Filter><ogc:PropertyIsNull><ogc:PropertyName>nothing</ogc:PropertyName>"
                          "</ogc:PropertyIsNull></ogc:Filter>")}, None),
        ({"layers": None, "sld_body": red("nothing")}, None),
        ({"layers": "theme:nothing"}, "LayerNotDefined"),
        ({"layers": "theme:granice", "styles": "x"}, "StyleNotDefined"),
        ({"layers": None}, None),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("drawing", "halves")
def test_a_choice_that_cannot_be_met_is_refused(ask: Ask, changes: dict[str, str | None], expected: str | None) -> None:
    assert code(ask(**changes)) == expected


@pytest.mark.usefixtures("drawing", "halves")
def test_a_style_that_the_request_brings_is_drawn(ask: Ask) -> None:
    plain = ask()
    for changes in ({}, {"layers": None}, {"styles": "mine"}):
        answer = ask(sld_body=red("halves"), **changes)
        assert shown(answer) == BOTH
        assert answer.data != plain.data
    condition = ("<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>people</ogc:PropertyName><ogc:Literal>20"
                 "</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>")  # fmt: skip
    assert shown(ask(sld_body=red("halves", condition))) == SOUTH_ONLY
    assert ask(sld_body=red("halves"), styles="default").data == plain.data


@pytest.mark.usefixtures("drawing")
def test_a_group_is_drawn_as_its_layers_areas_under_points(ask: Ask, add_layer: LayerMaker, halves: Layer) -> None:
    add_layer("spots", GeometryType.POINT, {}, [["POINT(635000 485000)"]], theme="granice", position=1)
    assert ask(layers="theme:granice").data == ask(layers="halves,spots").data
    assert ask(layers="theme:granice").data != ask(layers="spots,halves").data


@pytest.mark.parametrize(
    ("value", "spans"),
    [
        ("2002", [("2002-01-01T00:00:00", "2002-12-31T23:59:59.999999")]),
        ("2004-02", [("2004-02-01T00:00:00", "2004-02-29T23:59:59.999999")]),
        ("2004-02-29", [("2004-02-29T00:00:00", "2004-02-29T23:59:59.999999")]),
        ("2004-02-29T10", [("2004-02-29T10:00:00", "2004-02-29T10:59:59.999999")]),
        ("2004-02-29T10:05Z", [("2004-02-29T10:05:00", "2004-02-29T10:05:59.999999")]),
        ("2004-02-29T10:05:06+01:00", [("2004-02-29T09:05:06", "2004-02-29T09:05:06.999999")]),
        ("2004-02-29T10:05:06.5Z", [("2004-02-29T10:05:06.500000", "2004-02-29T10:05:06.500000")]),
        ("2001/2002", [("2001-01-01T00:00:00", "2002-12-31T23:59:59.999999")]),
        ("2001-01-01/2001-01-31/P1D", [("2001-01-01T00:00:00", "2001-01-31T23:59:59.999999")]),
        (
            "2001-01-01/2001-03-01/P1M",
            [(f"2001-0{month}-01T00:00:00", f"2001-0{month}-01T23:59:59.999999") for month in (1, 2, 3)],
        ),
    ],
)
def test_a_time_is_as_long_as_it_is_written(value: str, spans: list[tuple[str, str]]) -> None:
    found = [(span.start.replace(tzinfo=None).isoformat(), span.end.replace(tzinfo=None).isoformat())
             for span in read_times(value)]  # fmt: skip
    assert found == spans


@pytest.mark.parametrize("value", ["", "2002-1-1", "20020101", "P1D", "2002/2003/2004/P1Y", "2001/2002/1Y", "0000",
                                   "2001/9999/P9999Y", "2001-01-01/2001-12-31/PT", "9999/9999/P1Y"])  # fmt: skip
def test_what_is_no_time_is_refused_or_read(value: str) -> None:
    try:
        assert read_times(value)
    except InvalidDimensionValue as error:
        assert error.locator == "time"
