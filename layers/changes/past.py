# SPDX-License-Identifier: EUPL-1.2
"""The past of features: their versions, and change sets taken back by the one write path."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from layers.changes import store
from layers.changes.model import Applied, Change, Changed, Delete, Geometry, Insert, Replace, Version
from layers.changes.service import Editing, Limits, editing
from layers.model import Layer
from sdi.db.database import Database
from sdi.errors import Conflict, NotFound, TooLarge
from sdi.people.model import Principal

_MOST = 1_000


def versions(database: Database, caller: Principal | None, layer: Layer, fid: int) -> list[Version]:
    """States of a feature since the layer's last load, the newest first (at most 1,001); none where it never was."""
    public = caller is None
    with database.read(caller) as connection:
        rows = store.versions(connection, layer, fid, _MOST, public=public)
        since = store.known_since(connection, layer, public=public)
        there = bool(rows) or store.exists(connection, layer, fid, public=public)
    found: list[Version] = []
    until = None
    for row in rows:
        found.append(Version(row.operation, row.at, until, row.revision, row.change_set, row.account))
        until = row.at
    loaded = rows[-1].operation != "insert" if rows else there
    if loaded and since and len(rows) < _MOST:
        found.append(Version("load", since, until, rows[-1].revision - 1 if rows else layer.revision, None, None))
    return found


def undo(database: Database, caller: Principal, change_set: UUID, limits: Limits | None = None) -> Applied:
    """Give every feature of a change set the state it had before, in one transaction that is a change set itself.

    Raises NotFound without such a change set of the caller's organisations, Conflict where a feature is no longer as
    the change set left it or its layer was loaded since, TooLarge over the limit of changes, and what
    `layers.changes.service.apply` raises.
    """
    with editing(database, caller, limits=limits) as edit:
        rows = store.changed_by(edit.connection, change_set, edit.limits.features + 1)
        if not rows:
            raise NotFound(f"There is no change set {change_set} of your organisation.", locator="changeSet")
        if len(rows) > edit.limits.features:
            raise TooLarge(f"One transaction changes at most {edit.limits.features:,} features.", locator="changeSet")
        made: list[Changed] = []
        for layer_id, group in groupby(rows, key=lambda row: str(row.layer_id)):
            made += edit.apply(list(_back(edit, edit.layer(layer_id), list(group))))
    return Applied(tuple(made), edit.revisions)


def _back(edit: Editing, layer: Layer, rows: Sequence[Row[Any]]) -> Iterator[Change]:
    """The changes that lead back; the features stay locked until the transaction ends."""
    if any(row.version != layer.version for row in rows):
        raise Conflict(f"Layer {layer.id!r} was loaded anew since; its changes before cannot be undone.")
    there = store.locked(edit.connection, layer, [row.fid for row in rows])
    otherwise = store.left_otherwise(edit.connection, layer, rows)
    if otherwise is not None:
        raise Conflict(f"Feature {otherwise} of {layer.id!r} was changed again since; undo the later changes first.")
    for row in rows:
        geometry = Geometry(bytes(row.wkb), row.srid) if row.wkb is not None else None
        if row.before is None:
            if row.fid in there:
                yield Delete(layer.id, row.fid)
        elif row.fid in there:
            yield Replace(layer.id, row.fid, geometry, row.before)
        else:
            yield Insert(layer.id, geometry, row.before, fid=row.fid)
