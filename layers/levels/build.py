# SPDX-License-Identifier: EUPL-1.2
"""Brings the levels of a layer up to date: makes them after a load, makes parts anew after changes.

Each level and each round of repairs is one transaction, so that whoever is killed leaves whole levels only and the next
attempt goes on from there.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, text

from layers.levels import plan, store
from layers.levels.model import Ink, LevelSet
from layers.levels.statements import Maker, shape_of
from layers.model import Layer
from layers.service import layer_as_owner
from sdi.db.database import Database
from sdi.db.sql import quote
from sdi.jobs.model import Progress

_KEYS = "pg_catalog.hashtext('brama.levels'), pg_catalog.hashtext(:layer)"


def update(database: Database, layer_id: str, progress: Progress) -> Mapping[str, Any]:
    """Make what is missing of a layer's levels, as the owner; tells what was done."""
    with _alone(database, layer_id):
        with database.owner.begin() as connection:
            made = _begun(connection, layer_id)
        if made is None:
            return {"layer": layer_id, "levels": []}
        built = [number for number in _missing(made) if _build(database, made, number, progress)]
        with database.owner.begin() as connection:
            if _current(connection, made) is None:
                return {"layer": layer_id, "levels": [], "replaced": True}
            if not made.ready:
                store.make_ready(connection, made)
        repaired = 0
        while boxes := _repair(database, made.name, made.relation):
            repaired += boxes
            progress(0.99, f"{repaired} changed areas")
        return {"layer": layer_id, "levels": list(made.planned), "built": built, "repaired": repaired}


@contextmanager
def _alone(database: Database, layer_id: str) -> Iterator[None]:
    """One at a time for a layer; the lock ends with its connection, however that ends."""
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({_KEYS})"), {"layer": layer_id})
        try:
            yield
        finally:
            connection.execute(text(f"SELECT pg_advisory_unlock({_KEYS})"), {"layer": layer_id})


def _begun(connection: Connection, layer_id: str) -> LevelSet | None:
    """The set that serves the layer's styles, ready or to be gone on with or new; None where none is wanted."""
    layer = layer_as_owner(connection, layer_id)
    shape = shape_of(layer) if layer else None
    if layer is None or shape is None or layer.relation is None:
        return None
    there = store.sets(connection, layer.relation)
    if not there and not store.wanted(connection, layer_id):
        return None
    styles, name = store.styles(connection, layer_id)
    same = next((one for one in there if one.styles == name), None)
    if same is not None:
        return same
    columns = plan.carried(connection, layer, styles)
    for one in there:
        if one.columns == columns:
            store.note_styles(connection, one.name, name)
            return one
    return store.begin(connection, layer, name, columns, plan.numbers(connection, layer, shape))


def _missing(made: LevelSet) -> list[int]:
    there = {level["level"] for level in made.levels}
    return [number for number in made.planned if number not in there]


def _current(connection: Connection, made: LevelSet) -> Layer | None:
    """The layer, unless another version has taken the place of the one that the set is made of."""
    layer = layer_as_owner(connection, made.layer_id)
    return layer if layer is not None and layer.relation == made.relation else None


def _build(database: Database, made: LevelSet, number: int, progress: Progress) -> bool:
    done = made.planned.index(number)
    progress(done / len(made.planned), f"level {done + 1} of {len(made.planned)}")
    with database.owner.begin() as connection:
        layer = _current(connection, made)
        if layer is None:
            return False
        began = time.monotonic()
        maker = _maker(layer, made, number)
        connection.exec_driver_sql(maker.features())
        size = [0, 0.0, 0.0]
        if maker.shape != "point":
            connection.exec_driver_sql(maker.cells())
            size = list(connection.exec_driver_sql(maker.ink()).one())
        features, merged, cells = connection.exec_driver_sql(maker.summary()).one()
        connection.exec_driver_sql(maker.index())
        ink = Ink(int(size[0]), round(cells), float(size[1]), float(size[2]))
        noted = {"level": number, "features": features, "merged": merged, "ink": asdict(ink)}
        store.note_level(connection, made.name, {**noted, "seconds": round(time.monotonic() - began, 1)})
    with database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ANALYZE levels.{quote(made.name)}")
    return True


def _repair(database: Database, name: str, relation: str) -> int:
    """Make anew what changed since the set was right; the number of changed boxes, 0 when it is right."""
    with database.owner.begin() as connection:
        made = next((one for one in store.sets(connection, relation) if one.name == name), None)
        layer = _current(connection, made) if made else None
        if made is None or layer is None:
            return 0
        revision, boxes = store.collect_changes(connection, made)
        if not revision:
            return 0
        for level in made.levels if boxes else ():
            maker = replace(_maker(layer, made, level["level"]), changed=True)
            connection.exec_driver_sql(maker.forget_features())
            connection.exec_driver_sql(maker.features())
            if maker.shape != "point":
                connection.exec_driver_sql(maker.renewed_cells())
        store.note_revision(connection, made.name, revision)
    return max(boxes, 1)


def _maker(layer: Layer, made: LevelSet, number: int) -> Maker:
    shape = shape_of(layer)
    if shape is None:
        raise ValueError(f"layer {layer.id} has no levels")
    return Maker(layer, shape, made.name, made.columns, number)
