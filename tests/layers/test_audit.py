# SPDX-License-Identifier: EUPL-1.2
"""Whatever happens to a layer is noted in the transaction that does it, whichever way it comes."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

import layers.service as layers
from layers.changes.model import Delete, Update
from layers.changes.service import apply
from layers.model import ColumnType, GeometryType, Layer
from sdi.audit.service import act_for
from sdi.db.database import Database
from sdi.people.model import Principal
from tests.conftest import LayerMaker

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
Told = Callable[[], list[tuple[str, Any]]]


@pytest.fixture
def wells(add_layer: LayerMaker) -> Layer:
    rows = [[f"POINT({x} 500000)", str(x)] for x in range(600_000, 600_003)]
    return add_layer("wells", GeometryType.POINT, {"name": ColumnType.TEXT}, rows, organisation="gabin")


@pytest.fixture
def told(database: Database, wells: Layer) -> Told:
    """What was noted of the layer since the last look."""
    seen = [0]

    def look() -> list[tuple[str, Any]]:
        statement = text(
            "SELECT e.seq, e.action, c.said::jsonb AS said, e.organisation_id FROM sdi.audit_entry e"
            " JOIN sdi.audit_contents c ON c.seq = e.seq AND c.part = 'contents'"
            " WHERE e.subject = 'layer/wells' AND e.seq > :seen ORDER BY e.seq"
        )
        with database.owner.connect() as connection:
            rows = connection.execute(statement, {"seen": seen[0]}).all()
        seen[0] = rows[-1].seq if rows else seen[0]
        assert {row.organisation_id for row in rows} <= {wells.organisation_id}
        return [(row.action, row.said) for row in rows]

    return look


def test_a_load_notes_the_layer_its_version_and_its_style(told: Told) -> None:
    entries = told()
    assert [action for action, _ in entries] == ["layer.added", "layer.loaded", "style.added"]
    assert entries[1][1] == {"version": 1, "features": 3, "lineage": None}


def test_texts_and_visibility_are_noted_before_and_after(
    database: Database, sign_in: SignIn, told: Told, wells: Layer
) -> None:
    told()
    with database.owner.begin() as connection:
        layers.change(connection, "wells", visibility="private")
    assert told() == [("layer.changed", {"before": {"visibility": "public"}, "after": {"visibility": "private"}})]
    clerk, _ = sign_in("clerk", "layers:write")
    with database.write(clerk) as connection:
        connection.execute(text("UPDATE app.layer_write SET position = 7, updated_at = now() WHERE id = 'wells'"))
    assert told() == [("layer.changed", {"before": {"position": 1000}, "after": {"position": 7}})]
    with database.owner.begin() as connection:
        layers.change(connection, "wells", visibility="private")
    assert told() == []


def test_a_transaction_of_changes_is_one_entry(database: Database, sign_in: SignIn, told: Told, wells: Layer) -> None:
    told()
    clerk, _ = sign_in("clerk", "features:write")
    apply(database, clerk, [Update("wells", 1, {"name": "x"}), Delete("wells", 2), Delete("wells", 3)])
    ((action, said),) = told()
    assert action == "features.changed"
    assert (said["inserted"], said["updated"], said["deleted"], said["revision"]) == (0, 1, 2, 1)


def test_styles_are_noted_and_those_that_go_with_their_layer_are_not(
    client: FlaskClient, database: Database, sign_in: SignIn, told: Told, wells: Layer
) -> None:
    told()
    _, headers = sign_in("clerk", "layers:write")
    style = {"name": "red", "rules": [{"name": "all", "symbolizers": [{"kind": "Mark", "wellKnownName": "circle"}]}]}
    kind = "application/vnd.geostyler+json"
    address = "/ogc/collections/wells/styles/red"
    assert client.put(address, json=style, headers=headers | {"Content-Type": kind}).status_code == 201
    style["rules"][0]["name"] = "each"  # type: ignore[index]
    assert client.put(address, json=style, headers=headers | {"Content-Type": kind}).status_code == 204
    assert [(action, set(said)) for action, said in told()] == [
        ("style.added", {"after"}),
        ("style.changed", {"before", "after"}),
    ]
    with database.owner.begin() as connection:
        layers.remove(connection, "wells")
    assert [action for action, _ in told()] == ["layer.removed"]


def test_what_the_owner_does_for_somebody_is_theirs(database: Database, sign_in: SignIn, wells: Layer) -> None:
    clerk, _ = sign_in("clerk", "ingest")
    with database.owner.begin() as connection:
        act_for(connection, clerk.account_id)
        layers.change(connection, "wells", theme=layers.themes()[-1].id)
    with database.owner.connect() as connection:
        last = text("SELECT account_id FROM sdi.audit_entry ORDER BY seq DESC LIMIT 1")
        assert connection.execute(last).scalar_one() == clerk.account_id
