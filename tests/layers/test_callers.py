# SPDX-License-Identifier: EUPL-1.2
"""Every service names to each caller the layers that they may see, and no others; desktops send a token as password."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from layers.model import GeometryType
from sdi.db.database import Database
from sdi.people.model import Principal
from tests.conftest import LayerMaker

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
LISTS = {
    "WMS 1.3.0": "/wms?service=WMS&request=GetCapabilities",
    "WMS 1.1.1": "/wms?service=WMS&version=1.1.1&request=GetCapabilities",
    "WMTS": "/wmts?service=WMTS&request=GetCapabilities",
    "WFS 2.0.0": "/wfs?service=WFS&version=2.0.0&request=GetCapabilities",
    "WFS 1.1.0": "/wfs?service=WFS&version=1.1.0&request=GetCapabilities",
    "CSW": "/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results",
    "collections": "/ogc/collections?f=json",
    "collections for people": "/ogc/collections?f=html",
    "styles": "/ogc/styles?f=json",
    "Atom": "/atom",
    "portal": "/api/portal",
    "catalogue": "/catalogue",
    "search": "/api/search?q=warstwa",
}
SEEN = {
    "nobody": {"open"},
    "stranger": {"open"},
    "citizen": {"open"},
    "clerk": {"open", "inner"},
    "head": {"open", "inner", "closed"},
    "admin": {"open", "inner", "closed"},
}


@pytest.fixture
def headers(database: Database, sign_in: SignIn, add_layer: LayerMaker) -> dict[str, dict[str, str]]:
    """What each caller sends; three layers of Gąbin are there."""
    for name, visibility in (("open", "public"), ("inner", "organisation"), ("closed", "private")):
        add_layer(
            f"x{name}x", GeometryType.POINT, {}, [["POINT(600000 500000)"]], organisation="gabin",
            visibility=visibility, title={"pl": f"Warstwa x{name}x", "en": f"Layer x{name}x"},
        )  # fmt: skip
    sent = {
        "nobody": {},
        "stranger": sign_in("stranger", "admin")[1],
        "head": sign_in("clerk", "admin")[1],
        "clerk": sign_in("clerk", "features:write")[1],
        "admin": sign_in("admin", "admin")[1],
    }
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO sdi.account (organisation_id, login, name)"
                " SELECT id, 'jan', 'Jan' FROM sdi.organisation WHERE slug = 'gabin'"
            )
        )
        connection.execute(
            text(
                "INSERT INTO sdi.assignment (account_id, organisation_id, role_id) SELECT a.id, a.organisation_id, r.id"
                " FROM sdi.account a, sdi.role r WHERE a.login = 'jan' AND r.code = 'citizen'"
            )
        )
    return sent | {"citizen": sign_in("jan", "admin")[1]}


@pytest.mark.parametrize("service", LISTS)
def test_lists_name_what_a_caller_may_see(
    client: FlaskClient, headers: dict[str, dict[str, str]], service: str
) -> None:
    for caller, seen in SEEN.items():
        answer = client.get(LISTS[service], headers=headers[caller])
        assert answer.status_code == 200, caller
        named = {name for name in ("open", "inner", "closed") if f"x{name}x" in answer.text}
        assert named == seen, caller
        if caller != "nobody":
            assert "public" not in answer.headers.get("Cache-Control", ""), caller


def test_desktops_send_the_token_as_a_password(client: FlaskClient, headers: dict[str, dict[str, str]]) -> None:
    token = headers["clerk"]["Authorization"].split()[1]
    answer = client.get(LISTS["WMS 1.3.0"], auth=("clerk", token))
    assert "xinnerx" in answer.text
    assert client.get(LISTS["WMS 1.3.0"], auth=("clerk", "wrong")).status_code == 401
