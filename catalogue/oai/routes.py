# SPDX-License-Identifier: EUPL-1.2
"""`/oai`: the six verbs of OAI-PMH 2.0, by GET and POST, over what everybody may see."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response, request
from lxml import etree

from catalogue import service, store
from catalogue.encodings import dcat, dublin_core, iso19115_3, iso19139
from catalogue.encodings.names import DC, GMD, MDB, XSI, clean, document
from catalogue.model import Record, polish
from catalogue.oai import store as lists
from catalogue.oai.model import PAGE, PREFIXES, OaiError, Wanted, prefix, wanted
from catalogue.oai.store import Header
from sdi.web.context import base_url, organisation, services
from sdi.web.rights import public

blueprint = Blueprint("oai", __name__)

OAI = "http://www.openarchives.org/OAI/2.0/"
_OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
_LOCATION = f"{OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd"
_DC_LOCATION = f"{_OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd"
_FORMATS = {
    "oai_dc": ("http://www.openarchives.org/OAI/2.0/oai_dc.xsd", _OAI_DC),
    "iso19139": ("http://www.isotc211.org/2005/gmd/gmd.xsd", GMD),
    "iso19115-3": ("https://schemas.isotc211.org/19115/-3/mdb/2.0/mdb.xsd", MDB),
    "dcat": ("https://www.w3.org/ns/dcat2.rdf", "http://www.w3.org/ns/dcat#"),
}
_LISTED = frozenset({"from", "until", "metadataPrefix", "set", "resumptionToken"})
_ARGUMENTS: Mapping[str, frozenset[str]] = {
    "Identify": frozenset(),
    "ListMetadataFormats": frozenset({"identifier"}),
    "ListSets": frozenset({"resumptionToken"}),
    "ListIdentifiers": _LISTED,
    "ListRecords": _LISTED,
    "GetRecord": frozenset({"identifier", "metadataPrefix"}),
}
_DC_TERMS = frozenset(
    ["title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
     "source", "language", "relation", "coverage", "rights"]
)  # fmt: skip
_AS_DC = {"abstract": "description", "references": "identifier", "alternative": "title", "modified": "date",
          "license": "rights"}  # fmt: skip


@blueprint.route("/oai", methods=["GET", "POST"])
@public
def answer() -> Response:
    """A verb's answer, or the error of the protocol."""
    sent = request.form if request.method == "POST" else request.args
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap={None: OAI, "xsi": XSI})  # type: ignore[dict-item]
    root.set(f"{{{XSI}}}schemaLocation", _LOCATION)
    _say(root, "responseDate", _stamp(datetime.now(UTC)))
    asked = _say(root, "request", f"{base_url()}/oai")
    try:
        values = _arguments(sent.to_dict(flat=False))
        for name, value in values.items():
            asked.set(name, clean(value))
        root.append(_VERBS[values["verb"]](values))
    except OaiError as error:
        if error.code in ("badVerb", "badArgument"):
            asked.attrib.clear()
        _say(root, "error", error.message).set("code", error.code)
    return Response(document(root), content_type="text/xml; charset=utf-8")


def _arguments(sent: Mapping[str, list[str]]) -> dict[str, str]:
    """The arguments, each once and known to the verb (section 3.6)."""
    verb = sent.get("verb", [""])
    if len(verb) != 1 or verb[0] not in _ARGUMENTS:
        raise OaiError("badVerb", f"Verbs are {', '.join(_ARGUMENTS)}.")
    known = {*_ARGUMENTS[verb[0]], "verb"}
    for name, values in sent.items():
        if name not in known or len(values) != 1:
            raise OaiError("badArgument", f"{verb[0]} takes {', '.join(sorted(known - {'verb'})) or 'nothing more'}.")
        if len(values[0]) > 2_000 or "\x00" in values[0]:
            raise OaiError("badArgument", f"The argument {name} cannot be used.")
    return {name: values[0] for name, values in sent.items()}


def _identify(_values: Mapping[str, str]) -> etree._Element:
    site = services().settings.site
    made = _element("Identify")
    _say(made, "repositoryName", site.title["pl"])
    _say(made, "baseURL", f"{base_url()}/oai")
    _say(made, "protocolVersion", "2.0")
    _say(made, "adminEmail", site.contact or "admin@localhost")
    with services().database.public.connect() as connection:
        oldest = lists.earliest(connection)
    _say(made, "earliestDatestamp", _stamp(oldest or datetime.now(UTC)))
    _say(made, "deletedRecord", "transient")
    _say(made, "granularity", "YYYY-MM-DDThh:mm:ssZ")
    return made


def _formats(values: Mapping[str, str]) -> etree._Element:
    if "identifier" in values:
        _find(values["identifier"])
    made = _element("ListMetadataFormats")
    for name in PREFIXES:
        schema, namespace = _FORMATS[name]
        one = _say(made, "metadataFormat")
        _say(one, "metadataPrefix", name)
        _say(one, "schema", schema)
        _say(one, "metadataNamespace", namespace)
    return made


def _sets(values: Mapping[str, str]) -> etree._Element:
    if "resumptionToken" in values:
        raise OaiError("badResumptionToken", "Sets come in one answer.")
    made = _element("ListSets")
    with services().database.public.connect() as connection:
        for slug, title in lists.organisations(connection):
            one = _say(made, "set")
            _say(one, "setSpec", f"organisation:{slug}")
            _say(one, "setName", polish(title))
    return made


def _list(values: Mapping[str, str]) -> etree._Element:
    asked = wanted(values)
    if (slug := organisation()) is not None:
        asked = replace(asked, organisation=slug)
    whole = values["verb"] == "ListRecords"
    made = _element(values["verb"])
    with services().database.public.connect() as connection:
        headers = lists.page(connection, asked)
        here = [header.identifier for header in headers[:PAGE] if not header.gone]
        found = store.by_identifiers(connection, here, public=True) if whole else []
    if not headers:
        raise OaiError("noRecordsMatch", "No record was changed in this time, in this set.")
    records = {record.identifier: record for record in found}
    kept = _kept(found, asked.prefix)
    for header in headers[:PAGE]:
        if whole:
            _record(made, header, records.get(header.identifier), asked.prefix, kept)
        else:
            _header(made, header)
    _resumption(made, asked, headers)
    return made


def _resumption(made: etree._Element, asked: Wanted, headers: list[Header]) -> None:
    """The token of the next page; on the last page of several an empty one (section 3.5)."""
    if len(headers) > PAGE:
        last = headers[PAGE - 1]
        token = asked.token((last.at.isoformat(), last.identifier), asked.done + PAGE)
        _say(made, "resumptionToken", token).set("cursor", str(asked.done))
    elif asked.after:
        _say(made, "resumptionToken").set("cursor", str(asked.done))


def _get(values: Mapping[str, str]) -> etree._Element:
    if "identifier" not in values:
        raise OaiError("badArgument", "identifier is missing.")
    form = prefix(values)
    header, record = _find(values["identifier"])
    made = _element("GetRecord")
    _record(made, header, record, form, _kept([record] if record else [], form))
    return made


def _find(identifier: str) -> tuple[Header, Record | None]:
    with services().database.public.connect() as connection:
        found = store.by_identifiers(connection, [identifier], public=True)
        lost = None if found else lists.gone(connection, identifier)
    if found and organisation() in (None, found[0].organisation):
        return Header(identifier, found[0].changed, found[0].organisation, gone=False), found[0]
    if lost:
        return lost, None
    raise OaiError("idDoesNotExist", "There is no record of this identifier.")


def _record(
    made: etree._Element, header: Header, record: Record | None, form: str, kept: Mapping[UUID, etree._Element]
) -> None:
    """A record that went between two statements is told as gone."""
    one = _say(made, "record")
    _header(one, header if record else replace(header, gone=True))
    if record:
        _say(one, "metadata").append(kept[record.id] if record.id in kept else _encoded(record, form))


def _header(parent: etree._Element, header: Header) -> None:
    made = _say(parent, "header")
    if header.gone:
        made.set("status", "deleted")
    _say(made, "identifier", header.identifier)
    _say(made, "datestamp", _stamp(header.at))
    _say(made, "setSpec", f"organisation:{header.organisation}")


def _kept(records: list[Record], form: str) -> Mapping[UUID, etree._Element]:
    """Documents that were brought in the schema asked for, as they came."""
    schema = {"iso19139": GMD, "iso19115-3": MDB}.get(form)
    return service.documents(records, schema) if schema else {}


def _encoded(record: Record, form: str) -> etree._Element:
    publisher = service.publisher()
    said = service.metadata(record, publisher)
    if form == "oai_dc":
        return _oai_dc(dublin_core.statements(said))
    if form == "dcat":
        return etree.fromstring(dcat.serialise([(said, service.address(record, publisher))], "xml"))
    return iso19139.encode(said) if form == "iso19139" else iso19115_3.encode(said)


def _oai_dc(statements: list[tuple[str, str, str]]) -> etree._Element:
    """The fifteen elements of Dublin Core; terms that refine them stand as what they refine."""
    made = etree.Element(f"{{{_OAI_DC}}}dc", nsmap={"oai_dc": _OAI_DC, "dc": DC, "xsi": XSI})
    made.set(f"{{{XSI}}}schemaLocation", _DC_LOCATION)
    for _, name, text in statements:
        plain = _AS_DC.get(name, name)
        if plain in _DC_TERMS:
            etree.SubElement(made, f"{{{DC}}}{plain}").text = text
    return made


def _element(name: str) -> etree._Element:
    return etree.Element(f"{{{OAI}}}{name}")


def _say(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    element = etree.SubElement(parent, f"{{{OAI}}}{name}")
    element.text = None if text is None else clean(text)
    return element


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_VERBS: Mapping[str, Callable[[Mapping[str, str]], etree._Element]] = {
    "Identify": _identify,
    "ListMetadataFormats": _formats,
    "ListSets": _sets,
    "ListIdentifiers": _list,
    "ListRecords": _list,
    "GetRecord": _get,
}
