# SPDX-License-Identifier: EUPL-1.2
"""Records as gmd:MD_Metadata (ISO/TS 19139:2007) with what INSPIRE's Technical Guidelines for metadata ask for."""

from lxml import etree

from catalogue.encodings.iso_parts import (
    box,
    citation,
    code,
    date,
    dated_by,
    language,
    locales,
    online,
    party,
    period,
    term,
    text,
    texts,
    wrap,
)
from catalogue.encodings.names import GCO, GMD, ISO_PREFIXES, SRV, XLINK, put
from catalogue.metadata import Conformity, Metadata, Words
from catalogue.model import ElementSet


def encode(metadata: Metadata, elements: ElementSet = "full") -> etree._Element:
    """The element gmd:MD_Metadata; its children in the order of the schema.

    Brief and summary leave out whole optional parts, so that they are valid too (OGC 07-045r1, annex D).
    """
    root = etree.Element(f"{{{GMD}}}MD_Metadata", nsmap=ISO_PREFIXES)
    text(root, "fileIdentifier", metadata.identifier)
    language(root, metadata.language)
    code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    if metadata.parent:
        text(root, "parentIdentifier", metadata.parent)
    code(root, "hierarchyLevel", "MD_ScopeCode", metadata.type)
    for who in metadata.contacts:
        party(root, "contact", who)
    date(wrap(root, "dateStamp"), metadata.modified)
    text(root, "metadataStandardName", "ISO 19115")
    text(root, "metadataStandardVersion", "2003/Cor.1:2006")
    locales(root, metadata)
    if elements == "full":
        _spatial_representation(root, metadata)
    for system in metadata.systems:
        term(wrap(root, "referenceSystemInfo", "MD_ReferenceSystem", "referenceSystemIdentifier", "RS_Identifier"),
             "code", system)  # fmt: skip
    _identification(root, metadata)
    if elements == "full":
        _content(root, metadata)
    if elements != "brief":
        _distribution(root, metadata)
        _quality(root, metadata)
    return root


def _spatial_representation(root: etree._Element, metadata: Metadata) -> None:
    if not metadata.geometry:
        return
    vector = wrap(root, "spatialRepresentationInfo", "MD_VectorSpatialRepresentation")
    objects = wrap(vector, "geometricObjects", "MD_GeometricObjects")
    code(objects, "geometricObjectType", "MD_GeometricObjectTypeCode", metadata.geometry)
    if metadata.count:
        put(put(objects, GMD, "geometricObjectCount"), GCO, "Integer", str(metadata.count))


def _identification(root: etree._Element, metadata: Metadata) -> None:
    service = bool(metadata.service_type) or metadata.type == "service"
    place = wrap(root, "identificationInfo")
    data = put(place, SRV, "SV_ServiceIdentification") if service else put(place, GMD, "MD_DataIdentification")
    _citation(data, metadata)
    texts(data, "abstract", metadata.abstract)
    for who in metadata.parties:
        party(data, "pointOfContact", who)
    if metadata.frequency:
        code(wrap(data, "resourceMaintenance", "MD_MaintenanceInformation"), "maintenanceAndUpdateFrequency",
             "MD_MaintenanceFrequencyCode", metadata.frequency)  # fmt: skip
    for address in metadata.previews:
        text(wrap(data, "graphicOverview", "MD_BrowseGraphic"), "fileName", address)
    for group in metadata.keywords:
        _keywords(data, group)
    _constraints(data, metadata)
    if service:
        _service(data, metadata)
    else:
        _data(data, metadata)


def _citation(data: etree._Element, metadata: Metadata) -> None:
    named = wrap(data, "citation", "CI_Citation")
    texts(named, "title", metadata.title or {"pl": metadata.identifier})
    for alternative in metadata.alternatives:
        texts(named, "alternateTitle", alternative)
    dated_by(named, metadata.dates)
    for one in metadata.identifiers:
        identifier = wrap(named, "identifier", "RS_Identifier" if one.space else "MD_Identifier")
        text(identifier, "code", one.code)
        if one.space:
            text(identifier, "codeSpace", one.space)


def _keywords(data: etree._Element, group: Words) -> None:
    words = wrap(data, "descriptiveKeywords", "MD_Keywords")
    for word in group.words:
        term(words, "keyword", word)
    if group.kind:
        code(words, "type", "MD_KeywordTypeCode", group.kind)
    if group.thesaurus:
        cited = wrap(words, "thesaurusName", "CI_Citation")
        citation(cited, group.thesaurus.text, {"publication": group.published}, group.thesaurus.uri)


def _constraints(data: etree._Element, metadata: Metadata) -> None:
    """Conditions of use first, limits of access second (INSPIRE TG 2.0, requirements C.17 and C.18)."""
    for kind, said in (("useConstraints", metadata.use), ("accessConstraints", metadata.access)):
        if said:
            legal = wrap(data, "resourceConstraints", "MD_LegalConstraints")
            code(legal, kind, "MD_RestrictionCode", "otherRestrictions")
            for one in said:
                term(legal, "otherConstraints", one)


def _data(data: etree._Element, metadata: Metadata) -> None:
    for representation in metadata.representations:
        code(data, "spatialRepresentationType", "MD_SpatialRepresentationTypeCode", representation)
    for denominator in metadata.denominators:
        scale = wrap(data, "spatialResolution", "MD_Resolution", "equivalentScale", "MD_RepresentativeFraction")
        put(wrap(scale, "denominator"), GCO, "Integer", str(denominator))
    for size, unit in metadata.distances:
        put(wrap(data, "spatialResolution", "MD_Resolution", "distance"), GCO, "Distance", f"{size:g}", uom=unit)
    for one in metadata.languages or (metadata.language,):
        language(data, one)
    code(data, "characterSet", "MD_CharacterSetCode", "utf8")
    for topic in metadata.topics:
        put(put(data, GMD, "topicCategory"), GMD, "MD_TopicCategoryCode", topic)
    _extent(put(data, GMD, "extent"), metadata)


def _extent(place: etree._Element, metadata: Metadata) -> None:
    extent = put(place, GMD, "EX_Extent")
    for name in metadata.places[:1]:
        text(extent, "description", name)
    for bounds in metadata.boxes:
        box(extent, bounds)
    if metadata.begin or metadata.end:
        period(extent, metadata)


def _service(service: etree._Element, metadata: Metadata) -> None:
    put(put(service, SRV, "serviceType"), GCO, "LocalName", metadata.service_type or "other")
    for version in metadata.service_versions:
        put(put(service, SRV, "serviceTypeVersion"), GCO, "CharacterString", version)
    _extent(put(service, SRV, "extent"), metadata)
    coupling = metadata.coupling or ("tight" if metadata.operates_on else "loose")
    put(put(service, SRV, "couplingType"), SRV, "SV_CouplingType", codeList="#SV_CouplingType", codeListValue=coupling)
    address = metadata.links[0].href if metadata.links else ""
    for name in metadata.operations or ("GetCapabilities",):
        operation = put(put(service, SRV, "containsOperations"), SRV, "SV_OperationMetadata")
        put(put(operation, SRV, "operationName"), GCO, "CharacterString", name)
        put(put(operation, SRV, "DCP"), SRV, "DCPList", codeList="#DCPList", codeListValue="WebServices")
        point = put(operation, SRV, "connectPoint")
        put(wrap(put(point, GMD, "CI_OnlineResource"), "linkage"), GMD, "URL", address)
    for one in metadata.operates_on:
        if one.uri:
            put(service, SRV, "operatesOn").set(f"{{{XLINK}}}href", one.uri)


def _content(root: etree._Element, metadata: Metadata) -> None:
    """The columns, as far as the 2003 standard can say them: the names of the feature type's properties."""
    if not metadata.geometry:
        return
    name = metadata.identifiers[-1].code if metadata.identifiers else metadata.identifier
    catalogue = wrap(root, "contentInfo", "MD_FeatureCatalogueDescription")
    put(put(catalogue, GMD, "includedWithDataset"), GCO, "Boolean", "true")
    put(put(catalogue, GMD, "featureTypes"), GCO, "LocalName", name)
    reference = wrap(catalogue, "featureCatalogueCitation", "CI_Citation")
    citation(reference, {"pl": name}, {"revision": metadata.modified})
    if metadata.columns:
        listed = ", ".join(f"{column.name} ({column.type})" for column in metadata.columns)
        text(reference, "otherCitationDetails", listed)


def _distribution(root: etree._Element, metadata: Metadata) -> None:
    if not (metadata.formats or metadata.links):
        return
    distribution = wrap(root, "distributionInfo", "MD_Distribution")
    for name in metadata.formats:
        form = wrap(distribution, "distributionFormat", "MD_Format")
        text(form, "name", name)
        put(form, GMD, "version").set(f"{{{GCO}}}nilReason", "inapplicable")
    if metadata.links:
        transfer = wrap(distribution, "transferOptions", "MD_DigitalTransferOptions")
        for link in metadata.links:
            online(transfer, link)


def _quality(root: etree._Element, metadata: Metadata) -> None:
    if not (metadata.conformity or metadata.lineage):
        return
    quality = wrap(root, "dataQualityInfo", "DQ_DataQuality")
    code(wrap(quality, "scope", "DQ_Scope"), "level", "MD_ScopeCode", metadata.type)
    for one in metadata.conformity:
        _conformity(quality, one)
    if metadata.lineage:
        texts(wrap(quality, "lineage", "LI_Lineage"), "statement", metadata.lineage)


def _conformity(quality: etree._Element, one: Conformity) -> None:
    """Where conformity was not tested INSPIRE wants that said."""
    result = wrap(quality, "report", "DQ_DomainConsistency", "result", "DQ_ConformanceResult")
    citation(wrap(result, "specification", "CI_Citation"), one.title, {one.kind: one.date})
    text(result, "explanation", one.explanation or "See the referenced specification.")
    passed = put(result, GMD, "pass")
    if one.passed is None:
        passed.set(f"{{{GCO}}}nilReason", "unknown")
    else:
        put(passed, GCO, "Boolean", str(one.passed).lower())
