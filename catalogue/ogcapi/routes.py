# SPDX-License-Identifier: EUPL-1.2
"""`/ogc/collections/metadata-records`: the collection, its queryables and sortables, its records."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import werkzeug
from flask import Blueprint, Response, redirect, request
from flask.blueprints import BlueprintSetupState

from catalogue import service
from catalogue.encodings import records_json
from catalogue.model import Publisher, Record
from catalogue.ogcapi.asked import EQUALS, MOST, PAGE, read
from catalogue.queryables import SCHEMA, SORTABLES
from sdi.filters.schema import Kind
from sdi.web.context import base_url, services
from sdi.web.i18n import localised
from sdi.web.negotiation import HTML, JSON, negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.parameters import Parameters
from sdi.web.rights import public

blueprint = Blueprint("metadata_records", __name__)

Answer = Response | werkzeug.Response

NAME = "metadata-records"
"""No layer's id has a hyphen."""
_PATH = f"/ogc/collections/{NAME}"
_GEOJSON = "application/geo+json"
_SCHEMA = "application/schema+json"
_REL = "http://www.opengis.net/def/rel/ogc/1.0"
_SPEC = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf"
CLASSES = tuple(
    f"{_SPEC}/{name}"
    for name in ("record-core", "record-collection", "record-core-query-parameters", "records-api", "sorting", "json",
                 "searchable-catalog", "autodiscovery")
)  # fmt: skip
_TYPES: Mapping[Kind, Mapping[str, str]] = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
    Kind.GEOMETRY: {"format": "geometry-any"},
}
_FORMAT = Parameter("f", "Representation", {"type": "string", "enum": ["json", "html"]})
_PARAMETERS = (
    _FORMAT,
    Parameter("limit", "Most records on a page", {"type": "integer", "minimum": 1, "maximum": MOST, "default": PAGE}),
    Parameter("offset", "Records before the first", {"type": "integer", "minimum": 0}),
    Parameter("bbox", "Box that the record's extent meets"),
    Parameter("bbox-crs", "CRS of the box; CRS84 unless said"),
    Parameter("datetime", "Instant or interval that the resource is of"),
    Parameter("q", "Words in any form; one of several where they are separated by commas"),
    Parameter("type", "Kinds of resources, separated by commas"),
    Parameter("ids", "Identifiers of records, separated by commas"),
    Parameter("externalIds", "Identifiers of resources, separated by commas"),
    Parameter("sortby", "Properties to sort by, with - in front for the other way"),
    Parameter("filter", "Condition in CQL2"),
    Parameter("filter-lang", "How it is written", {"type": "string", "enum": ["cql2-text", "cql2-json"]}),
    Parameter("filter-crs", "CRS of its geometry"),
    *(Parameter(name, f"Records with this {name}") for name in EQUALS),
)


@blueprint.get(_PATH)
@public
@operation(Operation("The catalogue as a collection of records", "Records", (_FORMAT,)))
def collection() -> Answer:
    """The catalogue (record collection)."""
    _check_parameters()
    if negotiate({"json": JSON, "html": HTML}) == "html":
        return redirect(f"{base_url()}/catalogue")
    site, own = services().settings.site, f"{base_url()}{_PATH}"
    return _json(
        {
            "id": NAME,
            "type": "Collection",
            "conformsTo": CLASSES,
            "itemType": "record",
            "title": localised(site.title),
            "description": localised(site.abstract),
            "language": {"code": "pl", "name": "Polski"},
            "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}},
            "crs": ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"],
            "defaultSortOrder": ["+title"],
            "links": [
                _link(f"{own}?f=json", "self", JSON),
                _link(f"{base_url()}/catalogue", "alternate", HTML),
                _link(f"{own}/items?f=json", "items", _GEOJSON),
                _link(f"{own}/queryables", f"{_REL}/queryables", _SCHEMA),
                _link(f"{own}/sortables", f"{_REL}/sortables", _SCHEMA),
                _link(f"{base_url()}/api/catalogue/facets", f"{_REL}/facets", JSON),
                _link(f"{base_url()}/catalogue/opensearch.xml", "search", "application/opensearchdescription+xml"),
            ],
        }
    )


@blueprint.get(f"{_PATH}/queryables")
@public
@operation(Operation("Properties that filters ask for", "Records", (), {_SCHEMA: {"type": "object"}}))
def queryables() -> Response:
    """Queryables as JSON Schema (OGC 19-079r2, 6.2)."""
    return _properties("queryables", {name: _TYPES[one.kind] for name, one in SCHEMA.items()})


@blueprint.get(f"{_PATH}/sortables")
@public
@operation(Operation("Properties to sort by", "Records", (), {_SCHEMA: {"type": "object"}}))
def sortables() -> Response:
    """Sortables as JSON Schema (get-sortables-op)."""
    return _properties("sortables", {name: _TYPES[SCHEMA[name].kind] for name in SORTABLES})


@blueprint.get(f"{_PATH}/items")
@public
@operation(Operation("Records that meet all conditions", "Records", _PARAMETERS, {_GEOJSON: {"type": "object"}}))
def items() -> Answer:
    """A page of records (records-op)."""
    kind = negotiate({"json": JSON, "html": HTML})
    wanted = read(request.args)
    if kind == "html":
        kept = {name: request.args[name] for name in ("q", "bbox", "datetime", "lang") if name in request.args}
        return redirect(f"{base_url()}/catalogue?{urlencode(kept)}")
    found = service.search(wanted)
    publisher = service.publisher()
    links = [_link(_page(wanted.start, wanted.limit), "self", _GEOJSON),
             _link(f"{base_url()}/catalogue", "alternate", HTML)]  # fmt: skip
    if wanted.start + wanted.limit < found.total:
        links.append(_link(_page(wanted.start + wanted.limit, wanted.limit), "next", _GEOJSON))
    if wanted.start:
        links.append(_link(_page(max(0, wanted.start - wanted.limit), wanted.limit), "prev", _GEOJSON))
    return _json(
        {
            "type": "FeatureCollection",
            "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "numberMatched": found.total,
            "numberReturned": len(found.records),
            "features": [_record(one, publisher) for one in found.records],
            "links": links,
        },
        _GEOJSON,
    )


@blueprint.get(f"{_PATH}/items/<path:record_id>")
@public
@operation(Operation("A record", "Records", (_FORMAT,), {_GEOJSON: {"type": "object"}}))
def item(record_id: str) -> Answer:
    """One record, by its identifier (record-op)."""
    _check_parameters()
    found = service.record(record_id)
    if negotiate({"json": JSON, "html": HTML}) == "html":
        return redirect(f"{base_url()}/catalogue/{found.id}")
    return _json(_record(found, service.publisher()), _GEOJSON)


def _record(record: Record, publisher: Publisher) -> dict[str, Any]:
    own, page = f"{base_url()}{_PATH}", service.address(record, publisher)
    links: list[dict[str, Any]] = [
        _link(f"{own}/items/{record.identifier}", "self", _GEOJSON),
        _link(own, "collection", JSON),
        _link(page, "alternate", HTML),
        *(_link(one.href, "alternate", one.media_type) for one in service.encodings(record, base_url())[:-1]),
    ]
    return records_json.encode(service.metadata(record, publisher), links)


def _check_parameters() -> None:
    """Only the format and the language are known."""
    Parameters(request.args.to_dict(), known=("f", "lang"))


def _properties(name: str, properties: Mapping[str, Any]) -> Response:
    _check_parameters()
    return _json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{base_url()}{_PATH}/{name}",
            "type": "object",
            "title": localised(services().settings.site.title),
            "properties": properties,
            "additionalProperties": False,
        },
        _SCHEMA,
    )


def _page(start: int, limit: int) -> str:
    values = {**request.args.to_dict(), "offset": str(start), "limit": str(limit), "f": "json"}
    return f"{base_url()}{_PATH}/items?{urlencode(values)}"


def _link(href: str, rel: str, media_type: str) -> dict[str, Any]:
    return {"href": href, "rel": rel, "type": media_type}


def _json(body: Any, media_type: str = JSON) -> Response:
    return Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), content_type=media_type)


@blueprint.record
def _set_up(state: BlueprintSetupState) -> None:
    state.app.extensions["brama.ogcapi.classes"] = CLASSES
    state.app.extensions["brama.ogcapi.links"] = ((f"/collections/{NAME}?f=json", f"{_REL}/ogc-catalog"),)
