# SPDX-License-Identifier: EUPL-1.2
"""`/catalogue`, pages for people and JSON, and `/api/catalogue`, the search of the portal."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, render_template, request
from lxml import etree

import layers.service as layers
from catalogue import service
from catalogue.encodings import iso19139, schema_org
from catalogue.model import Found, Record
from catalogue.store import RECORD, Search
from sdi.crs import CRS84, parse_bbox
from sdi.web.context import base_url
from sdi.web.i18n import localised
from sdi.web.negotiation import HTML, JSON, negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.pages import this_page
from sdi.web.parameters import Parameters
from sdi.web.rights import public

blueprint = Blueprint("catalogue", __name__, template_folder="templates")

_PAGE = 20
_MOST = 100
_LAST_PAGE = 100_000
_OFFERS = {"html": HTML, "json": JSON}
_RECORD_OFFERS = {**_OFFERS, "iso": "application/xml"}
_KNOWN = ("q", "theme", "bbox", "page", "limit", "f", "lang")


@blueprint.get("/catalogue")
@public
def records() -> Response | str:
    """Records with all the words, of the theme, in the box; newest first, or best first where there are words."""
    asked = _asked()
    if negotiate(_OFFERS) == "json":
        return _found_as_json(asked)
    page, limit = _page(asked)
    found = service.search(_search(asked))
    last = page * limit >= found.total
    return render_template(
        "catalogue/records.html",
        found=found,
        q=asked.text("q", 200) or "",
        theme=asked.text("theme", 60) or "",
        themes=layers.themes(),
        previous=this_page(page=page - 1) if page > 1 else None,
        following=None if last else this_page(page=page + 1),
    )


@blueprint.get("/catalogue/<name>")
@public
def record(name: str) -> Response | str:
    """One record, by its id or its layer's: all it says, and where its data can be had."""
    found = service.record(name)
    publisher = service.publisher()
    representation = negotiate(_RECORD_OFFERS)
    if representation == "json":
        return jsonify(_whole(found, publisher.base))
    if representation == "iso":
        body = etree.tostring(iso19139.encode(found, publisher), encoding="UTF-8", xml_declaration=True)
        return Response(body, content_type="application/xml; charset=utf-8")
    title, address = service.licence(found.facts.licence)
    return render_template(
        "catalogue/record.html",
        record=found,
        facts=found.facts,
        licence={"title": title, "url": address},
        links=service.links(found, publisher.base),
        encodings=service.encodings(found, publisher.base),
        map_link=f"{publisher.base}/map?l={quote(found.layer_id)}",
        linked_data=schema_org.encode(found, publisher),
    )


@blueprint.get("/api/catalogue")
@public
@operation(
    Operation(
        "Records with all the words, of the theme, in the box",
        "Catalogue",
        (
            Parameter("q", "Words, without case and diacritics"),
            Parameter("theme", "Id of a theme"),
            Parameter("bbox", "Box in longitude and latitude: west,south,east,north"),
            Parameter("page", "Page, from 1", {"type": "integer", "minimum": 1}),
            Parameter("limit", "Most records on a page", {"type": "integer", "minimum": 1, "maximum": _MOST}),
            Parameter("lang", "Language of texts", {"type": "string", "enum": ["pl", "en"]}),
        ),
    )
)
def search() -> Response:
    """The search of the portal: id, layer, title, theme and box of each record found, and how many there are."""
    return _found_as_json(_asked())


def _asked() -> Parameters:
    return Parameters(request.args.to_dict(), known=_KNOWN)


def _page(asked: Parameters) -> tuple[int, int]:
    return asked.integer("page", 1, 1, _LAST_PAGE), asked.integer("limit", _PAGE, 1, _MOST)


def _search(asked: Parameters) -> Search:
    where, order = [], [RECORD.c.modified.desc(), RECORD.c.id]
    if words := asked.text("q", 200):
        where.append(service.words(words))
        order.insert(0, service.rank(words).desc())
    if theme := asked.text("theme", 60):
        where.append(RECORD.c.theme == theme)
    if box := asked.text("bbox"):
        where.append(service.within(parse_bbox(box, CRS84)))
    page, limit = _page(asked)
    return Search(tuple(where), tuple(order), (page - 1) * limit, limit)


def _found_as_json(asked: Parameters) -> Response:
    found: Found = service.search(_search(asked))
    base = base_url()
    return jsonify(
        matched=found.total, returned=len(found.records), records=[_short(record, base) for record in found.records]
    )


def _short(record: Record, base: str) -> dict[str, Any]:
    return {
        "id": str(record.id),
        "layer": record.layer_id,
        "title": localised(record.title) or record.layer_id,
        "theme": record.theme,
        "bbox": record.facts.bbox,
        "href": f"{base}/catalogue/{record.id}",
    }


def _whole(record: Record, base: str) -> dict[str, Any]:
    facts = record.facts
    return {
        "id": str(record.id),
        "layer": record.layer_id,
        "type": record.type,
        "title": record.title,
        "abstract": record.abstract,
        "notice": facts.notice,
        "keywords": record.keywords,
        "theme": {"id": record.theme, "title": facts.theme_title, "inspire": facts.inspire, "topic": facts.topic},
        "organisation": {"id": record.organisation, "title": record.organisation_title},
        "visibility": record.visibility,
        "created": record.created.isoformat(),
        "modified": record.modified.isoformat(),
        "bbox": facts.bbox,
        "time": [facts.time_start, facts.time_end],
        "crs": f"http://www.opengis.net/def/crs/EPSG/0/{facts.srid}",
        "kind": facts.kind,
        "geometryType": facts.geometry_type,
        "features": facts.feature_count,
        "columns": [_column(column) for column in facts.columns],
        "licence": facts.licence,
        "attribution": facts.attribution,
        "lineage": facts.lineage,
        "links": [
            {"href": link.href, "title": localised(link.title), "type": link.media_type, "protocol": link.protocol}
            for link in (*service.links(record, base), *service.encodings(record, base))
        ],
    }


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": column["name"], "type": column["type"], "title": column["title"]}
