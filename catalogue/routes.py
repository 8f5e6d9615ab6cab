# SPDX-License-Identifier: EUPL-1.2
"""`/catalogue`, pages for people and every encoding of a record, and `/api/catalogue`, the search of the portal."""

from flask import Blueprint, Response, jsonify, render_template, request
from lxml import etree

from catalogue import asked as reading
from catalogue import discovery, facets, listing, locator, service
from catalogue.documents import service as documents
from catalogue.documents.model import Owner
from catalogue.documents.reading import envelope
from catalogue.encodings import dcat, dublin_core, iso19115_3, iso19139, records_json, schema_org
from catalogue.encodings.names import GMD, MDB, document
from catalogue.model import Found, Publisher, Record, Visibility
from catalogue.whole import short, whole
from sdi.errors import NotFound
from sdi.web.context import base_url, require, services
from sdi.web.negotiation import HTML, JSON, negotiate
from sdi.web.openapi import Operation, Parameter, operation
from sdi.web.pages import this_page
from sdi.web.parameters import Parameters
from sdi.web.rights import public, requires

blueprint = Blueprint("catalogue", __name__, template_folder="templates")
blueprint.add_app_template_filter(listing.address, "address")

_OFFERS = {"html": HTML, "json": JSON, **{name: kind for name, (kind, _syntax) in dcat.MEDIA_TYPES.items()}}
_XML = "application/xml"
_SITEMAPS = 1_000
_VISIBILITY: tuple[Visibility, ...] = ("public", "organisation", "private")
MOST_BYTES = 16 * 1024 * 1024
"""Most of one body of records; more are brought by the command."""
_RECORD_OFFERS = {**_OFFERS, "iso": _XML, "iso3": _XML, "dc": _XML, "geojson": "application/geo+json"}
_SEARCH = Operation(
    "Records with all the words, of the theme, in the box",
    "Catalogue",
    (
        Parameter("q", "Words, without case and diacritics, in any form"),
        *(Parameter(name, f"Only records of this {name}, as `facets` tell them") for name in facets.NAMES),
        Parameter("bbox", "Box in longitude and latitude: west,south,east,north"),
        Parameter("datetime", "Instant or interval that the data are of"),
        Parameter("sort", "Order", {"type": "string", "enum": list(reading.SORTS)}),
        Parameter("page", "Page, from 1", {"type": "integer", "minimum": 1}),
        Parameter("limit", "Most records on a page", {"type": "integer", "minimum": 1, "maximum": reading.MOST}),
        Parameter("lang", "Language of texts", {"type": "string", "enum": ["pl", "en"]}),
    ),
)


@blueprint.get("/catalogue")
@public
def records() -> Response | str:
    """Records with all the words, of the facets chosen, in the box; best first where there are words, else newest."""
    asked = reading.read(request.args)
    kind = negotiate(_OFFERS)
    if kind == "json":
        return _found_as_json(asked)
    if kind != "html":
        return _as_catalogue(asked, kind)
    found, counted = listing.find(asked)
    following = None if asked.page * asked.limit >= found.total else this_page(page=asked.page + 1)
    return render_template(
        "catalogue/records.html",
        found=found,
        asked=asked,
        facets=listing.choices(asked, counted),
        sorts=reading.SORTS,
        chosen=listing.chosen(asked),
        service=service,
        titles=listing.kind_of,
        place=locator.place,
        previous=this_page(page=asked.page - 1) if asked.page > 1 else None,
        following=following,
    )


@blueprint.get("/catalogue/<name>")
@public
def record(name: str) -> Response | str:
    """One record, by its id, its identifier or its layer's: all it says, and where its data can be had."""
    found = service.record(name)
    publisher = service.publisher()
    kind = negotiate(_RECORD_OFFERS)
    if kind == "json":
        return jsonify(whole(found, publisher))
    if kind != "html":
        return _encoded(found, publisher, kind)
    said = service.metadata(found, publisher)
    title, address = service.licence(found.licence)
    return render_template(
        "catalogue/record.html",
        record=found,
        said=said,
        facts=found.facts,
        licence={"title": title, "url": address},
        roles=listing.roles(),
        place=locator.place,
        encodings=service.encodings(found, publisher.base),
        map_link=service.map_link(found, publisher.base),
        linked_data=schema_org.encode(said, service.address(found, publisher)),
    )


@blueprint.get("/api/catalogue")
@public
@operation(_SEARCH)
def search() -> Response:
    """The search of the portal: id, layer, title, theme and box of each record found, and how many there are."""
    return _found_as_json(reading.read(request.args))


@blueprint.get("/api/catalogue/facets")
@public
@operation(_SEARCH)
def count() -> Response:
    """How many of the records found have each value of each facet, the most frequent first."""
    asked = reading.read(request.args)
    found, counted = listing.find(asked)
    listed = {
        facet.name: [{"value": one.value, "title": one.title, "count": one.count} for one in facet.values]
        for facet in listing.choices(asked, counted)
    }
    return jsonify(matched=found.total, facets=listed)


@blueprint.get("/api/catalogue/suggestions")
@public
@operation(
    Operation(
        "Titles that a person may mean who has typed so much",
        "Catalogue",
        (Parameter("q", "What was typed"), Parameter("lang", "Language of texts", {"type": "string"})),
    )
)
def suggest() -> Response:
    """At most eight titles of records, best first."""
    asked = reading.read({"q": request.args.get("q", ""), "limit": "8"})
    found = service.page(reading.search(asked, whole=False)) if asked.words else ()
    return jsonify(suggestions=[short(record, base_url()) for record in found])


@blueprint.get("/catalogue/opensearch.xml")
@public
def describe_search() -> Response:
    """The description of the search for browsers and catalogue clients."""
    return Response(discovery.opensearch(service.publisher()), content_type="application/opensearchdescription+xml")


@blueprint.get("/sitemap.xml")
@blueprint.get("/sitemap-<int:number>.xml")
@public
def map_pages(number: int = 1) -> Response:
    """Pages of public records for search engines; 50,000 a file, the second as /sitemap-2.xml."""
    body = discovery.sitemap(service.publisher(), number) if 1 <= number <= _SITEMAPS else None
    if body is None:
        raise NotFound(f"There is no sitemap {number}.")
    return Response(body, content_type=f"{_XML}; charset=utf-8")


@blueprint.post("/api/catalogue/records")
@requires("catalogue:write")
@operation(
    Operation(
        "Bring records: one or many in an XML document",
        "Catalogue",
        (Parameter("visibility", "Who may see them", {"type": "string", "enum": list(_VISIBILITY)}),),
        body={"application/xml": {"type": "string"}},
        scope="catalogue:write",
    )
)
def bring() -> Response:
    """Records of ISO 19139, ISO 19115-3 or Dublin Core; tells of each what became of it and what it lacks."""
    sent = Parameters(request.args.to_dict(), known=("visibility", "lang"))
    visibility = sent.choice("visibility", _VISIBILITY, _VISIBILITY[0])
    caller = require("catalogue:write")
    request.max_content_length = MOST_BYTES
    placed = [(str(number), one) for number, one in enumerate(envelope(request.get_data(), limit=MOST_BYTES), 1)]
    owner = Owner(caller.organisation_id, caller.account_id, visibility)
    with services().database.write(caller) as connection:
        outcomes = documents.bring(connection, placed, owner)
    return jsonify(records=[one.json() for one in outcomes])


@blueprint.delete("/api/catalogue/records/<path:identifier>")
@requires("catalogue:write")
@operation(Operation("Remove a record that was brought", "Catalogue", scope="catalogue:write"))
def remove(identifier: str) -> Response:
    """Remove a document of the caller's organisation."""
    with services().database.write(require("catalogue:write")) as connection:
        if not documents.remove(connection, [identifier]):
            raise NotFound(f"There is no record {identifier[:80]!r} that you may remove.", locator="identifier")
    return jsonify(removed=identifier)


def _found_as_json(asked: reading.Asked) -> Response:
    found: Found = service.search(reading.search(asked, whole=False))
    base = base_url()
    return jsonify(
        matched=found.total, returned=len(found.records), records=[short(record, base) for record in found.records]
    )


def _as_catalogue(asked: reading.Asked, kind: str) -> Response:
    """A page of the catalogue in RDF, which leads on to the next."""
    publisher = service.publisher()
    found = service.search(reading.search(asked))
    placed = [(service.metadata(one, publisher), service.address(one, publisher)) for one in found.records]
    last = asked.page * asked.limit >= found.total
    page = dcat.Page(this_page(), found.total, this_page(page=1), None if last else this_page(page=asked.page + 1))
    media_type, syntax = dcat.MEDIA_TYPES[kind]
    return Response(dcat.serialise_catalogue(placed, publisher, page, syntax), content_type=media_type)


def _encoded(record: Record, publisher: Publisher, kind: str) -> Response:
    said = service.metadata(record, publisher)
    if kind in dcat.MEDIA_TYPES:
        media_type, syntax = dcat.MEDIA_TYPES[kind]
        body = dcat.serialise([(said, service.address(record, publisher))], syntax)
        return Response(body, content_type=media_type)
    if kind == "geojson":
        own = {"href": f"{service.address(record, publisher)}?f=geojson", "rel": "self", "type": _RECORD_OFFERS[kind]}
        answer = jsonify(records_json.encode(said, [own]))
        answer.content_type = _RECORD_OFFERS[kind]
        return answer
    return Response(document(_element(record, publisher, kind)), content_type=f"{_XML}; charset=utf-8")


def _element(record: Record, publisher: Publisher, kind: str) -> etree._Element:
    """The record in XML: the document itself where it was brought in this schema."""
    said = service.metadata(record, publisher)
    if kind == "dc":
        return dublin_core.encode(said, "full")
    kept = service.documents([record], GMD if kind == "iso" else MDB)
    if record.id in kept:
        return kept[record.id]
    return iso19139.encode(said) if kind == "iso" else iso19115_3.encode(said)
