# SPDX-License-Identifier: EUPL-1.2
"""Levels are made after a load, in the background; whoever is killed leaves whole levels; they go with their layer."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

import layers.service as layers
from layers.levels import service
from layers.levels.statements import shape_of
from layers.model import GeometryType, Layer
from sdi import features
from sdi.cli import main
from sdi.command import Instance
from sdi.db.database import Database, Role
from sdi.people.model import Principal
from sdi.settings import Settings

from .conftest import COUNT, Rows, TownMaker, update

KINDS = {
    "name": "kinds",
    "rules": [
        {"filter": ["==", "kind", "house"], "symbolizers": [{"kind": "Fill", "color": "#aa0000"}]},
        {"filter": [">", "height", 60], "symbolizers": [{"kind": "Fill", "color": "#0000aa"}]},
    ],
}


def _sets(rows: Rows) -> list[tuple[Any, ...]]:
    return rows("SELECT name, ready, retired_at IS NOT NULL FROM layers.level_set ORDER BY name")


def test_a_load_queues_levels_and_a_job_makes_them(
    database: Database, town: TownMaker, rows: Rows, work: Callable[[], None]
) -> None:
    town()
    assert rows("SELECT state, args FROM sdi.job") == [("queued", {"layer": "town"})]
    assert _sets(rows) == []
    work()
    assert [row[0] for row in rows("SELECT state FROM sdi.job")] == ["succeeded"]
    ((planned, levels),) = rows("SELECT planned, levels FROM layers.level_set WHERE ready")
    assert planned == [level["level"] for level in levels]
    assert len(planned) >= 3


def test_small_layers_and_mixed_ones_need_none(database: Database, town: TownMaker, rows: Rows) -> None:
    town(feature_count=9_000)
    assert rows("SELECT count(*) FROM sdi.job") == [(0,)]
    assert update(database) == {"layer": "town", "levels": []}


@pytest.mark.parametrize("kind", [GeometryType.POLYGON, GeometryType.LINESTRING])
def test_large_features_stay_and_small_ones_leave_their_cells(
    database: Database, town: TownMaker, rows: Rows, kind: GeometryType
) -> None:
    town(kind)
    update(database)
    ((name, planned),) = rows("SELECT name, planned FROM layers.level_set")
    for number in planned:
        size = 2**number
        side = "greatest(ST_XMax(geom) - ST_XMin(geom), ST_YMax(geom) - ST_YMin(geom))"
        assert rows(
            f"SELECT fid FROM levels.{name} WHERE brama_level = {number} AND brama_kind = 0 ORDER BY 1"
        ) == rows(f"SELECT fid FROM data.town_1 WHERE {side} >= {size} ORDER BY 1")
        cell = size / 2
        touched = (
            f"SELECT DISTINCT x, y FROM data.town_1 f, generate_series(floor(ST_XMin(geom) / {cell})::int,"
            f" floor(ST_XMax(geom) / {cell})::int) x, generate_series(floor(ST_YMin(geom) / {cell})::int,"
            f" floor(ST_YMax(geom) / {cell})::int) y WHERE {side} < {size}"
        )
        ((wanted,),) = rows(f"SELECT count(*) FROM ({touched}) cells")
        own = f"FROM levels.{name} WHERE brama_level = {number} AND brama_kind = 1"
        measure = f"ST_Area(geom) / {cell} ^ 2" if kind is GeometryType.POLYGON else f"ST_Length(geom) / {cell}"
        assert rows(f"SELECT round(sum({measure})) {own}") == [(wanted,)]
        middle = f"ST_SetSRID(ST_MakePoint((x + 0.5) * {cell}, (y + 0.5) * {cell}), 2180)"
        met = f"EXISTS (SELECT {own} AND ST_Intersects(geom, {middle}))"
        assert rows(f"SELECT count(*) FROM ({touched} LIMIT 300) cells WHERE NOT {met}") == [(0,)]


def test_points_stand_for_those_of_their_cell_and_class(database: Database, town: TownMaker, rows: Rows) -> None:
    town(GeometryType.POINT)
    _add_style(database, KINDS)
    update(database)
    ((name, planned),) = rows("SELECT name, planned FROM layers.level_set")
    assert planned
    for number in planned:
        own = f"FROM levels.{name} WHERE brama_level = {number}"
        assert rows(f"SELECT sum(brama_count) {own}") == [(COUNT,)]
        cells = f"floor(ST_X(geom) / {2**number}), floor(ST_Y(geom) / {2**number}), kind, sign(height - 60)"
        assert rows(f"SELECT count(*) {own}") == rows(f"SELECT count(DISTINCT ({cells})) FROM data.town_1")
    pairs = f"FROM levels.{name} l JOIN data.town_1 t USING (fid)"
    assert rows(f"SELECT bool_and(ST_Equals(l.geom, t.geom) AND l.kind = t.kind) {pairs}") == [(True,)]


def test_classes_are_kept_apart_and_each_cell_has_one(database: Database, town: TownMaker, rows: Rows) -> None:
    town()
    _add_style(database, KINDS)
    update(database)
    ((name, columns, planned),) = rows("SELECT name, columns, planned FROM layers.level_set")
    assert columns == [
        {"name": "kind", "role": "class", "breaks": []},
        {"name": "height", "role": "class", "breaks": [60.0]},
        {"name": "name", "role": "label", "breaks": []},
    ]
    number = planned[-1]
    own = f"FROM levels.{name} WHERE brama_level = {number} AND brama_kind = 1"
    assert {row[0] for row in rows(f"SELECT DISTINCT kind {own}")} == {"house", "barn", "shop"}
    assert rows(f"SELECT sum(ST_Area(geom)) - ST_Area(ST_Union(geom)) {own}") == [(0.0,)]
    assert rows(f"SELECT count(*) {own} AND name IS NOT NULL") == [(0,)]
    # The class of a cell is that of the largest feature whose box touches it.
    cell = 2 ** (number - 1)
    wrong = f"""
        SELECT count(*) FROM (SELECT kind, (ST_SquareGrid({cell}, geom)).geom AS cell, geom {own}) c
        WHERE ST_Contains(c.geom, ST_Centroid(c.cell)) AND c.kind <> (
            SELECT t.kind FROM data.town_1 t WHERE t.geom && c.cell AND t.height < {2**number}
                AND floor(ST_XMin(t.geom) / {cell}) <= floor(ST_X(ST_Centroid(c.cell)) / {cell})
                AND floor(ST_XMax(t.geom) / {cell}) >= floor(ST_X(ST_Centroid(c.cell)) / {cell})
                AND floor(ST_YMin(t.geom) / {cell}) <= floor(ST_Y(ST_Centroid(c.cell)) / {cell})
                AND floor(ST_YMax(t.geom) / {cell}) >= floor(ST_Y(ST_Centroid(c.cell)) / {cell})
            ORDER BY ST_Area(t.geom) DESC, t.fid LIMIT 1)"""
    assert rows(wrong) == [(0,)]


def test_another_style_makes_other_levels_while_the_old_ones_serve(
    database: Database, town: TownMaker, rows: Rows, work: Callable[[], None]
) -> None:
    town()
    work()
    _add_style(database, KINDS)
    assert rows("SELECT count(*) FROM sdi.job WHERE state = 'queued'") == [(1,)]
    assert _sets(rows) == [("town_1_1", True, False)]
    work()
    assert _sets(rows) == [("town_1_1", True, True), ("town_1_2", True, False)]
    assert service.keep(database, seconds=0)["dropped"] == ["town_1_1"]
    assert rows("SELECT to_regclass('levels.town_1_1'), to_regclass('levels_app.town_1_1')") == [(None, None)]


def test_the_same_again_does_nothing(database: Database, town: TownMaker, rows: Rows) -> None:
    town()
    first = update(database)
    assert first["built"] == first["levels"]
    before = rows("SELECT ctid::text, brama_level FROM levels.town_1_1")
    assert update(database)["built"] == []
    assert rows("SELECT ctid::text, brama_level FROM levels.town_1_1") == before


@pytest.mark.parametrize("moment", [0.0, 0.3, 0.6])
def test_a_killed_job_leaves_whole_levels_and_the_next_goes_on(
    database: Database, town: TownMaker, rows: Rows, moment: float
) -> None:
    town()
    conninfo = database.conninfo(Role.OWNER).replace("brama_owner", "ROLE")
    command = [sys.executable, str(Path(__file__).parent / "killed.py"), conninfo, "town", str(moment)]
    done = subprocess.run(command, check=False, capture_output=True, timeout=60, env={"PYTHONPATH": str(features.ROOT)})
    assert done.returncode == -9, done.stderr
    ((planned, levels, ready),) = rows("SELECT planned, levels, ready FROM layers.level_set")
    assert not ready
    assert rows("SELECT count(*) FROM pub.level_set") == [(0,)]
    there = [level["level"] for level in levels]
    assert [row[0] for row in rows("SELECT DISTINCT brama_level FROM levels.town_1_1 ORDER BY 1")] == there
    assert len(there) < len(planned)
    assert update(database)["built"] == planned[len(there) :]
    assert _sets(rows) == [("town_1_1", True, False)]


def test_what_is_missing_or_lags_is_queued_by_and_by(database: Database, town: TownMaker, rows: Rows) -> None:
    town()
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM sdi.job"))
    assert service.keep(database) == {"queued": ["town"], "dropped": []}
    assert service.keep(database)["queued"] == []
    update(database)
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE sdi.job SET state = 'failed', finished_at = now() - interval '1 hour'"))
        connection.execute(text("UPDATE layers.level_set SET revision = -1"))
    assert service.keep(database)["queued"] == ["town"]


def test_levels_are_read_by_those_who_may_read_the_layer(
    database: Database, town: TownMaker, sign_in: Callable[..., tuple[Principal, Any]]
) -> None:
    layer = town(organisation="gabin", visibility="organisation")
    update(database)
    stranger, clerk = sign_in("stranger", "admin")[0], sign_in("clerk", "ingest")[0]

    def seen(caller: Principal | None) -> int | None:
        schema = "levels" if caller is None else "levels_app"
        try:
            with database.read(caller) as connection:
                return int(connection.execute(text(f"SELECT count(*) FROM {schema}.town_1_1")).scalar_one())
        except ProgrammingError:
            return None

    assert (seen(None), seen(stranger)) == (None, 0)
    assert seen(clerk)
    for visibility, public in (("public", True), ("private", False), ("public", True)):
        with database.owner.begin() as connection:
            layers.change(connection, layer.id, visibility=visibility)
        assert (seen(None) is not None) is public
        with database.public.connect() as connection:
            assert bool(connection.execute(text("SELECT count(*) FROM pub.level_set")).scalar_one()) is public


def test_a_new_version_has_levels_of_its_own_and_the_old_go_with_its_table(
    database: Database, town: TownMaker, rows: Rows, work: Callable[[], None]
) -> None:
    town()
    work()
    town()
    assert rows("SELECT relation FROM pub.level_set") == []
    work()
    assert rows("SELECT relation, name FROM pub.level_set") == [("town_2", "town_2_1")]
    assert rows("SELECT count(*) > 0 FROM levels.town_1_1") == [(True,)]
    assert layers.drop_retired(database, seconds=0) == ["town_1"]
    assert rows("SELECT name FROM layers.level_set") == [("town_2_1",)]
    assert rows("SELECT to_regclass('levels.town_1_1'), to_regclass('levels_app.town_1_1')") == [(None, None)]
    with database.owner.begin() as connection:
        layers.remove(connection, "town")
    assert rows("SELECT count(*) FROM pub.level_set") == [(0,)]
    layers.drop_retired(database, seconds=0)
    assert rows("SELECT count(*) FROM pg_class WHERE relnamespace = 'levels'::regnamespace") == [(0,)]


def test_levels_are_a_small_part_of_the_table(database: Database, town: TownMaker, rows: Rows) -> None:
    layer = town()
    update(database)
    assert shape_of(layer) == "area"
    ((levels, table),) = rows("SELECT pg_total_relation_size('levels.town_1_1'), pg_total_relation_size('data.town_1')")
    assert levels < table


def _add_style(database: Database, definition: dict[str, Any], layer: Layer | None = None) -> None:
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO layers.style (layer_id, name, title, definition, is_default)"
                " VALUES (:layer, 'kinds', '{}', CAST(:definition AS jsonb), false)"
            ),
            {"layer": layer.id if layer else "town", "definition": json.dumps(definition)},
        )


def test_commands_make_levels_and_tell_of_them(
    database: Database, settings: Settings, town: TownMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened(_instance: Instance) -> Iterator[Database]:
        yield database

    monkeypatch.setattr(Instance, "database", opened)
    run = CliRunner()
    town()
    assert "No layer" in run.invoke(main, ["levels", "list", "--data", str(settings.data)]).output
    made = run.invoke(main, ["levels", "build", "town", "--json", "--data", str(settings.data)])
    assert json.loads(made.output)["built"]
    (told,) = json.loads(run.invoke(main, ["levels", "list", "--json", "--data", str(settings.data)]).output)["levels"]
    assert (told["layer"], told["ready"], told["columns"]) == ("town", True, ["name"])
    assert told["bytes"] > 0
