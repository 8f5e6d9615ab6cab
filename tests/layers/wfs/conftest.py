# SPDX-License-Identifier: EUPL-1.2
"""Two layers with every type of attribute, and short ways to ask for them."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree

from layers.model import ColumnType, GeometryType, Layer
from tests.conftest import LayerMaker

NAMESPACES = {
    "wfs": "http://www.opengis.net/wfs/2.0",
    "wfs11": "http://www.opengis.net/wfs",
    "fes": "http://www.opengis.net/fes/2.0",
    "ogc": "http://www.opengis.net/ogc",
    "ows": "http://www.opengis.net/ows/1.1",
    "ows10": "http://www.opengis.net/ows",
    "gml": "http://www.opengis.net/gml/3.2",
    "gml31": "http://www.opengis.net/gml",
    "app": "http://127.0.0.1:8080/features",
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "inspire_dls": "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0",
    "inspire_common": "http://inspire.ec.europa.eu/schemas/common/1.0",
}
COLUMNS = {
    "name": ColumnType.TEXT,
    "people": ColumnType.INTEGER,
    "area": ColumnType.NUMBER,
    "open": ColumnType.BOOLEAN,
    "since": ColumnType.DATE,
    "seen": ColumnType.TIMESTAMP,
}
WARSAW = "MULTIPOLYGON(((636000 486000,638000 486000,638000 488000,636000 488000,636000 486000)),((640000 486000,641000 486000,641000 487000,640000 486000)))"  # noqa: E501
PLOCK = "MULTIPOLYGON(((540000 520000,541000 520000,541000 521000,540000 521000,540000 520000)))"
RADOM = "MULTIPOLYGON(((632000 395000,634000 395000,634000 397000,632000 397000,632000 395000),(632500 395500,633000 395500,633000 396000,632500 395500)))"  # noqa: E501
ROWS = [
    [WARSAW, "Warszawa <&> 'Żoliborz'\x07", 9007199254740993, 517.24, True, "1994-03-25", "2026-01-31T12:00:00.5Z"],
    [PLOCK, "Płock", 113660, 88.04, False, "1237-01-01", None],
    [RADOM, "Radom", None, None, None, None, "2020-06-01T00:00:00Z"],
    [None, "Nigdzie", 0, float("inf"), True, "infinity", "2020-06-01T00:00:00Z"],
]
PALACE = (21.00604, 52.23182)
Ask = Callable[..., etree._Element]


@pytest.fixture
def towns(add_layer: LayerMaker) -> Layer:
    """Four towns in EPSG:2180 as multipolygons; one has no geometry."""
    return add_layer("towns", GeometryType.MULTIPOLYGON, COLUMNS, ROWS, keywords=("a & b",), notice={"pl": "x < y"})


@pytest.fixture
def points(add_layer: LayerMaker) -> Layer:
    """Twelve points in a row, the seventh the Palace of Culture, in EPSG:4326."""
    rows = [[f"POINT({PALACE[0] + (n - 6) / 100} {PALACE[1]})", f"p{n}", n] for n in range(12)]
    columns = {"name": ColumnType.TEXT, "n": ColumnType.INTEGER}
    return add_layer("points", GeometryType.POINT, columns, rows, srid=4326)


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    """The root of the answer to key-value pairs, in 2.0.0 unless said; `status` is what it must be."""

    def get(status: int = 200, **pairs: Any) -> etree._Element:
        query = {"service": "WFS", "version": "2.0.0", **pairs}
        answer = client.get("/wfs", query_string={key: value for key, value in query.items() if value is not None})
        assert answer.status_code == status, answer.text
        return etree.fromstring(answer.data)

    return get


@pytest.fixture
def post(client: FlaskClient) -> Ask:
    """The root of the answer to a document."""

    def send(body: str, status: int = 200) -> etree._Element:
        answer = client.post("/wfs", data=body.encode(), content_type="application/xml")
        assert answer.status_code == status, answer.text
        return etree.fromstring(answer.data)

    return send


def texts(root: etree._Element, path: str) -> list[str]:
    """Texts or attributes at a path."""
    return [str(found) for found in root.xpath(path, namespaces=NAMESPACES)]


def ids(root: etree._Element, version: str = "2.0.0") -> list[str]:
    """The identifiers of the features of a collection, in their order."""
    if version == "1.1.0":
        return texts(root, "//gml31:featureMember/*/@gml31:id")
    return texts(root, "//wfs:member/*/@gml:id")


def refusal(root: etree._Element) -> tuple[str, str]:
    """Code and locator of an exception report of 2.0.0."""
    assert (etree.QName(root).localname, root.get("version")) == ("ExceptionReport", "2.0.0")
    return root[0].get("exceptionCode"), root[0].get("locator", "")
