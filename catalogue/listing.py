# SPDX-License-Identifier: EUPL-1.2
"""The page of results: records and facets of one search, with the names that people know values by."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

import layers.service as layers
from catalogue import asked as reading
from catalogue import facets, service, store
from catalogue.asked import Asked
from catalogue.facets import Counted
from catalogue.model import Found, LanguageMap, Record
from catalogue.vocabulary import licence, vocabulary
from sdi.web.context import base_url, principal, services
from sdi.web.i18n import gettext as _
from sdi.web.i18n import localised

_SCHEMAS = {
    "http://www.isotc211.org/2005/gmd": "ISO 19139",
    "http://www.isotc211.org/2005/gmi": "ISO 19139-2",
    "http://standards.iso.org/iso/19115/-3/mdb/2.0": "ISO 19115-3",
    "http://www.opengis.net/cat/csw/2.0.2": "Dublin Core",
    "http://www.opengis.net/cat/csw/3.0": "Dublin Core",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: its name, how many records have it, the address that chooses it (or takes it back)."""

    value: str
    title: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with the values that the records found have."""

    name: str
    title: str
    values: tuple[Choice, ...]


def find(asked: Asked) -> tuple[Found, Counted]:
    """The records of the page, and the counts: two statements."""
    caller = principal()
    wanted = service.here(reading.search(asked))
    public = caller is None
    with services().database.read(caller) as connection:
        counted = facets.count(connection, wanted.where, public=public)
        records = store.page(connection, wanted, public=public)
    return Found(counted.total, records), counted


def choices(asked: Asked, counted: Counted) -> list[Facet]:
    """Facets with more than one value, or with values none of which was chosen."""
    organisations = _organisations()
    made = []
    for name in facets.NAMES:
        if name in asked.chosen:
            continue
        values = tuple(
            Choice(value, title_of(name, value, organisations), number, _address(name, value))
            for value, number in counted.counts[name]
        )
        if len(values) > 1 or (values and values[0].count < counted.total):
            made.append(Facet(name, _title(name), values))
    return made


def chosen(asked: Asked) -> list[Choice]:
    """What narrows the list, each with the address without it."""
    organisations = _organisations() if "organisation" in asked.chosen else {}
    made = [
        Choice(value, f"{_title(name)}: {title_of(name, value, organisations)}", 0, _address(name, None))
        for name, value in asked.chosen.items()
    ]
    if asked.bbox:
        made.append(Choice(asked.bbox, _("Chosen area"), 0, _address("bbox", None)))
    if asked.time:
        made.append(Choice(asked.time, f"{_('Time covered')}: {asked.time}", 0, _address("datetime", None)))
    return made


def kind_of(record: Record) -> str:
    """What a record is of, in a list: its theme, else the kind of its resource."""
    theme = title_of("theme", record.theme, {}) if record.theme else ""
    return theme or title_of("type", record.type, {})


def roles() -> Mapping[str, str]:
    """Roles of those who answer for a resource, by ISO's codes."""
    return {
        "pointOfContact": _("Contact"), "publisher": _("Publisher"), "owner": _("Owner"), "custodian": _("Custodian"),
        "originator": _("Author"), "author": _("Author"), "distributor": _("Distributor"),
    }  # fmt: skip


def address(href: str) -> str:
    """An address that a page may link to; an empty one for a scheme that is none of the web's."""
    return href if href.lower().startswith(("http://", "https://", "ftp://", "mailto:")) else ""


def title_of(name: str, value: str, organisations: Mapping[str, LanguageMap]) -> str:
    """The name that people know a value by; the value itself where it has none."""
    match name:
        case "theme":
            said = next((localised(theme.title) for theme in layers.themes() if theme.id == value), "")
        case "organisation":
            said = localised(organisations.get(value))
        case "licence":
            said = licence(value)[0]
        case "inspire":
            said = localised(vocabulary()["inspire"].get(value))
        case "topic":
            said = localised(vocabulary()["topics"].get(value))
        case "type":
            said = {"dataset": _("Data set"), "series": _("Series"), "service": _("Service")}.get(value, "")
        case _:
            said = _("Layers of this server") if value == "layer" else _SCHEMAS.get(value, "")
    return said or value


def _title(name: str) -> str:
    return {
        "theme": _("Theme"), "inspire": _("INSPIRE theme"), "topic": _("Topic"), "organisation": _("Organisation"),
        "type": _("Kind"), "licence": _("Licence"), "origin": _("Origin of the record"),
    }[name]  # fmt: skip


def _organisations() -> Mapping[str, LanguageMap]:
    caller = principal()
    with services().database.read(caller) as connection:
        return service.organisations(connection, public=caller is None)


def _address(name: str, value: str | None) -> str:
    """This page with another choice, from its beginning; relative to where the catalogue is."""
    values = {**request.args.to_dict(), name: value, "page": None}
    query = urlencode({key: text for key, text in values.items() if text is not None})
    return f"{base_url()}/catalogue" + (f"?{query}" if query else "")
