# SPDX-License-Identifier: EUPL-1.2
"""The recurring parts of ISO 19139 documents: texts, codes, dates, people, extents, online resources."""

from collections.abc import Mapping

from lxml import etree

from catalogue.encodings.names import GCO, GMD, GML, GMX, XLINK, XSI, put
from catalogue.metadata import LanguageMap, Metadata, Online, Party, Term, polish

CODE_LISTS = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
_LANGUAGES = "http://www.loc.gov/standards/iso639-2/"
ISO_639_2 = {"pl": "pol", "en": "eng", "de": "ger", "fr": "fre", "nl": "dut", "cs": "cze", "sk": "slo", "uk": "ukr",
             "lt": "lit", "es": "spa", "it": "ita", "da": "dan", "sv": "swe", "fi": "fin", "hu": "hun", "pt": "por",
             "ro": "rum", "el": "gre"}  # fmt: skip


def wrap(parent: etree._Element, name: str, *inner: str) -> etree._Element:
    """Append the property gmd:`name` and the objects inside it; returns the innermost."""
    for one in (name, *inner):
        parent = put(parent, GMD, one)
    return parent


def text(parent: etree._Element, name: str, value: str, link: str | None = None) -> None:
    """A gmd property with a text, or with an anchor that leads somewhere."""
    if not link:
        put(wrap(parent, name), GCO, "CharacterString", value)
    else:
        put(wrap(parent, name), GMX, "Anchor", value).set(f"{{{XLINK}}}href", link)


def texts(parent: etree._Element, name: str, said: LanguageMap, link: str | None = None) -> None:
    """A gmd property with a text in the record's language, and in others beside it (gmd:PT_FreeText)."""
    text(parent, name, polish(said), link)
    others = {key: value for key, value in said.items() if value and value != polish(said)}
    if others and not link:
        element = parent[-1]
        element.set(f"{{{XSI}}}type", "gmd:PT_FreeText_PropertyType")
        free = put(element, GMD, "PT_FreeText")
        for key, value in others.items():
            group = put(free, GMD, "textGroup")
            put(group, GMD, "LocalisedCharacterString", value, locale=f"#locale-{key}")


def term(parent: etree._Element, name: str, said: Term) -> None:
    """A gmd property with a word of a vocabulary; an address without a text stands for itself."""
    texts(parent, name, said.text or {"pl": said.uri}, said.uri or None)


def code(parent: etree._Element, name: str, code_list: str, value: str) -> None:
    """A gmd property with a value of one of ISO's code lists."""
    put(wrap(parent, name), GMD, code_list, value, codeList=f"{CODE_LISTS}#{code_list}", codeListValue=value)


def language(parent: etree._Element, value: str, name: str = "language") -> None:
    """A language by its ISO 639-2 code."""
    put(wrap(parent, name), GMD, "LanguageCode", value, codeList=_LANGUAGES, codeListValue=value)


def locales(root: etree._Element, metadata: Metadata) -> None:
    """The languages that texts are in beside the record's own (gmd:locale)."""
    main = polish(metadata.title)
    keys = (key for said in (metadata.title, metadata.abstract, *(one.text for one in metadata.terms),
            *(one.title for one in metadata.links)) for key, value in said.items() if value != main)  # fmt: skip
    for key in dict.fromkeys(keys):
        if ISO_639_2.get(key) not in (None, metadata.language):
            locale = wrap(root, "locale", "PT_Locale")
            locale.set("id", f"locale-{key}")
            language(locale, ISO_639_2[key], "languageCode")
            code(locale, "characterEncoding", "MD_CharacterSetCode", "utf8")


def date(parent: etree._Element, moment: str) -> None:
    """A calendar day, or a moment where the time is said too."""
    put(parent, GCO, "DateTime" if "T" in moment else "Date", moment)


def citation(parent: etree._Element, title: LanguageMap, dates: Mapping[str, str], link: str | None = None) -> None:
    """Title and dates of a CI_Citation, in the schema's order; a date is obligatory and may be unknown."""
    texts(parent, "title", title, link)
    dated_by(parent, dates)


def dated_by(parent: etree._Element, dates: Mapping[str, str]) -> None:
    """Dates by their kinds."""
    for kind, moment in (dates or {"publication": ""}).items():
        dated = wrap(parent, "date", "CI_Date")
        if moment:
            date(wrap(dated, "date"), moment)
        else:
            wrap(dated, "date").set(f"{{{GCO}}}nilReason", "unknown")
        code(dated, "dateType", "CI_DateTypeCode", kind)


def party(parent: etree._Element, name: str, who: Party) -> None:
    """Who answers for something, with the address that is known."""
    responsible = wrap(parent, name, "CI_ResponsibleParty")
    if who.person:
        text(responsible, "individualName", who.person)
    if who.organisation:
        text(responsible, "organisationName", polish(who.organisation))
    if who.position:
        text(responsible, "positionName", who.position)
    contact = wrap(responsible, "contactInfo", "CI_Contact")
    if who.phone:
        text(wrap(contact, "phone", "CI_Telephone"), "voice", who.phone)
    parts = {"deliveryPoint": who.street, "city": who.city, "postalCode": who.postcode, "country": who.country,
             "electronicMailAddress": who.email}  # fmt: skip
    if any(parts.values()):
        address = wrap(contact, "address", "CI_Address")
        for part, value in parts.items():
            if value:
                text(address, part, value)
    if who.url:
        put(wrap(contact, "onlineResource", "CI_OnlineResource", "linkage"), GMD, "URL", who.url)
    code(responsible, "role", "CI_RoleCode", who.role)


def box(extent: etree._Element, bbox: tuple[float, float, float, float]) -> None:
    """A geographic bounding box in degrees of WGS 84."""
    west, south, east, north = bbox
    geographic = wrap(extent, "geographicElement", "EX_GeographicBoundingBox")
    bounds = {"west": ("Longitude", west), "east": ("Longitude", east),
              "south": ("Latitude", south), "north": ("Latitude", north)}  # fmt: skip
    for side, (axis, value) in bounds.items():
        put(wrap(geographic, f"{side}Bound{axis}"), GCO, "Decimal", f"{value:.7f}")


def period(extent: etree._Element, metadata: Metadata) -> None:
    """The time that the resource covers; an end that is open is said to be unknown."""
    temporal = wrap(extent, "temporalElement", "EX_TemporalExtent", "extent")
    span = put(temporal, GML, "TimePeriod")
    span.set(f"{{{GML}}}id", "time-extent")
    for name, value in (("beginPosition", metadata.begin), ("endPosition", metadata.end)):
        if value:
            put(span, GML, name, value)
        else:
            put(span, GML, name, indeterminatePosition="unknown")


def online(transfer: etree._Element, link: Online) -> None:
    """Where data can be had, with the protocol that clients look for."""
    resource = wrap(transfer, "onLine", "CI_OnlineResource")
    put(wrap(resource, "linkage"), GMD, "URL", link.href)
    for name, value in (("protocol", link.protocol), ("name", link.name)):
        if value:
            text(resource, name, value)
    if link.title:
        text(resource, "description", polish(link.title))
    if link.function:
        code(resource, "function", "CI_OnLineFunctionCode", link.function)
