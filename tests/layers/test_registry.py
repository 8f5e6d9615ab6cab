# SPDX-License-Identifier: EUPL-1.2
"""The registry: what is published, who sees it, and that every worker sees a change at once."""

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

import layers.service as layers
from layers.model import ColumnType, GeometryType, Visibility
from layers.service import Registry
from sdi.db.database import Database, Role
from sdi.events import Listener
from tests.conftest import LayerMaker

POINT = ["POINT(637000 487000)", "Warszawa"]
NAME = {"name": ColumnType.TEXT}


@pytest.fixture
def live(database: Database) -> Iterator[Registry]:
    """A registry that hears events, as in a web worker."""
    listener = Listener(database.conninfo(Role.APP))
    registry = Registry(database)
    registry.listen(listener)
    listener.start()
    yield registry
    listener.stop()


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_a_published_layer_is_live_in_every_worker_without_a_restart(live: Registry, add_layer: LayerMaker) -> None:
    assert live.snapshot(None).layers == {}
    add_layer("towns", GeometryType.POINT, NAME, [POINT])
    assert _until(lambda: "towns" in live.snapshot(None).layers)
    add_layer("towns", GeometryType.POINT, NAME, [POINT, POINT])
    assert _until(lambda: live.snapshot(None).layers["towns"].version == 2)
    assert live.snapshot(None).layers["towns"].feature_count == 2


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        ("public", {"public", "admin", "clerk", "stranger"}),
        ("organisation", {"admin", "clerk"}),
        ("private", {"admin"}),
    ],
)
def test_visibility_is_kept_by_the_database(
    database: Database, add_layer: LayerMaker, sign_in: Callable[..., tuple], visibility: Visibility, seen_by: set[str]
) -> None:
    layer = add_layer("towns", GeometryType.POINT, NAME, [POINT], organisation="gabin", visibility=visibility)
    callers = {
        "public": None,
        "admin": sign_in("admin", "admin")[0],
        "clerk": sign_in("clerk", "ingest")[0],
        "stranger": sign_in("stranger", "admin")[0],
    }
    registry = Registry(database)
    assert {name for name, caller in callers.items() if registry.snapshot(caller).layers} == seen_by
    for name, caller in callers.items():
        with database.read(caller) as connection:
            table = f"{layer.schema(public=caller is None)}.{layer.relation}"
            if caller is None and visibility != "public":
                with pytest.raises(ProgrammingError):
                    connection.execute(text(f"SELECT count(*) FROM {table}"))
            else:
                count = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
                assert count == (1 if name in seen_by else 0)


def test_a_layer_made_private_is_closed_to_the_public_role_at_once(database: Database, add_layer: LayerMaker) -> None:
    layer = add_layer("towns", GeometryType.POINT, NAME, [POINT])
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE layers.layer SET visibility = 'private'"))
    with database.public.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text(f"SELECT * FROM {layer.table}"))


def test_an_old_table_goes_when_nobody_is_shown_it(database: Database, add_layer: LayerMaker) -> None:
    add_layer("towns", GeometryType.POINT, NAME, [POINT])
    add_layer("towns", GeometryType.POINT, NAME, [POINT])
    assert layers.drop_retired(database) == []
    assert layers.drop_retired(database, seconds=0) == ["towns_1"]
    with database.owner.connect() as connection:
        assert connection.execute(
            text("SELECT to_regclass('data.towns_1'), to_regclass('data_app.towns_1')")
        ).one() == (
            None,
            None,
        )


def test_an_old_table_that_is_read_is_left_for_later(database: Database, add_layer: LayerMaker) -> None:
    add_layer("towns", GeometryType.POINT, NAME, [POINT])
    with database.app.connect() as reader:
        reader.execute(text("SELECT * FROM data_app.towns_1"))
        add_layer("towns", GeometryType.POINT, NAME, [POINT])
        assert layers.drop_retired(database, seconds=0) == []
    assert layers.drop_retired(database, seconds=0) == ["towns_1"]


def test_a_member_with_the_scope_changes_visibility_of_own_layers_only(
    database: Database, add_layer: LayerMaker, sign_in: Callable[..., tuple]
) -> None:
    layer = add_layer("towns", GeometryType.POINT, NAME, [POINT], organisation="gabin")
    hide = text("UPDATE app.layer_write SET visibility = 'organisation' WHERE id = 'towns'")
    for login, scope, changed in (("stranger", "admin", 0), ("clerk", "ingest", 0), ("clerk", "layers:write", 1)):
        with database.write(sign_in(login, scope)[0]) as connection:
            assert connection.execute(hide).rowcount == changed
    with database.public.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text(f"SELECT * FROM {layer.table}"))
