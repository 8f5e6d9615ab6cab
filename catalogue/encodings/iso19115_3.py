# SPDX-License-Identifier: EUPL-1.2
"""Records as mdb:MD_Metadata (ISO 19115-3, the version of 2018: mdb 2.0); children in the order of the schemas."""

from collections.abc import Mapping

from lxml import etree

from catalogue.encodings.iso_parts import ISO_639_2
from catalogue.encodings.names import GML, MDB_PREFIXES, XLINK, XSI, clean
from catalogue.metadata import LanguageMap, Metadata, Online, Party, Term, Words, polish
from catalogue.model import ElementSet

_LISTS = "http://standards.iso.org/iso/19115/resources/Codelists/cat/codelists.xml"


def encode(metadata: Metadata, elements: ElementSet = "full") -> etree._Element:
    """The element mdb:MD_Metadata. Brief and summary leave out whole optional parts."""
    root = etree.Element(_name("mdb:MD_Metadata"), nsmap=MDB_PREFIXES)
    _text(_in(root, "mdb:metadataIdentifier/mcc:MD_Identifier"), "mcc:code", metadata.identifier)
    _locale(root, "mdb:defaultLocale", metadata.language)
    if metadata.parent:
        cited = _in(root, "mdb:parentMetadata/cit:CI_Citation")
        _text(cited, "cit:title", metadata.parent)
        _text(_in(cited, "cit:identifier/mcc:MD_Identifier"), "mcc:code", metadata.parent)
    scope = _in(root, "mdb:metadataScope/mdb:MD_MetadataScope")
    _code(scope, "mdb:resourceScope", "mcc:MD_ScopeCode", metadata.type)
    if metadata.type != "dataset":
        _text(scope, "mdb:name", metadata.type)
    for who in metadata.contacts:
        _party(root, "mdb:contact", who)
    _date(root, "mdb:dateInfo", "revision", metadata.modified)
    _text(_in(root, "mdb:metadataStandard/cit:CI_Citation"), "cit:title", "ISO 19115-3")
    for key in _other_languages(metadata):
        _locale(root, "mdb:otherLocale", ISO_639_2[key], f"locale-{key}")
    if elements == "full":
        _spatial_representation(root, metadata)
    for system in metadata.systems:
        reference = _in(root, "mdb:referenceSystemInfo/mrs:MD_ReferenceSystem/mrs:referenceSystemIdentifier")
        _term(_in(reference, "mcc:MD_Identifier"), "mcc:code", system)
    _identification(root, metadata)
    if elements != "brief":
        _distribution(root, metadata)
        _quality(root, metadata)
        if metadata.lineage:
            lineage = _in(root, "mdb:resourceLineage/mrl:LI_Lineage")
            _texts(lineage, "mrl:statement", metadata.lineage)
            _code(_in(lineage, "mrl:scope/mcc:MD_Scope"), "mcc:level", "mcc:MD_ScopeCode", metadata.type)
    return root


def _name(prefixed: str) -> str:
    prefix, _, local = prefixed.partition(":")
    return f"{{{MDB_PREFIXES[prefix]}}}{local}"


def _in(parent: etree._Element, path: str) -> etree._Element:
    """Append the elements of a path, each inside the one before; returns the innermost."""
    for step in path.split("/"):
        parent = etree.SubElement(parent, _name(step))
    return parent


def _text(parent: etree._Element, path: str, text: str) -> etree._Element:
    place = _in(parent, path)
    _in(place, "gco:CharacterString").text = clean(text)
    return place


def _texts(parent: etree._Element, path: str, said: LanguageMap) -> None:
    place = _text(parent, path, polish(said))
    others = {key: text for key, text in said.items() if key in ISO_639_2 and text and text != polish(said)}
    if others:
        place.set(f"{{{XSI}}}type", "lan:PT_FreeText_PropertyType")
        free = _in(place, "lan:PT_FreeText")
        for key, text in others.items():
            one = _in(free, "lan:textGroup/lan:LocalisedCharacterString")
            one.set("locale", f"#locale-{key}")
            one.text = clean(text)


def _term(parent: etree._Element, path: str, term: Term) -> None:
    if not term.uri:
        _texts(parent, path, term.text)
        return
    anchor = _in(parent, f"{path}/gcx:Anchor")
    anchor.set(f"{{{XLINK}}}href", clean(term.uri))
    anchor.text = clean(polish(term.text) or term.uri)


def _code(parent: etree._Element, path: str, kind: str, value: str) -> None:
    one = _in(parent, f"{path}/{kind}")
    one.set("codeList", f"{_LISTS}#{kind.partition(':')[2]}")
    one.set("codeListValue", clean(value))
    one.text = clean(value)


def _locale(parent: etree._Element, path: str, language: str, identifier: str = "") -> None:
    locale = _in(parent, f"{path}/lan:PT_Locale")
    if identifier:
        locale.set("id", identifier)
    _code(locale, "lan:language", "lan:LanguageCode", language)
    _code(locale, "lan:characterEncoding", "lan:MD_CharacterSetCode", "utf8")


def _other_languages(metadata: Metadata) -> list[str]:
    said = (
        metadata.title,
        metadata.abstract,
        metadata.lineage,
        *(term.text for term in metadata.terms if not term.uri),
    )
    keys = dict.fromkeys(key for texts in said for key in texts)
    return [key for key in keys if ISO_639_2.get(key) not in (None, metadata.language)]


def _date(parent: etree._Element, path: str, kind: str, moment: str) -> None:
    dated = _in(parent, f"{path}/cit:CI_Date")
    place = _in(dated, "cit:date")
    if moment:
        _in(place, "gco:DateTime" if "T" in moment else "gco:Date").text = moment
    else:
        place.set(_name("gco:nilReason"), "unknown")
    _code(dated, "cit:dateType", "cit:CI_DateTypeCode", kind)


def _party(parent: etree._Element, path: str, who: Party) -> None:
    responsibility = _in(parent, f"{path}/cit:CI_Responsibility")
    _code(responsibility, "cit:role", "cit:CI_RoleCode", who.role)
    organisation = _in(responsibility, "cit:party/cit:CI_Organisation")
    _text(organisation, "cit:name", polish(who.organisation) or who.person)
    contact = _in(organisation, "cit:contactInfo/cit:CI_Contact")
    if who.phone:
        _text(_in(contact, "cit:phone/cit:CI_Telephone"), "cit:number", who.phone)
    parts = {"deliveryPoint": who.street, "city": who.city, "postalCode": who.postcode, "country": who.country,
             "electronicMailAddress": who.email}  # fmt: skip
    if any(parts.values()):
        address = _in(contact, "cit:address/cit:CI_Address")
        for part, value in parts.items():
            if value:
                _text(address, f"cit:{part}", value)
    if who.url:
        _text(contact, "cit:onlineResource/cit:CI_OnlineResource/cit:linkage", who.url)
    if who.person or who.position:
        individual = _in(organisation, "cit:individual/cit:CI_Individual")
        if who.person:
            _text(individual, "cit:name", who.person)
        if who.position:
            _text(individual, "cit:positionName", who.position)


def _spatial_representation(root: etree._Element, metadata: Metadata) -> None:
    if not metadata.geometry:
        return
    objects = _in(root, "mdb:spatialRepresentationInfo/msr:MD_VectorSpatialRepresentation/msr:geometricObjects"
                        "/msr:MD_GeometricObjects")  # fmt: skip
    _code(objects, "msr:geometricObjectType", "msr:MD_GeometricObjectTypeCode", metadata.geometry)
    if metadata.count:
        _in(objects, "msr:geometricObjectCount/gco:Integer").text = str(metadata.count)


def _identification(root: etree._Element, metadata: Metadata) -> None:
    service = bool(metadata.service_type) or metadata.type == "service"
    data = _in(
        root, f"mdb:identificationInfo/{'srv:SV_ServiceIdentification' if service else 'mri:MD_DataIdentification'}"
    )
    _citation(data, metadata)
    _texts(data, "mri:abstract", metadata.abstract)
    for who in metadata.parties:
        _party(data, "mri:pointOfContact", who)
    for representation in metadata.representations:
        _code(data, "mri:spatialRepresentationType", "mcc:MD_SpatialRepresentationTypeCode", representation)
    _resolution(data, metadata)
    for topic in metadata.topics:
        _in(data, "mri:topicCategory/mri:MD_TopicCategoryCode").text = clean(topic)
    _extent(data, metadata)
    if metadata.frequency:
        _code(_in(data, "mri:resourceMaintenance/mmi:MD_MaintenanceInformation"), "mmi:maintenanceAndUpdateFrequency",
              "mmi:MD_MaintenanceFrequencyCode", metadata.frequency)  # fmt: skip
    for address in metadata.previews:
        _text(_in(data, "mri:graphicOverview/mcc:MD_BrowseGraphic"), "mcc:fileName", address)
    for group in metadata.keywords:
        _keywords(data, group)
    _constraints(data, metadata)
    if service:
        _service(data, metadata)
    else:
        for language in metadata.languages[:1] or (metadata.language,):
            _locale(data, "mri:defaultLocale", language)


def _citation(data: etree._Element, metadata: Metadata) -> None:
    cited = _in(data, "mri:citation/cit:CI_Citation")
    _texts(cited, "cit:title", metadata.title or {"pl": metadata.identifier})
    for alternative in metadata.alternatives:
        _texts(cited, "cit:alternateTitle", alternative)
    for kind, moment in metadata.dates.items():
        _date(cited, "cit:date", kind, moment)
    for one in metadata.identifiers:
        identifier = _in(cited, "cit:identifier/mcc:MD_Identifier")
        _text(identifier, "mcc:code", one.code)
        if one.space:
            _text(identifier, "mcc:codeSpace", one.space)


def _resolution(data: etree._Element, metadata: Metadata) -> None:
    for denominator in metadata.denominators:
        fraction = _in(
            data, "mri:spatialResolution/mri:MD_Resolution/mri:equivalentScale/mri:MD_RepresentativeFraction"
        )
        _in(fraction, "mri:denominator/gco:Integer").text = str(denominator)
    for size, unit in metadata.distances:
        distance = _in(data, "mri:spatialResolution/mri:MD_Resolution/mri:distance/gco:Distance")
        distance.set("uom", unit)
        distance.text = f"{size:g}"


def _extent(data: etree._Element, metadata: Metadata) -> None:
    if not (metadata.boxes or metadata.begin or metadata.end or metadata.places):
        return
    extent = _in(data, "mri:extent/gex:EX_Extent")
    if metadata.places:
        _text(extent, "gex:description", metadata.places[0])
    for west, south, east, north in metadata.boxes:
        box = _in(extent, "gex:geographicElement/gex:EX_GeographicBoundingBox")
        sides: Mapping[str, float] = {"westBoundLongitude": west, "eastBoundLongitude": east,
                                      "southBoundLatitude": south, "northBoundLatitude": north}  # fmt: skip
        for side, degrees in sides.items():
            _in(box, f"gex:{side}/gco:Decimal").text = f"{degrees:.7f}"
    if metadata.begin or metadata.end:
        span = _in(extent, "gex:temporalElement/gex:EX_TemporalExtent/gex:extent/gml:TimePeriod")
        span.set(f"{{{GML}}}id", "time-extent")
        for name, value in (("gml:beginPosition", metadata.begin), ("gml:endPosition", metadata.end)):
            place = _in(span, name)
            if value:
                place.text = value
            else:
                place.set("indeterminatePosition", "unknown")


def _keywords(data: etree._Element, group: Words) -> None:
    words = _in(data, "mri:descriptiveKeywords/mri:MD_Keywords")
    for word in group.words:
        _term(words, "mri:keyword", word)
    if group.kind:
        _code(words, "mri:type", "mri:MD_KeywordTypeCode", group.kind)
    if group.thesaurus:
        cited = _in(words, "mri:thesaurusName/cit:CI_Citation")
        _term(cited, "cit:title", group.thesaurus)
        if group.published:
            _date(cited, "cit:date", "publication", group.published)


def _constraints(data: etree._Element, metadata: Metadata) -> None:
    for kind, said in (("mco:useConstraints", metadata.use), ("mco:accessConstraints", metadata.access)):
        if said:
            legal = _in(data, "mri:resourceConstraints/mco:MD_LegalConstraints")
            _code(legal, kind, "mco:MD_RestrictionCode", "otherRestrictions")
            for one in said:
                _term(legal, "mco:otherConstraints", one)


def _service(data: etree._Element, metadata: Metadata) -> None:
    _in(data, "srv:serviceType/gco:ScopedName").text = clean(metadata.service_type or "other")
    for version in metadata.service_versions:
        _text(data, "srv:serviceTypeVersion", version)
    coupling = metadata.coupling or ("tight" if metadata.operates_on else "loose")
    _code(data, "srv:couplingType", "srv:SV_CouplingType", coupling)
    address = metadata.links[0].href if metadata.links else ""
    for name in metadata.operations or ("GetCapabilities",):
        operation = _in(data, "srv:containsOperations/srv:SV_OperationMetadata")
        _text(operation, "srv:operationName", name)
        _code(operation, "srv:distributedComputingPlatform", "srv:DCPList", "WebServices")
        _text(operation, "srv:connectPoint/cit:CI_OnlineResource/cit:linkage", address)
    for one in metadata.operates_on:
        if one.uri:
            _in(data, "srv:operatesOn").set(f"{{{XLINK}}}href", clean(one.uri))


def _distribution(root: etree._Element, metadata: Metadata) -> None:
    if not (metadata.formats or metadata.links):
        return
    distribution = _in(root, "mdb:distributionInfo/mrd:MD_Distribution")
    for name in metadata.formats:
        cited = _in(
            distribution, "mrd:distributionFormat/mrd:MD_Format/mrd:formatSpecificationCitation/cit:CI_Citation"
        )
        _text(cited, "cit:title", name)
    if metadata.links:
        transfer = _in(distribution, "mrd:transferOptions/mrd:MD_DigitalTransferOptions")
        for link in metadata.links:
            _online(transfer, link)


def _online(transfer: etree._Element, link: Online) -> None:
    resource = _in(transfer, "mrd:onLine/cit:CI_OnlineResource")
    _text(resource, "cit:linkage", link.href)
    for name, value in (("cit:protocol", link.protocol), ("cit:name", link.name)):
        if value:
            _text(resource, name, value)
    if link.title:
        _text(resource, "cit:description", polish(link.title))
    if link.function:
        _code(resource, "cit:function", "cit:CI_OnLineFunctionCode", link.function)


def _quality(root: etree._Element, metadata: Metadata) -> None:
    if not metadata.conformity:
        return
    quality = _in(root, "mdb:dataQualityInfo/mdq:DQ_DataQuality")
    _code(_in(quality, "mdq:scope/mcc:MD_Scope"), "mcc:level", "mcc:MD_ScopeCode", metadata.type)
    for one in metadata.conformity:
        result = _in(quality, "mdq:report/mdq:DQ_DomainConsistency/mdq:result/mdq:DQ_ConformanceResult")
        cited = _in(result, "mdq:specification/cit:CI_Citation")
        _texts(cited, "cit:title", one.title)
        _date(cited, "cit:date", one.kind, one.date)
        if one.explanation:
            _text(result, "mdq:explanation", one.explanation)
        passed = _in(result, "mdq:pass")
        if one.passed is None:
            passed.set(_name("gco:nilReason"), "unknown")
        else:
            _in(passed, "gco:Boolean").text = str(one.passed).lower()
