# SPDX-License-Identifier: EUPL-1.2
"""LockFeature and GetFeatureWithLock (OGC 09-025r2, clauses 12 and 13; OGC 04-094, clauses 10 and 11)."""

from dataclasses import replace
from uuid import UUID

from flask import Response

from layers.changes import locks
from layers.changes.locks import CannotLockAll
from layers.changes.service import SCOPE, editing, limits_here
from layers.service import visible_layers
from layers.wfs.features import get_feature
from layers.wfs.model import FES_20, HUGE, OGC, WFS_11, WFS_20, Asked
from layers.wfs.queries import read_queries
from layers.wfs.transaction import matching
from sdi.errors import InvalidParameter
from sdi.web.context import require, services
from sdi.web.parameters import Parameters

_SECONDS = 300
_LONGEST = 86_400
_SELECTING = ("filter", "cql_filter", "bbox", "resourceid", "featureid", "typename", "namespaces", "namespace")

Found = list[tuple[str, list[int], list[int]]]
"""By query: the layer, ids that the lock holds, ids that it does not."""


def lock_feature(asked: Asked) -> Response:
    """LockFeature: a lock of all features that the queries select, or of some."""
    lock, found = _locked(asked)
    held = [f"{layer}.{fid}" for layer, fids, _ in found for fid in fids]
    others = [f"{layer}.{fid}" for layer, _, fids in found for fid in fids]
    old = asked.version == "1.1.0"
    names = f'xmlns:wfs="{WFS_11 if old else WFS_20}" ' + (f'xmlns:ogc="{OGC}"' if old else f'xmlns:fes="{FES_20}"')
    parts = [f"<wfs:LockId>{lock}</wfs:LockId>"] if old else []
    for name, ids in (("FeaturesLocked", held), ("FeaturesNotLocked", others)):
        if ids:
            listed = "".join(f'<ogc:FeatureId fid="{i}"/>' if old else f'<fes:ResourceId rid="{i}"/>' for i in ids)
            parts.append(f"<wfs:{name}>{listed}</wfs:{name}>")
    identified = "" if old else f' lockId="{lock}"'
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:LockFeatureResponse {names}{identified}>'
    body = f"{head}{''.join(parts)}</wfs:LockFeatureResponse>\n"
    return Response(body, content_type="text/xml; charset=utf-8" if old else "application/xml; charset=utf-8")


def get_feature_with_lock(asked: Asked) -> Response:
    """GetFeatureWithLock: GetFeature of the features that the lock then holds."""
    if asked.sent.choice("resulttype", ("results", "hits"), "results") == "hits":
        raise InvalidParameter("Features that are locked are answered, not counted.", locator="resultType")
    lock, found = _locked(asked)
    queries = []
    for sent, (layer, held, _) in zip(asked.queries, found, strict=True):
        kept = {name: sent.text(name, 500_000) or "" for name in sent.names() if name not in _SELECTING}
        ids = ",".join(f"{layer}.{fid}" for fid in held) or f"{layer}.-1"
        queries.append(Parameters({**kept, "typenames": layer, "resourceid": ids}))
    answer = get_feature(replace(asked, queries=tuple(queries), again=None))
    body = b"".join(answer.iter_encoded())
    answer.close()
    body = body.replace(b"<wfs:FeatureCollection", f'<wfs:FeatureCollection lockId="{lock}"'.encode(), 1)
    return Response(body, content_type=answer.content_type, headers={"Cache-Control": "no-store"})


def _locked(asked: Asked) -> tuple[UUID, Found]:
    caller = require(SCOPE)
    sent = asked.sent
    unit = 60 if asked.version == "1.1.0" else 1
    seconds = sent.integer("expiry", _SECONDS // unit, 1, _LONGEST // unit) * unit
    some = sent.choice("lockaction", ("ALL", "SOME"), "ALL") == "SOME"
    most = sent.integer("maxfeatures" if asked.version == "1.1.0" else "count", HUGE, 1, HUGE)
    queries = [
        query
        for one in asked.queries
        for query in read_queries(replace(asked, queries=(one,)), visible_layers())
    ]  # fmt: skip
    if len(queries) != len(asked.queries):
        raise InvalidParameter("Name the type of the features to lock.", locator="typeNames")
    found: Found = []
    with editing(services().database, caller, limits=limits_here()) as edit:
        lock = None
        for query in queries:
            layer = edit.layer(query.layer.id)
            lock = lock or locks.take(edit.connection, seconds)
            wanted = matching(edit, query)[:most]
            most -= len(wanted)
            held = locks.hold(edit.connection, lock, layer, wanted)
            others = sorted(set(wanted) - set(held))
            if others and not some:
                raise CannotLockAll(f"Feature {layer.id}.{others[0]} is locked by somebody else.", locator="lockAction")
            found.append((layer.id, held, others))
    if lock is None:
        raise InvalidParameter("The request has no query.", locator="Query")
    return lock, found
