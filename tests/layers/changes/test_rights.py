# SPDX-License-Identifier: EUPL-1.2
"""Who may write is the database's own rule: each refusal proven by SQL, whatever the server above it does."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from layers.changes import service
from layers.changes.model import Delete
from layers.model import GeometryType, Layer, Visibility
from sdi.db.database import Database
from sdi.errors import Forbidden, NotFound
from sdi.people.model import Principal
from tests.conftest import LayerMaker

from .conftest import COLUMNS

SignIn = Callable[..., tuple[Principal, dict[str, str]]]
_UPDATE = text("UPDATE data_write.houses_1 SET floors = 9")
_DELETE = text("DELETE FROM data_write.houses_1")
_INSERT = text("INSERT INTO data_write.houses_1 (fid, geom) SELECT 99, geom FROM data_app.houses_1 LIMIT 1")


def _begun(connection: Connection) -> None:
    connection.execute(text("SELECT set_config('brama.change_set', gen_random_uuid()::text, true)"))


@pytest.mark.parametrize(
    ("login", "scope"),
    [("stranger", "features:write"), ("stranger", "admin"), ("clerk", "ingest"), ("admin", "ingest")],
)
def test_others_write_nothing(database: Database, houses: Layer, sign_in: SignIn, login: str, scope: str) -> None:
    caller = sign_in(login, scope)[0]
    with database.write(caller) as connection:
        _begun(connection)
        assert connection.execute(text("SELECT count(*) FROM data_app.houses_1")).scalar() == 3, "all may read"
        assert connection.execute(text("SELECT count(*) FROM data_write.houses_1")).scalar() == 0
        assert connection.execute(_UPDATE).rowcount == 0
        assert connection.execute(_DELETE).rowcount == 0
    for statement in (_INSERT, text("SELECT layers.next_fids('houses', 1)")):
        with pytest.raises(DBAPIError, match="check option|not open to changes"), database.write(caller) as connection:
            _begun(connection)
            connection.execute(statement)
    with pytest.raises(Forbidden):
        service.apply(database, caller, [Delete("houses", 1)])


@pytest.mark.parametrize(("login", "scope"), [("clerk", "features:write"), ("clerk", "admin"), ("admin", "admin")])
def test_members_with_the_scope_write(
    database: Database, houses: Layer, sign_in: SignIn, login: str, scope: str
) -> None:
    caller = sign_in(login, scope)[0]
    with database.write(caller) as connection:
        _begun(connection)
        assert connection.execute(_UPDATE).rowcount == 3
    assert service.apply(database, caller, [Delete("houses", 1)]).revisions == {"houses": 1}


def test_nothing_is_written_without_a_change_set(database: Database, houses: Layer, sign_in: SignIn) -> None:
    caller = sign_in("clerk", "features:write")[0]
    with database.write(caller) as connection:
        assert connection.execute(_UPDATE).rowcount == 0
    with pytest.raises(DBAPIError, match="check option"), database.write(caller) as connection:
        connection.execute(_INSERT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE data_write.houses_1 SET fid = 100 WHERE fid = 1",
        "TRUNCATE data_write.houses_1",
        "DELETE FROM data.houses_1",
        "SELECT * FROM data.houses_1",
        "UPDATE data_app.houses_1 SET floors = 9",
        "SELECT * FROM layers.change",
        "INSERT INTO layers.change (change_set, layer_id, fid, operation) VALUES (gen_random_uuid(), 'x', 1, 'insert')",
        "DELETE FROM app.change",
        "UPDATE layers.sequence SET last_fid = 0",
        "SELECT layers.open_to_changes('houses', 'houses_1')",
    ],
)
def test_the_application_role_reaches_no_further(
    database: Database, houses: Layer, sign_in: SignIn, statement: str
) -> None:
    caller = sign_in("admin", "admin")[0]
    with (
        pytest.raises(DBAPIError, match="permission denied|cannot delete from view|is not a table"),
        database.write(caller) as connection,
    ):
        _begun(connection)
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", [_UPDATE, _DELETE, text("DELETE FROM data.houses_1")])
def test_the_public_role_never_writes(database: Database, houses: Layer, statement: object) -> None:
    with database.public.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize(("visibility", "scope", "written"), [
    ("organisation", "features:write", True), ("private", "features:write", False), ("private", "admin", True),
])  # fmt: skip
def test_what_is_written_is_what_may_be_read(
    database: Database, add_layer: LayerMaker, sign_in: SignIn, visibility: Visibility, scope: str, written: bool
) -> None:
    row = ["MULTIPOLYGON(((600000 500000,600010 500000,600010 500010,600000 500000)))", *[None] * len(COLUMNS)]
    add_layer("houses", GeometryType.MULTIPOLYGON, COLUMNS, [row], organisation="gabin", visibility=visibility)
    caller = sign_in("clerk", scope)[0]
    if written:
        assert service.apply(database, caller, [Delete("houses", 1)]).revisions == {"houses": 1}
    else:
        with pytest.raises(NotFound):
            service.apply(database, caller, [Delete("houses", 1)])
    with pytest.raises(NotFound):
        service.apply(database, sign_in("stranger", "admin")[0], [Delete("houses", 1)])


def test_an_old_version_is_closed(database: Database, houses: Layer, add_layer: LayerMaker, sign_in: SignIn) -> None:
    row = ["MULTIPOLYGON(((600000 500000,600010 500000,600010 500010,600000 500000)))", *[None] * len(COLUMNS)]
    add_layer("houses", GeometryType.MULTIPOLYGON, COLUMNS, [row], organisation="gabin")
    with database.write(sign_in("clerk", "features:write")[0]) as connection:
        _begun(connection)
        assert connection.execute(_UPDATE).rowcount == 0
        assert connection.execute(text("SELECT count(*) FROM data_write.houses_2")).scalar() == 1


def test_the_history_is_read_by_members_only(database: Database, houses: Layer, sign_in: SignIn) -> None:
    clerk = sign_in("clerk", "features:write")[0]
    service.apply(database, clerk, [Delete("houses", 1)])
    assert len(service.history(database, clerk, "houses", 1)) == 1
    assert service.history(database, sign_in("stranger", "admin")[0], "houses", 1) == []
