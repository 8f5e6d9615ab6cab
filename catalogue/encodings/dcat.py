# SPDX-License-Identifier: EUPL-1.2
"""Records in RDF by DCAT-AP 3.0 (with its part on high-value data sets, 2.2.0), in any of RDF's syntaxes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as Choice

from rdflib import RDF, BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCAT, DCTERMS, FOAF, SKOS, XSD

from catalogue.encodings.iso_parts import ISO_639_2
from catalogue.encodings.names import clean
from catalogue.metadata import LanguageMap, Metadata, Online, Party, Term, polish
from catalogue.model import Publisher
from catalogue.vocabulary import licence, licence_of, vocabulary

Syntax = Choice["turtle", "json-ld", "xml"]
MEDIA_TYPES: dict[str, tuple[str, Syntax]] = {
    "ttl": ("text/turtle; charset=utf-8", "turtle"),
    "jsonld": ("application/ld+json", "json-ld"),
    "rdf": ("application/rdf+xml; charset=utf-8", "xml"),
}
_ADMS = Namespace("http://www.w3.org/ns/adms#")
_DCATAP = Namespace("http://data.europa.eu/r5r/")
_HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
_LOCN = Namespace("http://www.w3.org/ns/locn#")
_VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_GEO = Namespace("http://www.opengis.net/ont/geosparql#")
_AUTHORITY = "http://publications.europa.eu/resource/authority"
_SERIES = URIRef(f"{DCAT}DatasetSeries")
_HVD_LAW = URIRef("http://data.europa.eu/eli/reg_impl/2023/138/oj")
_HVD = "http://data.europa.eu/bna/c_"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_PUBLIC = URIRef(f"{_AUTHORITY}/access-right/PUBLIC")
_RESTRICTED = URIRef(f"{_AUTHORITY}/access-right/RESTRICTED")
_PREFIXES = {"dcat": DCAT, "dct": DCTERMS, "foaf": FOAF, "vcard": _VCARD, "adms": _ADMS, "dcatap": _DCATAP,
             "locn": _LOCN, "hydra": _HYDRA, "geo": _GEO}  # fmt: skip

Placed = tuple[Metadata, str]
"""A record and the address of its page, which names it."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a catalogue: its own address and its neighbours', and how many records there are in all."""

    address: str
    total: int
    first: str
    following: str | None


def serialise(records: Iterable[Placed], syntax: Syntax) -> bytes:
    """Records in one document."""
    graph = _graph()
    for metadata, address in records:
        _resource(graph, metadata, address)
    return graph.serialize(format=syntax, encoding="utf-8")


def serialise_catalogue(records: Iterable[Placed], publisher: Publisher, page: Page, syntax: Syntax) -> bytes:
    """A dcat:Catalog of the records of a page, which leads on to the next (Hydra)."""
    graph = _graph()
    catalogue = URIRef(f"{publisher.base}/catalogue")
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    _texts(graph, catalogue, DCTERMS.title, publisher.title)
    _texts(graph, catalogue, DCTERMS.description, publisher.title)
    agent = _agent(graph, publisher.title, URIRef(f"{publisher.base}/#publisher"))
    graph.add((catalogue, DCTERMS.publisher, agent))
    graph.add((catalogue, FOAF.homepage, catalogue))
    for metadata, address in records:
        service = metadata.type == "service"
        resource = _resource(graph, metadata, address)
        graph.add((catalogue, DCAT.service if service else DCAT.dataset, resource))
    here = URIRef(page.address)
    graph.add((here, RDF.type, _HYDRA.PartialCollectionView))
    graph.add((here, _HYDRA.totalItems, Literal(page.total)))
    graph.add((here, _HYDRA.first, URIRef(page.first)))
    if page.following:
        graph.add((here, _HYDRA.next, URIRef(page.following)))
    return graph.serialize(format=syntax, encoding="utf-8")


def _graph() -> Graph:
    graph = Graph()
    for prefix, namespace in _PREFIXES.items():
        graph.bind(prefix, namespace)
    return graph


def _resource(graph: Graph, metadata: Metadata, address: str) -> URIRef:
    resource = URIRef(f"{address}#resource")
    service = metadata.type == "service"
    kind = DCAT.DataService if service else _SERIES if metadata.type == "series" else DCAT.Dataset
    graph.add((resource, RDF.type, kind))
    graph.add((resource, DCTERMS.identifier, Literal(metadata.identifier)))
    _texts(graph, resource, DCTERMS.title, metadata.title or {"pl": metadata.identifier})
    _texts(graph, resource, DCTERMS.description, metadata.abstract or metadata.title)
    graph.add((resource, DCAT.landingPage, URIRef(address)))
    _subjects(graph, resource, metadata)
    _people(graph, resource, metadata)
    _where_and_when(graph, resource, metadata)
    _rights(graph, resource, metadata)
    for one in metadata.identifiers:
        other = BNode()
        graph.add((resource, _ADMS.identifier, other))
        graph.add((other, RDF.type, _ADMS.Identifier))
        graph.add((other, SKOS.notation, Literal(f"{one.space}{one.code}")))
    if service:
        for link in metadata.links:
            _link(graph, resource, DCAT.endpointURL, link.href)
        for term in metadata.operates_on:
            _link(graph, resource, DCAT.servesDataset, term.uri)
    else:
        for number, link in enumerate(metadata.links, 1):
            _distribution(graph, resource, metadata, link, f"{address}#distribution-{number}")
    return resource


def _texts(graph: Graph, subject: URIRef | BNode, predicate: URIRef, said: LanguageMap) -> None:
    for key, text in said.items():
        if text:
            graph.add((subject, predicate, Literal(clean(text), lang=key if len(key) == 2 else None)))


def _link(graph: Graph, subject: URIRef | BNode, predicate: URIRef, address: str) -> None:
    """An address as a resource, where it is one that RDF can hold (RFC 3987)."""
    if address.startswith(("http://", "https://")) and not set(address) & set('<>" {}|\\^`\n\t'):
        graph.add((subject, predicate, URIRef(address)))


def _subjects(graph: Graph, resource: URIRef, metadata: Metadata) -> None:
    for term in metadata.terms:
        _texts(graph, resource, DCAT.keyword, term.text)
        if term.uri.startswith(_HVD):
            graph.add((resource, _DCATAP.hvdCategory, URIRef(term.uri)))
            graph.add((resource, _DCATAP.applicableLegislation, _HVD_LAW))
        else:
            _link(graph, resource, DCAT.theme, term.uri)
    themes = vocabulary()["data_themes"]
    for topic in metadata.topics:
        if topic in themes:
            graph.add((resource, DCAT.theme, URIRef(f"{_AUTHORITY}/data-theme/{themes[topic]}")))


def _people(graph: Graph, resource: URIRef, metadata: Metadata) -> None:
    if metadata.publisher:
        graph.add((resource, DCTERMS.publisher, _agent(graph, metadata.publisher)))
    for who in metadata.parties or metadata.contacts:
        if who.role in ("pointOfContact", "owner", "custodian") and who.email:
            graph.add((resource, DCAT.contactPoint, _contact(graph, who)))


def _agent(graph: Graph, name: LanguageMap, node: URIRef | None = None) -> URIRef | BNode:
    agent = node or BNode()
    graph.add((agent, RDF.type, FOAF.Agent))
    _texts(graph, agent, FOAF.name, name)
    return agent


def _contact(graph: Graph, who: Party) -> BNode:
    contact = BNode()
    graph.add((contact, RDF.type, _VCARD.Organization))
    graph.add((contact, _VCARD.fn, Literal(clean(polish(who.organisation) or who.person))))
    _address = who.email.replace(" ", "")
    if "@" in _address and not set(_address) & set('<>"{}|\\^`'):
        graph.add((contact, _VCARD.hasEmail, URIRef(f"mailto:{_address}")))
    _link(graph, contact, _VCARD.hasURL, who.url)
    return contact


def _where_and_when(graph: Graph, resource: URIRef, metadata: Metadata) -> None:
    for west, south, east, north in metadata.boxes:
        place = BNode()
        ring = ", ".join(f"{x:.7g} {y:.7g}" for x, y in ((west, south), (east, south), (east, north), (west, north),
                                                          (west, south)))  # fmt: skip
        graph.add((resource, DCTERMS.spatial, place))
        graph.add((place, RDF.type, DCTERMS.Location))
        graph.add((place, DCAT.bbox, Literal(f"POLYGON(({ring}))", datatype=_GEO.wktLiteral)))
    if metadata.begin or metadata.end:
        period = BNode()
        graph.add((resource, DCTERMS.temporal, period))
        graph.add((period, RDF.type, DCTERMS.PeriodOfTime))
        for predicate, text in ((DCAT.startDate, metadata.begin), (DCAT.endDate, metadata.end)):
            if text:
                graph.add((period, predicate, _moment(text)))
    dates = metadata.dates
    for predicate, text in (
        (DCTERMS.created, dates.get("creation", "")),
        (DCTERMS.issued, dates.get("publication", "")),
        (DCTERMS.modified, dates.get("revision", "") or metadata.modified),
    ):
        if text:
            graph.add((resource, predicate, _moment(text)))
    for size, unit in metadata.distances:
        if unit in ("m", "metre", "meter", "metres"):
            graph.add((resource, DCAT.spatialResolutionInMeters, Literal(f"{size:g}", datatype=XSD.decimal)))


def _moment(text: str) -> Literal:
    kinds = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}
    return Literal(text, datatype=kinds.get(len(text), XSD.dateTime), normalize=False)


def _rights(graph: Graph, resource: URIRef, metadata: Metadata) -> None:
    free = not metadata.access or any("noLimitations" in term.uri for term in metadata.access)
    graph.add((resource, DCTERMS.accessRights, _PUBLIC if free else _RESTRICTED))
    for language in metadata.languages or (metadata.language,):
        if language in ISO_639_2.values():
            graph.add((resource, DCTERMS.language, URIRef(f"{_AUTHORITY}/language/{language.upper()}")))
    for system in metadata.systems:
        _link(graph, resource, DCTERMS.conformsTo, system.uri or polish(system.text))
    if metadata.lineage:
        provenance = BNode()
        graph.add((resource, DCTERMS.provenance, provenance))
        graph.add((provenance, RDF.type, DCTERMS.ProvenanceStatement))
        _texts(graph, provenance, URIRef("http://www.w3.org/2000/01/rdf-schema#label"), metadata.lineage)


def _distribution(graph: Graph, resource: URIRef, metadata: Metadata, link: Online, address: str) -> None:
    distribution = URIRef(address)
    _link(graph, distribution, DCAT.accessURL, link.href)
    if (distribution, DCAT.accessURL, None) not in graph:
        return
    graph.add((resource, DCAT.distribution, distribution))
    graph.add((distribution, RDF.type, DCAT.Distribution))
    _texts(graph, distribution, DCTERMS.title, link.title or ({"pl": link.name} if link.name else {}))
    if link.media_type:
        registered = f"{_MEDIA_TYPES}{link.media_type.partition(';')[0]}"
        graph.add((distribution, DCAT.mediaType, URIRef(registered)))
    _, url = licence(licence_of(metadata))
    if url:
        graph.add((distribution, DCTERMS.license, URIRef(url)))
    for term in metadata.use:
        _statement(graph, distribution, term)
    if any(term.uri.startswith(_HVD) for term in metadata.terms):
        graph.add((distribution, _DCATAP.applicableLegislation, _HVD_LAW))


def _statement(graph: Graph, distribution: URIRef, term: Term) -> None:
    rights = BNode()
    graph.add((distribution, DCTERMS.rights, rights))
    graph.add((rights, RDF.type, DCTERMS.RightsStatement))
    _texts(graph, rights, URIRef("http://www.w3.org/2000/01/rdf-schema#label"), term.text or {"en": term.uri})
