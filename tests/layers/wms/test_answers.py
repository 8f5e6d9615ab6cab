# SPDX-License-Identifier: EUPL-1.2
"""Forms of answers: documents of both versions, exceptions, pictures that are shapes, features as GML."""

import io
import json
import os
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from layers.model import ColumnType, GeometryType, Layer
from layers.service import registry
from layers.wms import capabilities
from layers.wms.model import negotiated
from sdi.crs import SERVED
from sdi.settings import Settings
from sdi.web.app import warm
from tests.conftest import LayerMaker
from tests.layers.wms.conftest import Ask

GOLDEN = Path(__file__).parent / "golden"
WMS, SLD, OGC = "{http://www.opengis.net/wms}", "{http://www.opengis.net/sld}", "{http://www.opengis.net/ogc}"
XLINK = "{http://www.w3.org/1999/xlink}href"
INSPIRE = {
    "c": "http://inspire.ec.europa.eu/schemas/common/1.0",
    "v": "http://inspire.ec.europa.eu/schemas/inspire_vs/1.0",
}


def capabilities_of(client: FlaskClient, **query: str) -> bytes:
    """The document that is answered."""
    return client.get("/wms", query_string={"service": "WMS", "request": "GetCapabilities", **query}).data


def same_as_golden(name: str, document: bytes) -> None:
    """Compare with the accepted document, moments left out; `BRAMA_BLESS=1` accepts what came."""
    moment = r"2[0-9]{3}-[01][0-9]-[0-3][0-9](T[0-9:.]+Z)?(?=[\"/])"
    text = re.sub(moment, lambda found: found[0] if found[0] < "2026" else "MOMENT", document.decode())
    path = GOLDEN / name
    if os.environ.get("BRAMA_BLESS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
@pytest.mark.usefixtures("halves")
def test_the_document_is_the_accepted_one(client: FlaskClient, version: str) -> None:
    document = capabilities_of(client, version=version, language="eng")
    same_as_golden(f"capabilities_{version}.xml", document)
    etree.fromstring(document, etree.XMLParser(load_dtd=False))


@pytest.mark.parametrize(
    ("asked", "answered"),
    [(None, "1.3.0"), ("1.3.0", "1.3.0"), ("1.3.1", "1.3.0"), ("2.0.0", "1.3.0"), ("1.2.0", "1.1.1"),
     ("1.1.1", "1.1.1"), ("1.1.0", "1.1.1"), ("1.0.0", "1.1.1"), ("0.0.1", "1.1.1")],
)  # fmt: skip
def test_the_version_is_negotiated(asked: str | None, answered: str) -> None:
    assert negotiated(asked) == answered


@pytest.mark.usefixtures("halves")
def test_update_sequences(client: FlaskClient) -> None:
    current = etree.fromstring(capabilities_of(client)).get("updateSequence")
    report = etree.fromstring(capabilities_of(client, updatesequence=current))
    assert report[0].get("code") == "CurrentUpdateSequence"
    report = etree.fromstring(capabilities_of(client, updatesequence="2999-01-01T00:00:00.000000Z"))
    assert report[0].get("code") == "InvalidUpdateSequence"
    assert etree.fromstring(capabilities_of(client, updatesequence="1999-01-01")).tag == f"{WMS}WMS_Capabilities"


@pytest.mark.usefixtures("halves")
def test_inspires_languages_and_metadata(settings: Settings, app: Flask, client: FlaskClient) -> None:
    assert b"inspire" not in capabilities_of(client)  # nothing is claimed without the address that the schema demands
    brama = app.extensions["brama"]
    site = settings.site.model_copy(update={"contact": "sdi@example.pl", "phone": "22 1", "street": "A 1", "city": "B"})
    object.__setattr__(brama, "settings", settings.model_copy(update={"site": site}))
    registry_of(app).invalidate()
    for asked, answered, title in (("pol", "pol", "Połowy"), ("eng", "eng", "Halves"), ("deu", "pol", "Połowy")):
        root = etree.fromstring(capabilities_of(client, language=asked))
        found = root.find(".//v:ExtendedCapabilities", INSPIRE)
        assert found is not None
        assert found.findtext("c:ResponseLanguage/c:Language", namespaces=INSPIRE) == answered
        assert found.findtext("c:SupportedLanguages/c:DefaultLanguage/c:Language", namespaces=INSPIRE) == "pol"
        assert found.findtext("c:SpatialDataServiceType", namespaces=INSPIRE) == "view"
        assert title in (root.findtext(f".//{WMS}Layer/{WMS}Layer/{WMS}Layer/{WMS}Abstract") or "")
    assert root.findtext(f".//{WMS}ContactElectronicMailAddress") == "sdi@example.pl"


def registry_of(app: Flask) -> object:
    """The application's registry of layers."""
    with app.app_context():
        return registry()


@pytest.mark.usefixtures("halves")
def test_an_organisations_service_bears_its_name_and_links_to_itself(
    client: FlaskClient, add_layer: LayerMaker
) -> None:
    add_layer("wells", GeometryType.POINT, {}, [["POINT(635000 485000)"]], organisation="gabin")
    document = client.get("/o/gabin/wms?service=WMS&request=GetCapabilities").data
    root = etree.fromstring(document)
    assert root.findtext(f".//{WMS}ContactOrganization") == "Gąbin"
    assert [name.text for name in root.iter(f"{WMS}Name")] == [
        "WMS", "theme:administrative-boundaries", "wells", "default",
    ]  # fmt: skip
    links = [element.get(XLINK) for element in root.iter(f"{WMS}OnlineResource")]
    assert all(link.startswith("http://127.0.0.1:8080/o/gabin/") for link in links)


@pytest.mark.usefixtures("drawing", "halves")
def test_links_of_the_document_lead_to_what_they_say(client: FlaskClient) -> None:
    root = etree.fromstring(capabilities_of(client))
    legend = root.find(f".//{WMS}LegendURL")
    picture = client.get(legend.find(f"{WMS}OnlineResource").get(XLINK).removeprefix("http://127.0.0.1:8080"))
    assert Image.open(io.BytesIO(picture.data)).size == (int(legend.get("width")), int(legend.get("height")))
    data = root.find(f".//{WMS}DataURL")
    answer = client.get(data.find(f"{WMS}OnlineResource").get(XLINK).removeprefix("http://127.0.0.1:8080"))
    assert answer.mimetype == data.findtext(f"{WMS}Format")


@pytest.mark.usefixtures("halves")
def test_scales_of_the_rules_become_scales_of_the_layer(add_layer: LayerMaker, client: FlaskClient, app: Flask) -> None:
    rules = [{"name": "", "symbolizers": [{"kind": "Mark"}], "scaleDenominator": {"min": 1000.0, "max": 50000.0}}]
    layer = add_layer("spots", GeometryType.POINT, {}, [["POINT(635000 485000)"]])
    with app.extensions["brama"].database.owner.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE layers.style SET definition = %s::jsonb WHERE layer_id = %s",
            (json.dumps({"name": "x", "rules": rules}), layer.id),
        )
    registry_of(app).invalidate()
    root = etree.fromstring(capabilities_of(client))
    assert [e.text for e in root.iter(f"{WMS}MinScaleDenominator", f"{WMS}MaxScaleDenominator")] == [
        "1000.0",
        "50000.0",
    ]
    old = etree.fromstring(capabilities_of(client, version="1.1.1"))
    assert float(old.find(".//ScaleHint").get("max")) == pytest.approx(50000 * 0.00028 * 2**0.5)


def test_prepared_documents_cost_nothing(app: Flask, client: FlaskClient, add_layer: LayerMaker) -> None:
    add_layer("a", GeometryType.POINT, {}, [["POINT(635000 485000)"]])
    warm(app)
    made: list[object] = []
    original = capabilities.render_template
    capabilities.render_template = lambda *args, **kwargs: made.append(args) or original(*args, **kwargs)  # type: ignore[assignment, func-returns-value]
    try:
        for version in ("1.3.0", "1.1.1"):
            for language in ("pol", "eng"):
                assert b"Layer a" in capabilities_of(client, version=version, language=language) or language == "pol"
    finally:
        capabilities.render_template = original
    assert made == []


@pytest.mark.parametrize(("version", "kind"), [("1.3.0", "XML"), ("1.1.1", "application/vnd.ogc.se_xml"),
                                               ("1.3.0", None), ("1.1.1", None), ("1.3.0", "nonsense")])  # fmt: skip
@pytest.mark.usefixtures("halves")
def test_a_report_has_the_form_of_its_version(ask: Ask, version: str, kind: str | None) -> None:
    answer = ask(version=version, layers="nothing", exceptions=kind, srs="EPSG:2180")
    root = etree.fromstring(answer.data)
    assert root.get("version") == version
    assert root[0].get("code") == "LayerNotDefined"
    assert answer.mimetype == ("text/xml" if version == "1.3.0" else "application/vnd.ogc.se_xml")


@pytest.mark.usefixtures("drawing", "halves")
def test_an_exception_can_be_a_picture(ask: Ask) -> None:
    names = {"1.3.0": ("BLANK", "INIMAGE"), "1.1.1": ("application/vnd.ogc.se_blank", "application/vnd.ogc.se_inimage")}
    for version, (blank, written) in names.items():
        red = ask(version=version, layers="nothing", exceptions=blank, bgcolor="0xFF0000", transparent="FALSE")
        image = Image.open(io.BytesIO(red.data))
        assert image.convert("RGB").getcolors() == [(40 * 40, (255, 0, 0))]
        clear = Image.open(io.BytesIO(ask(version=version, layers="nothing", exceptions=blank).data))
        assert clear.convert("RGBA").getchannel("A").getextrema() == (0, 0)
        answer = ask(
            version=version, layers="nothing", exceptions=written, width="300", height="60", format="image/jpeg"
        )
        assert answer.mimetype == "image/jpeg"
        assert len(Image.open(io.BytesIO(answer.data)).convert("RGB").getcolors(1 << 20)) > 10


@pytest.mark.usefixtures("drawing", "halves")
def test_shapes_as_svg_and_pdf(ask: Ask) -> None:
    svg = ask(format="image/svg+xml", width="400", height="200")
    root = etree.fromstring(svg.data)
    assert (root.get("width"), root.get("height"), svg.mimetype) == ("400", "200", "image/svg+xml")
    assert sum(1 for _ in root.iter("{http://www.w3.org/2000/svg}path")) >= 2
    pdf = ask(format="application/pdf", width="600", height="300", dpi="300")
    assert pdf.mimetype == "application/pdf"
    assert pdf.data.startswith(b"%PDF-")
    assert len(pdf.data) > 500


@pytest.mark.usefixtures("halves")
def test_features_as_gml(ask: Ask, add_layer: LayerMaker) -> None:
    add_layer("odd", GeometryType.POINT, {"dziwna Nazwa": ColumnType.TEXT, "2020": ColumnType.INTEGER},
              [["POINT(635000 485000)", "a<&\u0001>b", 7]])  # fmt: skip
    for form in ("application/vnd.ogc.gml", "text/xml"):
        answer = ask(request="GetFeatureInfo", layers="halves,odd", query_layers="odd,halves", i="20", j="20",
                     feature_count="5", info_format=form)  # fmt: skip
        assert answer.mimetype == form
        members = list(etree.fromstring(answer.data).iter("{http://www.opengis.net/gml}featureMember"))
        assert [member[0].get("fid") for member in members] == ["odd.1", "halves.1", "halves.2"]
        assert [child.text for child in members[0][0]][:2] == ["a<&>b", "7"]
        (place,) = members[0].iter("{http://www.opengis.net/gml}coordinates")
        assert place.text == "635000,485000"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"query_layers": "theme:granice"}, "LayerNotQueryable"),
        ({"query_layers": "nothing"}, "LayerNotDefined"),
        ({"i": "40"}, "InvalidPoint"),
        ({"j": "1.5"}, "InvalidPoint"),
        ({"info_format": "text/xhtml"}, "InvalidFormat"),
        ({"crs": "EPSG:1"}, "InvalidCRS"),
        ({"time": "1066"}, "InvalidDimensionValue"),
        ({"version": "1.1.1", "crs": None, "srs": "EPSG:1"}, "InvalidSRS"),
        ({"version": "1.1.1", "crs": None, "srs": "EPSG:2180", "x": "99", "y": "1"}, "InvalidPoint"),
    ],
)
@pytest.mark.usefixtures("halves")
def test_codes_of_a_wrong_question(ask: Ask, changes: dict[str, str | None], code: str) -> None:
    query = {"request": "GetFeatureInfo", "query_layers": "halves", "i": "1", "j": "1"} | changes
    assert etree.fromstring(ask(**query).data)[0].get("code") == code


@pytest.mark.usefixtures("halves")
def test_a_question_honours_filter_time_and_count(ask: Ask) -> None:
    def found(**changes: str) -> list[int]:
        answer = ask(request="GetFeatureInfo", query_layers="halves", i="20", j="20", info_format="application/json",
                     buffer="5", **changes)  # fmt: skip
        return [feature["id"] for feature in answer.json["features"]]

    assert found() == [1]
    assert found(feature_count="9") == [1, 2]
    assert found(feature_count="9", filter="people > 15") == [2]
    assert found(feature_count="9", time="2002") == [1]
    assert found(feature_count="9", layers="theme:granice") == [1, 2]
    assert (
        ask(request="GetFeatureInfo", query_layers="halves", i="2", j="2", time="2002").headers.get("Warning") is None
    )
    warning = ask(request="GetFeatureInfo", query_layers="halves", i="2", j="2").headers["Warning"]
    assert warning.startswith("99 Default value used: time=2001-01-01/")


@pytest.mark.usefixtures("halves")
def test_what_sld_adds(ask: Ask) -> None:
    described = etree.fromstring(ask(request="DescribeLayer").data)
    assert described.findtext(".//{http://www.opengis.net/se}FeatureTypeName") == "halves"
    old = ask(request="DescribeLayer", version="1.1.1")
    assert b'<Query typeName="halves"/>' in old.data
    for version in ("1.0.0", "1.1.0"):
        styles = etree.fromstring(ask(request="GetStyles", sld_version=version).data)
        assert styles.get("version") == version
        assert len(list(styles.iter(f"{SLD}UserStyle"))) == 1
    data = ask(request="GetLegendGraphic", layer="halves", format="application/json").json
    assert data["Legend"][0]["rules"][0]["symbolizers"][0]["kind"] == "Fill"


@pytest.mark.usefixtures("drawing", "halves")
def test_legends_follow_size_and_rule(ask: Ask) -> None:
    def size(height: str | None = None) -> tuple[int, int]:
        answer = ask(request="GetLegendGraphic", layer="halves", width=None, height=height)
        return Image.open(io.BytesIO(answer.data)).size

    narrow, high = size()
    assert size(height="40") == pytest.approx((2 * narrow, 2 * high), abs=2)
    answer = ask(request="GetLegendGraphic", layer="halves", rule="nothing", width=None, height=None)
    assert answer.status_code == 404


@pytest.mark.usefixtures("drawing", "halves")
def test_a_form_is_answered_as_an_address(client: FlaskClient) -> None:
    query = {"service": "WMS", "version": "1.3.0", "request": "GetMap", "layers": "halves", "styles": "",
             "crs": "EPSG:2180", "bbox": "480000,630000,490000,640000", "width": "40", "height": "40",
             "format": "image/png"}  # fmt: skip
    assert client.post("/wms", data=query).data == client.get("/wms", query_string=query).data
    refused = client.post("/wms", data=b"<GetMap/>", content_type="text/xml")
    assert etree.fromstring(refused.data)[0].get("code") == "OperationNotSupported"


@pytest.mark.usefixtures("drawing", "halves")
def test_a_map_that_would_read_too_much_is_refused_before_it_is_drawn(ask: Ask, app: Flask, halves: Layer) -> None:
    with app.extensions["brama"].database.owner.begin() as connection:
        connection.exec_driver_sql("UPDATE layers.layer SET feature_count = 90000000 WHERE id = 'halves'")
    registry_of(app).invalidate()
    answer = ask()
    assert answer.status_code == 413
    assert "features" in etree.fromstring(answer.data)[0].text
    far = ask(bbox="480000,130000,490000,140000")
    assert far.status_code == 200


FINITE = st.floats(-1e8, 1e8, allow_nan=False)


@given(
    st.tuples(FINITE, FINITE, FINITE, FINITE),
    st.sampled_from([system.name for system in SERVED]),
    st.sampled_from(["1.3.0", "1.1.1"]),
    st.tuples(st.integers(-2, 300), st.integers(-2, 300)),
    st.sampled_from(["image/png", "image/jpeg", "image/svg+xml", "application/pdf"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("drawing", "halves")
def test_no_box_crs_or_size_is_an_error_of_the_servers(
    ask: Ask, box: tuple[float, ...], system: str, version: str, size: tuple[int, int], form: str
) -> None:
    query = {"version": version, "crs": system, "srs": system, "bbox": ",".join(map(str, box)), "width": str(size[0]),
             "height": str(size[1])}  # fmt: skip
    assert ask(**query, format=form).status_code in (200, 400, 413)
    info = ask(**query, request="GetFeatureInfo", query_layers="halves", i="0", j="0", x="0", y="0")
    assert info.status_code in (200, 400, 413)
