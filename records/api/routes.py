# SPDX-License-Identifier: EUPL-1.2
"""`/api/records`: kinds with their schemas, lists, records with ETags, changes, history and vector tiles."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, request

from layers.service import visible_layers
from records import schema, service, store
from records.known import kind as known_kind
from records.known import kinds
from records.lists import query
from records.lists import service as lists
from records.model import Kind, Place, Save
from records.places import service as places
from records.places import tiles
from records.refusals import PreconditionRequired
from records.schema import InvalidRecord
from records.service import Current
from sdi.errors import InvalidParameter, TooLarge
from sdi.people.model import Principal
from sdi.web.context import base_url, principal, require, services
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.rights import public, requires

blueprint = Blueprint("records_api", __name__)

_TAG = "Records"
_KIND = {"kind_id": "Id of a kind"}
_ONE = {**_KIND, "record": "Id of a record"}
_BODY = {"application/json": {"type": "object"}}
_MOST_BYTES = 2_000_000
_IF_MATCH = Parameter("If-Match", "The ETag that the change was made from", where="header", required=True)
_LIST = (
    Parameter("q", "Words or a part of the number, without case and diacritics"),
    Parameter("state", "Id of a state"),
    Parameter("commune", "Six digits of TERYT"),
    Parameter("bbox", "Box in longitude and latitude: west,south,east,north"),
    Parameter("late", "Only records whose term has ended"),
    Parameter("parent", "Id of the record that they belong to"),
    Parameter("sort", "Order", {"type": "string", "enum": list(store.SORTS)}),
    Parameter("order", "Which way", {"type": "string", "enum": ["asc", "desc"]}),
    Parameter("after", "Where the page begins, from `next` of the page before"),
    Parameter("limit", "Most records on a page", {"type": "integer", "minimum": 1, "maximum": query.MOST}),
)


@blueprint.get("/api/records")
@public
@operation(Operation("Kinds of records", _TAG))
def api_kinds() -> Response:
    """Every kind with its titles and addresses."""
    return jsonify(kinds=[_short(kind) for kind in kinds().values()])


@blueprint.get("/api/records/<kind_id>/schema")
@public
@operation(Operation("JSON Schema and lifecycle of a kind", _TAG, path=_KIND))
def api_schema(kind_id: str) -> Response:
    """JSON Schema 2020-12 of the kind's records, its states and transitions, and the roles of places."""
    kind = known_kind(kind_id)
    return jsonify(
        schema=schema.json_schema(kind_id),
        states=[{"id": one.id, "title": one.title, "public": one.public, "closed": one.closed} for one in kind.states],
        transitions=[
            {"id": one.id, "title": one.title, "from": one.sources, "to": one.target, "reason": one.reason,
             "scope": one.scope or kind.write_scope}
            for one in kind.transitions
        ],
        roles=[{"id": one.id, "title": one.title} for one in kind.roles],
    )  # fmt: skip


@blueprint.get("/api/records/<kind_id>")
@public
@operation(Operation("Records of a kind", _TAG, _LIST, path=_KIND))
def api_list(kind_id: str) -> Response:
    """A page of records that the caller may see; `next` leads to the following one."""
    kind, caller = known_kind(kind_id), principal()
    asked = query.parse(kind, request.args.to_dict(), public=lists.is_public(kind, caller))
    page = lists.page(services().database, caller, asked)
    rows = [{name: value for name, value in row.items() if name != "sort_value"} for row in page.rows]
    answer: dict[str, Any] = {"matched": min(page.total, lists.COUNTED), "more": page.total > lists.COUNTED}
    return jsonify(**answer, next=page.following, records=store.as_json(rows))


@blueprint.post("/api/records/<kind_id>")
@requires()
@operation(Operation("Make a record", _TAG, body=_BODY, path=_KIND, scope="", success=201))
def api_create(kind_id: str) -> tuple[Response, int, dict[str, str]]:
    """A new record of the caller's organisation; 201 with its address and ETag."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    facts, typed, found = _sent(kind, caller)
    made = service.create(caller, kind_id, facts, typed, found or [])
    saved = service.apply(services().database, caller, [made])[0]
    headers = {"Location": f"{base_url()}/api/records/{kind_id}/{saved.id}", "ETag": f'"{saved.version}"'}
    return jsonify(id=str(saved.id), number=saved.number, version=saved.version), 201, headers


@blueprint.get("/api/records/<kind_id>/<uuid:record>")
@public
@operation(Operation("A record", _TAG, path=_ONE, statuses={304: "As the caller has it"}))
def api_record(kind_id: str, record: UUID) -> Response:
    """All that the caller may see of a record, its geometry in CRS84."""
    current = service.read(services().database, principal(), kind_id, record)
    response = jsonify(store.as_json(_whole(current)))
    response.set_etag(str(current.version) + ("p" if current.public else ""))
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization"
    response.make_conditional(request)
    return response


@blueprint.patch("/api/records/<kind_id>/<uuid:record>")
@requires()
@operation(Operation("Change a record", _TAG, (_IF_MATCH,), body=_BODY, path=_ONE, scope=""))
def api_change(kind_id: str, record: UUID) -> Response:
    """Change the named values (RFC 7396); `places`, where given, take the place of all."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    facts, typed, found = _sent(kind, caller)
    save = Save(kind_id, "edit", facts, typed, record, _expected(), places=found)
    return _saved(caller, save)


@blueprint.post("/api/records/<kind_id>/<uuid:record>/transitions")
@requires()
@operation(Operation("Take a record along a way of its lifecycle", _TAG, (_IF_MATCH,), body=_BODY, path=_ONE, scope=""))
def api_transit(kind_id: str, record: UUID) -> Response:
    """Body: `{"transition": id, "reason": text where the way wants one}`."""
    kind = known_kind(kind_id)
    caller = require(kind.write_scope)
    sent = _json()
    current = service.read(services().database, caller, kind_id, record)
    reason = str(sent["reason"])[:500] if sent.get("reason") else None
    return _saved(caller, service.transit(current, str(sent.get("transition", "")), reason, _expected()))


@blueprint.get("/api/records/<kind_id>/<uuid:record>/history")
@requires()
@operation(Operation("Changes of a record, the newest first", _TAG, path=_ONE, scope=""))
def api_history(kind_id: str, record: UUID) -> Response:
    """What was done, when, by which account, and the record as it was after it."""
    caller = require(known_kind(kind_id).read_scope)
    with services().database.read(caller) as connection:
        past = store.history(connection, record)
    changes = [{name: value for name, value in row.items() if name != "before"} for row in past]
    return jsonify(changes=store.as_json(changes))


@blueprint.get("/api/records/<kind_id>/tiles/<int:z>/<int:x>/<int:y>")
@public
@operation(
    Operation(
        "Vector tile of the records that the caller may see (WebMercatorQuad)",
        _TAG,
        path={**_KIND, "z": "Zoom", "x": "Column", "y": "Row"},
        answers={tiles.MEDIA_TYPE: {"type": "string", "format": "binary"}},
    )
)
def api_tile(kind_id: str, z: int, x: int, y: int) -> Response:
    """A tile; where records are smaller than its pixels one stands for all."""
    kind, caller = known_kind(kind_id), principal()
    shown_to_all = lists.is_public(kind, caller)
    with services().database.read(None if shown_to_all else caller) as connection:
        only = caller.organisations[0] if caller is not None and len(caller.organisations) == 1 else None
        own = None if shown_to_all else only
        body = tiles.tile(connection, kind, (z, x, y), public=shown_to_all, own=own)
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
    return Response(body, content_type=tiles.MEDIA_TYPE, headers=headers)


def _short(kind: Kind) -> dict[str, Any]:
    base = base_url()
    return {
        "id": kind.id, "title": kind.title, "plural": kind.plural, "parent": kind.parent,
        "list": f"{base}/{kind.path}", "records": f"{base}/api/records/{kind.id}",
        "schema": f"{base}/api/records/{kind.id}/schema", "layer": kind.layer.id if kind.layer else None,
    }  # fmt: skip


def _whole(current: Current) -> dict[str, Any]:
    hidden = ("geom", "shape", "words", "folded", "terms", "organisation_id")
    values = {name: value for name, value in current.row.items() if name not in hidden}
    shape = current.row["shape"]
    return {**values, "geometry": json.loads(shape) if shape else None}


def _saved(caller: Principal, save: Save) -> Response:
    saved = service.apply(services().database, caller, [save])[0]
    response = jsonify(id=str(saved.id), number=saved.number, version=saved.version)
    response.headers["ETag"] = f'"{saved.version}"'
    return response


def _json() -> dict[str, Any]:
    request.max_content_length = _MOST_BYTES
    if (request.content_length or 0) > _MOST_BYTES:
        raise TooLarge(f"A record's body has at most {_MOST_BYTES:,} bytes.")
    sent = request.get_json(force=True, silent=True)
    if not isinstance(sent, dict):
        raise InvalidParameter("Send a JSON object.")
    return sent


def _sent(kind: Kind, caller: Principal) -> tuple[dict[str, Any], dict[str, Any], list[Place] | None]:
    """Facts, own fields and places of a body; every other name is refused by the schema."""
    sent = _json()
    drawn = sent.pop("places", None)
    names = schema.json_schema(kind.id)["properties"]
    facts = {name: sent.pop(name) for name in list(sent) if name in names and name not in kind.by_name}
    if drawn is None:
        return facts, sent, None
    if not isinstance(drawn, list) or len(drawn) > service.MOST_PLACES:
        raise InvalidRecord({"places": f"A list of at most {service.MOST_PLACES} places is wanted."})
    found = [_place(one) for one in drawn]
    with services().database.read(caller) as connection:
        layers, wanted = visible_layers(), services().settings.places
        found = places.with_evidence(connection, layers, wanted, found)
    facts.setdefault("commune", places.commune_of(found, services().settings.places))
    return {name: value for name, value in facts.items() if name != "commune" or value}, sent, found


def _place(one: Any) -> Place:
    if not isinstance(one, Mapping) or not isinstance(one.get("geometry"), dict):
        raise InvalidRecord({"places": "Each place is an object with a role and a GeoJSON geometry."})
    return places.parse(str(one.get("role", "subject"))[:40], json.dumps(one["geometry"]))


def _expected() -> int:
    """The version that the caller made its change from."""
    etags = request.if_match
    if not request.headers.get("If-Match"):
        raise PreconditionRequired("Send `If-Match` with the ETag of the record that you changed.")
    versions = [int(tag) for tag in etags.as_set() if tag.isdecimal() and len(tag) < 10]
    if len(versions) != 1:
        raise InvalidParameter("`If-Match` is not the ETag of a record.", locator="If-Match")
    return versions[0]
