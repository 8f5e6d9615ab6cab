# SPDX-License-Identifier: EUPL-1.2
"""Records as gmd:MD_Metadata (ISO/TS 19139:2007) with what INSPIRE's Technical Guidelines for metadata ask for."""

from lxml import etree

from catalogue import service
from catalogue.encodings.iso_parts import (
    box,
    citation,
    code,
    date,
    language,
    online,
    party,
    period,
    text,
    wrap,
)
from catalogue.encodings.names import GCO, GMD, ISO_PREFIXES, put
from catalogue.model import ElementSet, Publisher, Record, crs_urn, polish

_INSPIRE = "http://inspire.ec.europa.eu"
_ACCESS = f"{_INSPIRE}/metadata-codelist/LimitationsOnPublicAccess/noLimitations"
_NO_CONDITIONS = f"{_INSPIRE}/metadata-codelist/ConditionsApplyingToAccessAndUse/noConditionsApply"
_CONDITIONS_UNKNOWN = f"{_INSPIRE}/metadata-codelist/ConditionsApplyingToAccessAndUse/conditionsUnknown"
_GEOMETRY = {"Point": "point", "MultiPoint": "point", "LineString": "curve", "MultiLineString": "curve",
             "Polygon": "surface", "MultiPolygon": "surface"}  # fmt: skip


def encode(record: Record, publisher: Publisher, elements: ElementSet = "full") -> etree._Element:
    """The element gmd:MD_Metadata; its children in the order of the schema.

    Brief and summary leave out whole optional parts, so that they are valid too (OGC 07-045r1, annex D).
    """
    root = etree.Element(f"{{{GMD}}}MD_Metadata", nsmap=ISO_PREFIXES)
    text(root, "fileIdentifier", str(record.id))
    language(root, record.language)
    code(root, "characterSet", "MD_CharacterSetCode", "utf8")
    code(root, "hierarchyLevel", "MD_ScopeCode", record.type)
    party(root, "contact", record, publisher, "pointOfContact")
    date(wrap(root, "dateStamp"), record.modified)
    text(root, "metadataStandardName", "ISO 19115")
    text(root, "metadataStandardVersion", "2003/Cor.1:2006")
    if elements == "full":
        _spatial_representation(root, record)
    _reference_system(root, record)
    _identification(root, record, publisher)
    if elements == "full":
        _content(root, record)
    if elements != "brief":
        _distribution(root, record, publisher)
        _quality(root, record)
    return root


def _spatial_representation(root: etree._Element, record: Record) -> None:
    if record.facts.kind != "vector":
        return
    vector = wrap(root, "spatialRepresentationInfo", "MD_VectorSpatialRepresentation")
    objects = wrap(vector, "geometricObjects", "MD_GeometricObjects")
    kind = _GEOMETRY.get(record.facts.geometry_type, "complex")
    code(objects, "geometricObjectType", "MD_GeometricObjectTypeCode", kind)
    if record.facts.feature_count > 0:
        put(put(objects, GMD, "geometricObjectCount"), GCO, "Integer", str(record.facts.feature_count))


def _reference_system(root: etree._Element, record: Record) -> None:
    system = wrap(root, "referenceSystemInfo", "MD_ReferenceSystem")
    identifier = wrap(system, "referenceSystemIdentifier", "RS_Identifier")
    text(identifier, "code", crs_urn(record.facts.srid), f"http://www.opengis.net/def/crs/EPSG/0/{record.facts.srid}")


def _identification(root: etree._Element, record: Record, publisher: Publisher) -> None:
    facts = record.facts
    data = wrap(root, "identificationInfo", "MD_DataIdentification")
    named = wrap(data, "citation", "CI_Citation")
    citation(named, polish(record.title) or record.layer_id, {"creation": record.created, "revision": record.modified})
    _names(named, record, publisher)
    text(data, "abstract", _abstract(record))
    party(data, "pointOfContact", record, publisher, "pointOfContact")
    party(data, "pointOfContact", record, publisher, "publisher")
    _keywords(data, record)
    _constraints(data, record)
    raster = facts.kind == "raster"
    code(data, "spatialRepresentationType", "MD_SpatialRepresentationTypeCode", "grid" if raster else "vector")
    language(data, record.language)
    code(data, "characterSet", "MD_CharacterSetCode", "utf8")
    if facts.topic:
        put(put(data, GMD, "topicCategory"), GMD, "MD_TopicCategoryCode", facts.topic)
    extent = wrap(data, "extent", "EX_Extent")
    box(extent, facts.bbox)
    if facts.time_start or facts.time_end:
        period(extent, record)


def _names(named: etree._Element, record: Record, publisher: Publisher) -> None:
    """What identifies the data set; in its place between the dates and the rest of the citation."""
    identifier = wrap(named, "identifier", "MD_Identifier")
    text(identifier, "code", f"urn:uuid:{record.id}")
    spaced = wrap(named, "identifier", "RS_Identifier")
    text(spaced, "code", record.layer_id)
    text(spaced, "codeSpace", publisher.namespace)
    title = named.find(f"{{{GMD}}}title")
    if (english := record.title.get("en")) and title is not None:
        alternate = etree.Element(f"{{{GMD}}}alternateTitle")
        put(alternate, GCO, "CharacterString", english)
        title.addnext(alternate)


def _abstract(record: Record) -> str:
    """ISO asks for an abstract: a layer without one is described by its title, theme and publisher."""
    said = polish(record.abstract) or ". ".join(
        part
        for part in (
            polish(record.title), polish(record.facts.theme_title), polish(record.organisation_title)
        )
        if part
    )  # fmt: skip
    notice = polish(record.facts.notice)
    return f"{said}\n{notice}" if notice else said


def _keywords(data: etree._Element, record: Record) -> None:
    facts = record.facts
    own = [word for word in dict.fromkeys((*record.keywords, polish(facts.theme_title) or record.theme)) if word]
    words = wrap(data, "descriptiveKeywords", "MD_Keywords")
    for word in own:
        text(words, "keyword", word)
    code(words, "type", "MD_KeywordTypeCode", "theme")
    if facts.inspire:
        words = wrap(data, "descriptiveKeywords", "MD_Keywords")
        text(words, "keyword", polish(facts.inspire), f"{_INSPIRE}/theme/{facts.inspire['code']}")
        code(words, "type", "MD_KeywordTypeCode", "theme")
        thesaurus = wrap(words, "thesaurusName", "CI_Citation")
        citation(thesaurus, "GEMET - INSPIRE themes, version 1.0", {"publication": "2008-06-01"})


def _constraints(data: etree._Element, record: Record) -> None:
    """Conditions of use first, limits of access second (INSPIRE TG 2.0, requirements C.17 and C.18)."""
    title, url = service.licence(record.facts.licence)
    use = wrap(data, "resourceConstraints", "MD_LegalConstraints")
    code(use, "useConstraints", "MD_RestrictionCode", "otherRestrictions")
    if title:
        said = f"{title}; {record.facts.attribution}" if record.facts.attribution else title
        text(use, "otherConstraints", said, _NO_CONDITIONS if record.facts.licence == "CC0-1.0" else url)
    else:
        text(use, "otherConstraints", record.facts.attribution or "warunki nieznane", _CONDITIONS_UNKNOWN)
    access = wrap(data, "resourceConstraints", "MD_LegalConstraints")
    code(access, "accessConstraints", "MD_RestrictionCode", "otherRestrictions")
    if record.visibility == "public":
        text(access, "otherConstraints", "brak ograniczeń w publicznym dostępie", _ACCESS)
    else:
        text(access, "otherConstraints", "dostęp tylko dla uprawnionych osób z tej organizacji")


def _content(root: etree._Element, record: Record) -> None:
    """The columns, as far as the 2003 standard can say them: the names of the feature type's properties."""
    if record.facts.kind != "vector":
        return
    catalogue = wrap(root, "contentInfo", "MD_FeatureCatalogueDescription")
    put(put(catalogue, GMD, "includedWithDataset"), GCO, "Boolean", "true")
    put(put(catalogue, GMD, "featureTypes"), GCO, "LocalName", record.layer_id)
    columns = ", ".join(f"{column['name']} ({column['type']})" for column in record.facts.columns)
    reference = wrap(catalogue, "featureCatalogueCitation", "CI_Citation")
    citation(reference, record.layer_id, {"revision": record.modified})
    if columns:
        text(reference, "otherCitationDetails", columns)


def _distribution(root: etree._Element, record: Record, publisher: Publisher) -> None:
    distribution = wrap(root, "distributionInfo", "MD_Distribution")
    links = service.links(record, publisher.base)
    for media_type in dict.fromkeys(link.media_type for link in links):
        form = wrap(distribution, "distributionFormat", "MD_Format")
        text(form, "name", media_type)
        put(form, GMD, "version").set(f"{{{GCO}}}nilReason", "inapplicable")
    transfer = wrap(distribution, "transferOptions", "MD_DigitalTransferOptions")
    for link in links:
        online(transfer, link)


def _quality(root: etree._Element, record: Record) -> None:
    quality = wrap(root, "dataQualityInfo", "DQ_DataQuality")
    scope = wrap(quality, "scope", "DQ_Scope")
    code(scope, "level", "MD_ScopeCode", record.type)
    _conformity(quality)
    lineage = wrap(quality, "lineage", "LI_Lineage")
    text(lineage, "statement", record.facts.lineage or "Pochodzenie nie zostało podane.")


def _conformity(quality: etree._Element) -> None:
    """Conformity with Regulation 1089/2010 has not been tested, and INSPIRE wants that said."""
    consistency = wrap(quality, "report", "DQ_DomainConsistency")
    result = wrap(consistency, "result", "DQ_ConformanceResult")
    specification = wrap(result, "specification", "CI_Citation")
    title = (
        "Rozporządzenie Komisji (UE) nr 1089/2010 z dnia 23 listopada 2010 r. w sprawie wykonania dyrektywy 2007/2/WE"
        " Parlamentu Europejskiego i Rady w zakresie interoperacyjności zbiorów i usług danych przestrzennych"
    )
    citation(specification, title, {"publication": "2010-12-08"})
    text(result, "explanation", "Zgodności nie badano.")
    put(result, GMD, "pass").set(f"{{{GCO}}}nilReason", "unknown")
