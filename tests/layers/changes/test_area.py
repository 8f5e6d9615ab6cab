# SPDX-License-Identifier: EUPL-1.2
"""Who is assigned to an area changes features in it only: the database says no, and keeps its plan."""

import json
import re
from dataclasses import replace

import pytest
from pyproj import Transformer
from sqlalchemy import text

from layers.changes import service
from layers.changes.model import Delete, Insert, Update
from layers.model import Layer
from sdi.db.database import Database
from sdi.errors import BramaError
from sdi.people.assignments import assign
from sdi.people.model import Assignment, Principal
from sdi.people.service import add_account, authenticate, issue_token

from .conftest import square


@pytest.fixture
def editor(database: Database) -> Principal:
    """An editor of Gąbin for the surroundings of the first of the houses."""
    geographic = Transformer.from_crs(2180, 4326, always_xy=True)
    corners = [(599_950, 499_950), (600_050, 499_950), (600_050, 500_050), (599_950, 500_050), (599_950, 499_950)]
    area = json.dumps({"type": "Polygon", "coordinates": [[geographic.transform(*corner) for corner in corners]]})
    with database.owner.begin() as connection:
        add_account(connection, "gabin", "ewa", "Ewa Nowak")
        assign(connection, Assignment("ewa", "editor", "gabin", area=area))
        token = issue_token(connection, "ewa", ["features:write"], "test", 1)
    with database.app.connect() as connection:
        return authenticate(connection, token)


INSIDE, ACROSS, OUTSIDE = square(600_020, 500_020), square(600_045, 500_020), square(600_120, 500_020)


def test_in_the_area_features_are_added_changed_and_deleted(
    database: Database, houses: Layer, editor: Principal
) -> None:
    added = service.apply(database, editor, [Insert("houses", INSIDE, {"code": "new"})]).changes[0].fid
    service.apply(database, editor, [Update("houses", added, {"floors": 2}, square(600_000, 500_020))])
    service.apply(database, editor, [Delete("houses", added), Update("houses", 1, {"floors": 5})])


@pytest.mark.parametrize(
    "change",
    [
        Insert("houses", ACROSS, {"code": "new"}),
        Insert("houses", OUTSIDE, {"code": "new"}),
        Update("houses", 1, {}, ACROSS),
        Update("houses", 1, {}, OUTSIDE),
        Update("houses", 2, {"floors": 9}),
        Update("houses", 2, {}, INSIDE),
        Delete("houses", 2),
    ],
)
def test_nothing_goes_in_out_or_across_it(
    database: Database, houses: Layer, editor: Principal, change: Insert | Update | Delete
) -> None:
    with pytest.raises(BramaError) as refusal:
        service.apply(database, editor, [change])
    assert refusal.value.status in (403, 404)
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*), sum(floors) FROM data.houses_1")).one() == (3, 6)
        assert connection.execute(text("SELECT count(*) FROM layers.change")).scalar_one() == 0


def test_by_sql_alone_too(database: Database, houses: Layer, editor: Principal) -> None:
    everywhere = replace(editor, area=None)
    for caller, rows in ((editor, 1), (everywhere, 3)):
        with database.write(caller) as connection:
            connection.execute(text("SELECT set_config('brama.change_set', gen_random_uuid()::text, true)"))
            assert connection.execute(text("UPDATE data_write.houses_1 SET floors = 9")).rowcount == rows
            inside = text("SELECT count(*) FROM data_app.houses_1 WHERE sdi.within_area(geom)")
            assert connection.execute(inside).scalar_one() == rows


@pytest.mark.parametrize("limited", [True, False])
def test_a_change_by_id_finds_its_row_by_the_key_and_asks_for_the_area_once(
    database: Database, houses: Layer, editor: Principal, limited: bool
) -> None:
    caller = editor if limited else replace(editor, area=None)
    with database.write(caller) as connection:
        connection.execute(text("SELECT set_config('brama.change_set', gen_random_uuid()::text, true)"))
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(
            connection.execute(text("EXPLAIN UPDATE data_write.houses_1 SET floors = 9 WHERE fid = 1")).scalars()
        )
    assert "Index Scan using houses_1_pkey" in plan
    assert re.search(r"Filter: \(\$\d OR st_coveredby\(geom, \$\d\)\)", plan), plan
