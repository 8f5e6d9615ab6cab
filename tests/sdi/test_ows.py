# SPDX-License-Identifier: EUPL-1.2
"""Exception reports: each dialect's form, codes and status, made for every error of a blueprint."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask, abort, request
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sdi.errors import BramaError, InvalidParameter, MissingParameter, NotFound, TooBusy, Unauthenticated, Unsupported
from sdi.web.ows import Dialect, exception_report, handle
from sdi.web.rights import public

OGC = "{http://www.opengis.net/ogc}"
OWS_1_0 = "{http://www.opengis.net/ows}"
OWS_1_1 = "{http://www.opengis.net/ows/1.1}"


@pytest.mark.parametrize(
    ("dialect", "namespace", "version"),
    [(Dialect.OWS_1_0, OWS_1_0, "1.0.0"), (Dialect.OWS_1_1, OWS_1_1, "1.1.0"), (Dialect.WFS_2_0, OWS_1_1, "2.0.0")],
)
def test_ows_reports_name_code_locator_and_text(dialect: Dialect, namespace: str, version: str) -> None:
    answer = exception_report(MissingParameter("Give <it> & \x07 all.", locator="typeNames"), dialect)
    root = etree.fromstring(answer.data)
    assert (root.tag, root.get("version")) == (f"{namespace}ExceptionReport", version)
    assert (root[0].get("exceptionCode"), root[0].get("locator")) == ("MissingParameterValue", "typeNames")
    assert root[0][0].text == "Give <it> &  all."
    assert (answer.status_code, answer.mimetype) == (400, "application/xml")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("x", locator="layers"), "LayerNotDefined"),
        (InvalidParameter("x", locator="STYLES"), "StyleNotDefined"),
        (InvalidParameter("x", locator="crs"), "InvalidCRS"),
        (InvalidParameter("x", locator="srs"), "InvalidSRS"),
        (InvalidParameter("x", locator="format"), "InvalidFormat"),
        (InvalidParameter("x", locator="i"), "InvalidPoint"),
        (InvalidParameter("x", locator="width"), None),
        (MissingParameter("x", locator="layers"), None),
        (Unsupported("x", locator="request"), "OperationNotSupported"),
        (BramaError("x"), None),
    ],
)
def test_wms_reports_use_the_codes_of_wms(error: BramaError, code: str | None) -> None:
    new = etree.fromstring(exception_report(error, Dialect.WMS_1_3).data)
    assert (new.tag, new.get("version")) == (f"{OGC}ServiceExceptionReport", "1.3.0")
    assert (new[0].get("code"), new[0].get("locator")) == (code, error.locator)
    answer = exception_report(error, Dialect.WMS_1_1)
    old = etree.fromstring(answer.data)
    assert (old.tag, old.get("version"), old[0].get("code")) == ("ServiceExceptionReport", "1.1.1", code)
    assert answer.mimetype == "application/vnd.ogc.se_xml"
    assert old[0].text == "x"


def test_headers_say_how_to_go_on() -> None:
    assert "Bearer" in exception_report(Unauthenticated("x"), Dialect.OWS_1_0).headers["WWW-Authenticate"]
    assert exception_report(TooBusy("x"), Dialect.WMS_1_3).headers["Retry-After"] == "2"


@given(st.text(max_size=200), st.text(max_size=50), st.sampled_from(list(Dialect)))
def test_any_message_makes_well_formed_xml(message: str, locator: str, dialect: Dialect) -> None:
    etree.fromstring(exception_report(InvalidParameter(message, locator=locator), dialect).data)


@pytest.fixture
def client() -> FlaskClient:
    blueprint = Blueprint("ows_trial", __name__)
    handle(blueprint, lambda: Dialect.WMS_1_1 if request.args.get("version") == "1.1.1" else Dialect.WMS_1_3)

    def broken() -> str:
        raise ZeroDivisionError

    faults: dict[str, Callable[[], object]] = {
        "broken": broken,
        "large": lambda: abort(413),
        "gone": lambda: abort(410),
    }
    blueprint.add_url_rule("/ows/<fault>", "ows", public(lambda fault: str(faults[fault]())), methods=["GET"])
    app = Flask("trial")
    app.register_blueprint(blueprint)
    return app.test_client()


@pytest.mark.parametrize(("fault", "status"), [("broken", 500), ("large", 413), ("gone", 410)])
def test_every_error_of_a_blueprint_is_reported(client: FlaskClient, fault: str, status: int) -> None:
    answer = client.get(f"/ows/{fault}")
    assert answer.status_code == status
    assert etree.fromstring(answer.data).tag == f"{OGC}ServiceExceptionReport"
    assert b"ZeroDivision" not in answer.data
    assert etree.fromstring(client.get(f"/ows/{fault}?version=1.1.1").data).get("version") == "1.1.1"
