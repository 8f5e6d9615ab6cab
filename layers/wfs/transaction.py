# SPDX-License-Identifier: EUPL-1.2
"""Transaction (OGC 09-025r2, clause 15; OGC 04-094, clause 12): actions done in their order, all or nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from xml.sax.saxutils import quoteattr

import psycopg
from flask import Response, request
from psycopg import errors as pg

from layers.changes import locks
from layers.changes.model import Change, Delete, Insert, Replace, Update
from layers.changes.service import SCOPE, Editing, editing, limits_here, shown_here
from layers.items.service import bound_values, shape_of
from layers.items.statements import compiled, matches
from layers.model import Layer
from layers.service import visible_layers
from layers.wfs import actions
from layers.wfs.actions import Action, Kind
from layers.wfs.model import FES_20, OGC, WFS_11, WFS_20, Query, Version
from layers.wfs.values import InvalidValue
from sdi.errors import BramaError, InvalidParameter, TooLarge, Unprocessable
from sdi.web.context import require, services

_SNIFFED = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,60}:)?Transaction[\s>/]")
_HEAD = 4_000


@dataclass
class _Done:
    """Identifiers by kind of action, with the handle of each action."""

    listed: dict[Kind, list[tuple[str | None, list[str]]]] = field(default_factory=dict)

    def add(self, action: Action, ids: list[str]) -> None:
        self.listed.setdefault(action.kind, []).append((action.handle, ids))

    def count(self, kind: Kind) -> int:
        return sum(len(ids) for _, ids in self.listed.get(kind, []))


def is_one(body: bytes) -> bool:
    """Whether a document is a transaction."""
    return _SNIFFED.search(body[:_HEAD]) is not None


def answer() -> Response:
    """The transaction of this request's document: done, or refused as a whole."""
    caller = require(SCOPE)
    limit = services().settings.limits.change_bytes
    asked = actions.read(request.get_data(cache=True), limit, visible_layers())
    done = _Done()
    with editing(services().database, caller, limits=limits_here()) as edit:
        lock = locks.bring(edit.connection, asked.lock) if asked.lock is not None else None
        for action in asked.actions:
            done.add(action, _run(edit, action))
        if lock is not None:
            locks.release(edit.connection, lock, everything=asked.release_all)
    shown_here(edit.revisions)
    return Response(_response(asked.version, done), content_type=_TYPES[asked.version])


def matching(edit: Editing, query: Query) -> list[int]:
    """Ids of the features that a query selects, as the transaction now sees them and its caller may write them."""
    layer, most = edit.layer(query.layer.id), edit.limits.features
    statement = compiled(matches(layer, "data_write", shape_of(query.items, by_box=True)))
    cursor = cast("psycopg.Connection[Any]", edit.connection.connection.driver_connection).cursor()
    values = {**statement.fixed, **bound_values(layer, query.items)}
    try:
        cursor.execute(f"SELECT fid FROM ({statement.text}) found ORDER BY fid LIMIT {most + 1}", values)
    except pg.DataError as error:
        raise InvalidParameter("A value of the filter does not fit the type of its property.") from error
    found = [int(row[0]) for row in cursor.fetchall()]
    if len(found) > most:
        raise TooLarge(f"One transaction changes at most {most:,} features.")
    return found


def _run(edit: Editing, action: Action) -> list[str]:
    """Identifiers of what the action touched; its handle names it in a refusal (OGC 09-025r2, 15.2.3.2)."""
    try:
        made = edit.apply(_changes(edit, action))
    except Unprocessable as error:
        raise InvalidValue(error.message, locator=action.handle or error.locator) from error
    except BramaError as error:
        error.locator = action.handle or error.locator
        raise
    return [f"{one.layer}.{one.fid}" for one in made]


def _changes(edit: Editing, action: Action) -> Sequence[Change]:
    if action.kind == "Insert":
        return [Insert(one.layer.id, one.geometry, one.attributes) for one in action.features]
    assert action.query is not None  # noqa: S101 - every other action has one
    layer: Layer = action.query.layer
    fids = matching(edit, action.query)
    if action.kind == "Delete":
        return [Delete(layer.id, fid) for fid in fids]
    (content,) = action.features
    if action.kind == "Replace":
        return [Replace(layer.id, fid, content.geometry, content.attributes) for fid in fids]
    return [Update(layer.id, fid, content.attributes, content.geometry) for fid in fids]


_TYPES = {"2.0.0": "application/xml; charset=utf-8", "1.1.0": "text/xml; charset=utf-8"}


def _response(version: Version, done: _Done) -> str:
    """TransactionResponse (OGC 09-025r2, 15.3; OGC 04-094, 12.3)."""
    old = version == "1.1.0"
    names = f'xmlns:wfs="{WFS_11 if old else WFS_20}" ' + (f'xmlns:ogc="{OGC}"' if old else f'xmlns:fes="{FES_20}"')
    totals = {"Inserted": done.count("Insert"), "Updated": done.count("Update")}
    if not old:
        totals["Replaced"] = done.count("Replace")
    totals["Deleted"] = done.count("Delete")
    summary = "".join(f"<wfs:total{name}>{number}</wfs:total{name}>" for name, number in totals.items())
    kinds: tuple[Kind, ...] = ("Insert",) if old else ("Insert", "Update", "Replace")
    results = "".join(_results(kind, done, old=old) for kind in kinds)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:TransactionResponse {names} version="{version}">\n'
        f"<wfs:TransactionSummary>{summary}</wfs:TransactionSummary>\n{results}</wfs:TransactionResponse>\n"
    )


def _results(kind: Kind, done: _Done, *, old: bool) -> str:
    features = "".join(
        f"<wfs:Feature{f' handle={quoteattr(handle)}' if handle else ''}>{_ids(ids, old=old)}</wfs:Feature>\n"
        for handle, ids in done.listed.get(kind, [])
        if ids
    )
    if not features and old:
        features = f"<wfs:Feature>{_ids(['none'], old=True)}</wfs:Feature>\n"  # 1.1.0 must have one
    return f"<wfs:{kind}Results>\n{features}</wfs:{kind}Results>\n" if features else ""


def _ids(ids: list[str], *, old: bool) -> str:
    return "".join(f'<ogc:FeatureId fid="{one}"/>' if old else f'<fes:ResourceId rid="{one}"/>' for one in ids)
