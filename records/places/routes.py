# SPDX-License-Identifier: EUPL-1.2
"""`/records`, search over every kind, and `/records/around`, everything about a place."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import shapely
from flask import Blueprint, Response, jsonify, render_template, request
from sqlalchemy import RowMapping

from layers.service import visible_layers
from records import store
from records.addresses import address
from records.known import kinds
from records.places import search, service
from records.schema import InvalidRecord
from sdi.crs import CRS84, by_srid, parse_bbox
from sdi.errors import InvalidParameter, NotFound
from sdi.web.context import principal, services
from sdi.web.i18n import gettext
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.parameters import Parameters
from sdi.web.rights import public

blueprint = Blueprint("records_places", __name__)

_NEAR = 200
_FARTHEST = 5_000
_SEARCH = ("q", "kind", "bbox", "f", "lang")
_AROUND = ("place", "record", "metres", "f", "lang")


@blueprint.get("/records")
@public
def records_search() -> str:
    """Records of every kind with all the words, in the box."""
    asked = Parameters(request.args.to_dict(), known=_SEARCH)
    found = _search(asked) if "q" in asked or "bbox" in asked else None
    return render_template("records/search.html", found=found, q=asked.text("q", 200) or "", kinds=kinds(),
                           kind=asked.text("kind", 40), address=address)  # fmt: skip


@blueprint.get("/api/records/search")
@public
@operation(
    Operation(
        "Records of every kind with all the words, in the box",
        "Records",
        (
            Parameter("q", "Words or a part of the number"),
            Parameter("kind", "Id of a kind"),
            Parameter("bbox", "Box in longitude and latitude: west,south,east,north"),
        ),
    )
)
def api_search() -> Response:
    """At most 100 records, the best match first."""
    found = _search(Parameters(request.args.to_dict(), known=_SEARCH))
    return jsonify(records=store.as_json([_linked(row) for row in found]))


@blueprint.get("/records/around")
@public
def records_around() -> str:
    """Everything about a place: records and features there, as far as the caller's rights go."""
    asked = Parameters(request.args.to_dict(), known=_AROUND)
    metres = asked.integer("metres", _NEAR, 0, _FARTHEST)
    told: dict[str, Any] = {"metres": metres, "place": asked.text("place", 200) or "", "kinds": kinds()}
    if "place" not in asked and "record" not in asked:
        return render_template("records/around.html", **told, found=None, address=address)
    label, shape, mistake = _place(asked)
    if shape is None:
        return render_template("records/around.html", **told, found=None, mistake=mistake, address=address)
    rows, features = _around(shape, metres)
    layers = visible_layers()
    return render_template("records/around.html", **told, found=rows, label=label, features=_grouped(features),
                           layers=layers, address=address)  # fmt: skip


@blueprint.get("/api/records/around")
@public
@operation(
    Operation(
        "Everything about a place: records and features of layers",
        "Records",
        (
            Parameter("place", "Address, parcel, or latitude and longitude", required=True),
            Parameter("metres", "How far around", {"type": "integer", "minimum": 0, "maximum": _FARTHEST}),
        ),
    )
)
def api_around() -> Response:
    """Records, nearest first, and features of the visible layers."""
    asked = Parameters(request.args.to_dict(), known=_AROUND)
    label, shape, mistake = _place(asked)
    if shape is None:
        raise NotFound(mistake or gettext("There is no such place."), locator="place")
    rows, features = _around(shape, asked.integer("metres", _NEAR, 0, _FARTHEST))
    records = [{**_linked(row), "distance": float(row["distance"])} for row in rows]
    return jsonify(place=label, records=store.as_json(records), features=store.as_json([dict(row) for row in features]))


def _search(asked: Parameters) -> list[RowMapping]:
    box = asked.text("bbox", 200)
    bounds = tuple(parse_bbox(box, CRS84).to(by_srid(2180)).bounds) if box else None
    kind = asked.choice("kind", list(kinds()), "") or None
    wanted = search.Asked(asked.text("q", 200), kind, bounds)  # type: ignore[arg-type] # four numbers
    caller = principal()
    with services().database.read(caller) as connection:
        return search.search(connection, wanted, public=caller is None)


def _place(asked: Parameters) -> tuple[str, shapely.Geometry | None, str | None]:
    """The label and shape (EPSG:2180) of the asked place, or what is wrong with it."""
    caller, written = principal(), asked.text("place", 200) or ""
    with services().database.read(caller) as connection:
        if record := asked.text("record", 40):
            found = service.of_record(connection, _uuid(record), public=caller is None)
        else:
            try:
                return written, shapely.from_wkb(service.parse("place", written).wkb), None
            except InvalidRecord:
                settings = services().settings.places
                found = service.find(connection, visible_layers(), settings, written, public=caller is None)
    if not found:
        return written, None, gettext("No place is found by this. Write an address, a parcel or coordinates.")
    return found[0].label, shapely.from_wkb(found[0].wkb), None


def _around(shape: shapely.Geometry, metres: int) -> tuple[list[RowMapping], list[RowMapping]]:
    caller = principal()
    shown_to_all = caller is None
    own = {kind.layer.id for kind in kinds().values() if kind.layer}
    layers = [layer for layer in visible_layers().values() if layer.id not in own]
    with services().database.read(caller) as connection:
        rows = service.around(connection, shape, metres, public=shown_to_all)
        return rows, service.layers_at(connection, layers, shape, min(metres, _NEAR), public=shown_to_all)


def _grouped(features: Sequence[RowMapping]) -> dict[str, list[RowMapping]]:
    groups: dict[str, list[RowMapping]] = {}
    for row in features:
        groups.setdefault(row["layer"], []).append(row)
    return groups


def _linked(row: RowMapping) -> dict[str, Any]:
    kind = kinds()[row["kind"]]
    told = {name: row[name] for name in ("id", "kind", "number", "title", "state", "opened", "own")}
    return {**told, "href": address(kind, row["id"])}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidParameter("Parameter 'record' is no identifier.", locator="record") from error
