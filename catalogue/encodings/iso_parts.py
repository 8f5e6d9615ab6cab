# SPDX-License-Identifier: EUPL-1.2
"""The recurring parts of ISO 19139 documents: texts, codes, dates, people, extents, online resources."""

from collections.abc import Mapping
from datetime import datetime

from lxml import etree

from catalogue.encodings.names import GCO, GMD, GML, GMX, XLINK, put
from catalogue.model import Link, Publisher, Record, polish

CODE_LISTS = "http://standards.iso.org/iso/19139/resources/gmxCodelists.xml"
_LANGUAGES = "http://www.loc.gov/standards/iso639-2/"


def wrap(parent: etree._Element, name: str, *inner: str) -> etree._Element:
    """Append the property gmd:`name` and the objects inside it; returns the innermost."""
    for one in (name, *inner):
        parent = put(parent, GMD, one)
    return parent


def text(parent: etree._Element, name: str, value: str, link: str | None = None) -> None:
    """A gmd property with a text, or with an anchor that leads somewhere."""
    if link is None:
        put(wrap(parent, name), GCO, "CharacterString", value)
    else:
        put(wrap(parent, name), GMX, "Anchor", value).set(f"{{{XLINK}}}href", link)


def code(parent: etree._Element, name: str, code_list: str, value: str) -> None:
    """A gmd property with a value of one of ISO's code lists."""
    put(wrap(parent, name), GMD, code_list, value, codeList=f"{CODE_LISTS}#{code_list}", codeListValue=value)


def language(parent: etree._Element, value: str) -> None:
    """A language by its ISO 639-2 code."""
    put(wrap(parent, "language"), GMD, "LanguageCode", value, codeList=_LANGUAGES, codeListValue=value)


def date(parent: etree._Element, moment: datetime | str) -> None:
    """A calendar day."""
    put(parent, GCO, "Date", moment if isinstance(moment, str) else moment.date().isoformat())


def citation(parent: etree._Element, title: str, dates: Mapping[str, datetime | str]) -> None:
    """Title and dates of a CI_Citation, in the schema's order."""
    text(parent, "title", title)
    for kind, moment in dates.items():
        dated = wrap(parent, "date", "CI_Date")
        date(wrap(dated, "date"), moment)
        code(dated, "dateType", "CI_DateTypeCode", kind)


def party(parent: etree._Element, name: str, record: Record, publisher: Publisher, role: str) -> None:
    """The organisation of a record as its contact; its e-mail address is the publisher's."""
    responsible = wrap(parent, name, "CI_ResponsibleParty")
    text(responsible, "organisationName", polish(record.organisation_title))
    contact = wrap(responsible, "contactInfo", "CI_Contact")
    if publisher.contact:
        address = wrap(contact, "address", "CI_Address")
        text(address, "electronicMailAddress", publisher.contact)
    resource = wrap(contact, "onlineResource", "CI_OnlineResource")
    put(wrap(resource, "linkage"), GMD, "URL", f"{publisher.base}/")
    code(responsible, "role", "CI_RoleCode", role)


def box(extent: etree._Element, bbox: tuple[float, float, float, float]) -> None:
    """A geographic bounding box in degrees of WGS 84."""
    west, south, east, north = bbox
    geographic = wrap(extent, "geographicElement", "EX_GeographicBoundingBox")
    bounds = {"west": ("Longitude", west), "east": ("Longitude", east),
              "south": ("Latitude", south), "north": ("Latitude", north)}  # fmt: skip
    for side, (axis, value) in bounds.items():
        put(wrap(geographic, f"{side}Bound{axis}"), GCO, "Decimal", f"{value:.7f}")


def period(extent: etree._Element, record: Record) -> None:
    """The time that the features cover; an end that is open is said to be unknown."""
    temporal = wrap(extent, "temporalElement", "EX_TemporalExtent", "extent")
    span = put(temporal, GML, "TimePeriod")
    span.set(f"{{{GML}}}id", f"time-{record.id}")
    for name, value in (("beginPosition", record.facts.time_start), ("endPosition", record.facts.time_end)):
        if value:
            put(span, GML, name, value[:10])
        else:
            put(span, GML, name, indeterminatePosition="unknown")


def online(transfer: etree._Element, link: Link) -> None:
    """Where data can be had, with the protocol that clients look for."""
    resource = wrap(transfer, "onLine", "CI_OnlineResource")
    put(wrap(resource, "linkage"), GMD, "URL", link.href)
    text(resource, "protocol", link.protocol)
    text(resource, "name", link.name)
    text(resource, "description", polish(link.title))
    code(resource, "function", "CI_OnLineFunctionCode", link.function)
