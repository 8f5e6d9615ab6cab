# SPDX-License-Identifier: EUPL-1.2
"""A document of ISO 19139 (gmd, gmi) or ISO 19115-3 (mdb) as the model; what the model lacks stays in the document."""

import re
from typing import Any

from lxml import etree

from catalogue.encodings.names import XLINK
from catalogue.iso.elements import Texts, code, every, find, language_key, local, number, plain, value, values
from catalogue.metadata import Attribute, Bounds, Conformity, Metadata, Term, Words

_IDENTIFICATION = ("MD_DataIdentification", "SV_ServiceIdentification", "AbstractMD_Identification")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?)?)?")
_TRUE = ("true", "1")


def read(root: etree._Element) -> Metadata:
    """The metadata of MD_Metadata (or MI_Metadata) in either schema. Dates that are none are left out."""
    language = value(root, "language") or value(root, "defaultLocale/*/language") or "pol"
    locales = {
        locale.get("id", ""): language_key(value(locale, "languageCode") or value(locale, "language"))
        for path in ("locale/PT_Locale", "otherLocale/PT_Locale")
        for locale in every(root, path)
    }
    texts = Texts(language_key(language), locales)
    resource = next((e for e in every(root, "identificationInfo/*")), None)
    cited = find(resource, "citation/*")
    titles = texts.of(find(cited, "title"))
    quality = _quality(root, texts)
    begin, end = _period(resource)
    return Metadata(
        identifier=value(root, "fileIdentifier") or value(root, "metadataIdentifier/*/code"),
        type=value(root, "hierarchyLevel") or value(root, "metadataScope/*/resourceScope") or "dataset",
        language=language[:3].lower(),
        modified=_date(value(root, "dateStamp")) or _stamp(root),
        parent=value(root, "parentIdentifier") or value(root, "parentMetadata/*/identifier/*/code"),
        title=titles,
        alternatives=tuple(filter(None, (texts.of(one) for one in every(cited, "alternateTitle")))),
        abstract=texts.of(find(resource, "abstract")),
        dates=_dates(cited),
        identifiers=tuple(code(one) for one in every(cited, "identifier/*") if code(one).code),
        contacts=tuple(texts.party(one) for one in every(root, "contact")),
        parties=tuple(texts.party(one) for one in every(resource, "pointOfContact")),
        keywords=_keywords(resource, texts),
        topics=values(resource, "topicCategory"),
        languages=values(resource, "language") or values(resource, "defaultLocale/*/language"),
        representations=values(resource, "spatialRepresentationType"),
        systems=tuple(texts.term(one) for one in every(root, "referenceSystemInfo/*/referenceSystemIdentifier/*/code")),
        boxes=_boxes(resource),
        places=values(resource, "extent/*/description")
        + values(resource, "extent/*/geographicElement/*/geographicIdentifier/*/code"),
        begin=begin,
        end=end,
        **_resolution(resource),
        frequency=value(resource, "resourceMaintenance/*/maintenanceAndUpdateFrequency"),
        **_constraints(resource, texts),
        **quality,
        formats=_formats(root),
        links=tuple(
            online
            for path in ("distributionInfo/*/transferOptions/*/onLine/*",
                         "distributionInfo/*/distributor/*/distributorTransferOptions/*/onLine/*")
            for one in every(root, path)
            if (online := texts.online(one)).href
        ),
        previews=values(resource, "graphicOverview/*/fileName"),
        **_service(resource, texts),
        **_content(root),
    )  # fmt: skip


def _date(text: str) -> str:
    return text if _DATE.fullmatch(text) else ""


def _stamp(root: etree._Element) -> str:
    """The latest of the record's own dates (mdb:dateInfo)."""
    found = [_date(value(one, "date")) for one in every(root, "dateInfo/*")]
    return max(found, default="")


def _dates(cited: etree._Element | None) -> dict[str, str]:
    """By kind the latest, as an INSPIRE record may give several revisions."""
    found: dict[str, str] = {}
    for one in every(cited, "date/*"):
        kind, said = value(one, "dateType") or "publication", _date(value(one, "date"))
        if said > found.get(kind, ""):
            found[kind] = said
    return found


def _keywords(resource: etree._Element | None, texts: Texts) -> tuple[Words, ...]:
    found = []
    for group in every(resource, "descriptiveKeywords/*"):
        terms = tuple(term for one in every(group, "keyword") if (term := texts.term(one)).text)
        title = find(group, "thesaurusName/*/title")
        thesaurus = texts.term(title) if title is not None else None
        published = next(iter(_dates(find(group, "thesaurusName/*")).values()), "")
        if terms:
            found.append(Words(terms, value(group, "type"), thesaurus, published))
    return tuple(found)


def _boxes(resource: etree._Element | None) -> tuple[Bounds, ...]:
    sides = ("westBoundLongitude", "southBoundLatitude", "eastBoundLongitude", "northBoundLatitude")
    found = []
    for box in every(resource, "extent/*/geographicElement/EX_GeographicBoundingBox"):
        numbers = [number(value(box, side).replace(",", ".")) for side in sides]
        if None in numbers:
            continue
        west, south, east, north = (one or 0.0 for one in numbers)
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            found.append((west, south, east, north))
    return tuple(found)


def _period(resource: etree._Element | None) -> tuple[str, str]:
    spans = list(every(resource, "extent/*/temporalElement/*/extent"))
    begins, ends = [], []
    for span in spans:
        one = value(span, "TimeInstant/timePosition")
        first = value(span, "TimePeriod/beginPosition") or value(span, "TimePeriod/begin/TimeInstant/timePosition")
        last = value(span, "TimePeriod/endPosition") or value(span, "TimePeriod/end/TimeInstant/timePosition")
        begins.append(_date(first or one))
        ends.append(_date(last or one))
    return min(filter(None, begins), default=""), max(filter(None, ends), default="")


def _resolution(resource: etree._Element | None) -> dict[str, Any]:
    scales = values(resource, "spatialResolution/*/equivalentScale/*/denominator")
    distances = [
        (size, (one.get("uom") or "m").rpartition("#")[2])
        for one in every(resource, "spatialResolution/*/distance/*")
        if (size := number((one.text or "").strip())) is not None
    ]
    whole = [number(scale) for scale in scales]
    return {"denominators": tuple(int(one) for one in whole if one), "distances": tuple(distances)}


def _constraints(resource: etree._Element | None, texts: Texts) -> dict[str, Any]:
    """Other constraints belong to access or to use by what stands beside them (INSPIRE TG 2.0, C.17 and C.18)."""
    use: list[Term] = []
    access: list[Term] = []
    for one in every(resource, "resourceConstraints/*"):
        use += [texts.term(said) for said in every(one, "useLimitation")]
        kept = access if find(one, "accessConstraints") is not None and find(one, "useConstraints") is None else use
        others = [texts.term(said) for said in every(one, "otherConstraints")]
        kept += others
        if not others:
            for path, list_ in (("accessConstraints", access), ("useConstraints", use), ("classification", access)):
                list_ += [Term({"en": said}) for said in values(one, path) if said != "otherRestrictions"]
    return {"use": tuple(term for term in use if term.text or term.uri),
            "access": tuple(term for term in access if term.text or term.uri)}  # fmt: skip


def _quality(root: etree._Element, texts: Texts) -> dict[str, Any]:
    statement = find(root, "dataQualityInfo/*/lineage/*/statement")
    if statement is None:
        statement = find(root, "resourceLineage/*/statement")
    found = []
    for result in every(root, "dataQualityInfo/*/report/*/result/DQ_ConformanceResult"):
        passed = value(result, "pass")
        cited = find(result, "specification/*")
        dates = _dates(cited)
        kind, date = next(iter(dates.items()), ("publication", ""))
        title = texts.of(find(cited, "title"))
        verdict = passed.lower() in _TRUE if passed else None
        found.append(Conformity(title, date, kind, value(result, "explanation"), verdict))
    return {"lineage": texts.of(statement), "conformity": tuple(found)}


def _formats(root: etree._Element) -> tuple[str, ...]:
    """Names of formats, in either schema, of the distribution or of its distributors."""
    paths = (
        "distributionInfo/*/distributionFormat/*/name",
        "distributionInfo/*/distributionFormat/*/formatSpecificationCitation/*/title",
        "distributionInfo/*/distributor/*/distributorFormat/*/name",
    )
    return tuple(dict.fromkeys(name for path in paths for name in values(root, path)))


def _service(resource: etree._Element | None, texts: Texts) -> dict[str, Any]:
    if resource is None or not local(resource).startswith("SV_"):
        return {}
    return {
        "service_type": value(resource, "serviceType") or plain(find(resource, "serviceType")),
        "service_versions": values(resource, "serviceTypeVersion"),
        "operations": values(resource, "containsOperations/*/operationName"),
        "coupling": value(resource, "couplingType"),
        "operates_on": tuple(
            Term(texts.of(one), one.get(f"{{{XLINK}}}href", "") or one.get("uuidref", ""))
            for one in every(resource, "operatesOn")
        ),
    }


def _content(root: etree._Element) -> dict[str, Any]:
    objects = "spatialRepresentationInfo/*/geometricObjects/*/geometricObject"
    count = number(value(root, f"{objects}Count"))
    described = find(root, "contentInfo/*/featureCatalogue/FC_FeatureCatalogue/featureType/*")
    columns = tuple(
        Attribute(value(one, "memberName"), value(one, "valueType/*/aName"))
        for one in every(described, "carrierOfCharacteristics/*")
    )
    return {"geometry": value(root, f"{objects}Type"), "count": None if count is None else int(count),
            "columns": columns}  # fmt: skip
