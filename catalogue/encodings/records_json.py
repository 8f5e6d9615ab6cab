# SPDX-License-Identifier: EUPL-1.2
"""Records as GeoJSON features by OGC API Records (OGC 20-004r1, 8.2, record core)."""

from typing import Any

from catalogue.metadata import Metadata, Online, Party, polish
from catalogue.vocabulary import licence, licence_of

CONFORMS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"
_LANGUAGES = {"pol": ("pl", "Polski"), "eng": ("en", "English")}


def encode(metadata: Metadata, links: list[dict[str, Any]]) -> dict[str, Any]:
    """The feature. `links` are those of the record itself; where the data are is told by the record's own."""
    return {
        "id": metadata.identifier,
        "type": "Feature",
        "conformsTo": [CONFORMS],
        "time": _time(metadata),
        "geometry": _geometry(metadata),
        "properties": {name: said for name, said in _properties(metadata).items() if said not in (None, "", [], {})},
        "links": [*links, *(_link(one) for one in metadata.links), *_previews(metadata)],
    }


def _properties(metadata: Metadata) -> dict[str, Any]:
    title, url = licence(licence_of(metadata))
    language = _LANGUAGES.get(metadata.language, (metadata.language[:2], metadata.language))
    return {
        "type": metadata.type,
        "title": polish(metadata.title) or metadata.identifier,
        "description": polish(metadata.abstract),
        "created": metadata.dates.get("creation"),
        "updated": metadata.modified,
        "keywords": [polish(term.text) for group in metadata.keywords if not group.thesaurus for term in group.words],
        "themes": _themes(metadata),
        "language": {"code": language[0], "name": language[1]},
        "resourceLanguages": [{"code": _LANGUAGES.get(one, (one,))[0]} for one in metadata.languages],
        "contacts": [_contact(who) for who in metadata.parties or metadata.contacts],
        "externalIds": [{"value": one.code, **({"scheme": one.space} if one.space else {})}
                        for one in metadata.identifiers],
        "formats": [{"name": name} for name in metadata.formats],
        "license": url or title or next((polish(term.text) or term.uri for term in metadata.use), None),
        "rights": "; ".join(polish(term.text) or term.uri for term in metadata.rights),
    }  # fmt: skip


def _time(metadata: Metadata) -> dict[str, Any] | None:
    if not (metadata.begin or metadata.end):
        return None
    return {"interval": [metadata.begin[:10] or "..", metadata.end[:10] or ".."]}


def _geometry(metadata: Metadata) -> dict[str, Any] | None:
    if metadata.bounds is None:
        return None
    west, south, east, north = metadata.bounds
    return {"type": "Polygon",
            "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]]}  # fmt: skip


def _themes(metadata: Metadata) -> list[dict[str, Any]]:
    themes: list[dict[str, Any]] = []
    for group in metadata.keywords:
        if group.thesaurus:
            concepts = [{"id": polish(term.text) or term.uri, **({"url": term.uri} if term.uri else {})}
                        for term in group.words]  # fmt: skip
            themes.append({"concepts": concepts, "scheme": group.thesaurus.uri or polish(group.thesaurus.text)})
    if metadata.topics:
        scheme = "https://standards.iso.org/iso/19115/resources/Codelists/cat/codelists.xml#MD_TopicCategoryCode"
        themes.append({"concepts": [{"id": topic} for topic in metadata.topics], "scheme": scheme})
    return themes


def _contact(who: Party) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": who.person,
        "organization": polish(who.organisation),
        "position": who.position,
        "phones": [{"value": who.phone}] if who.phone else [],
        "emails": [{"value": who.email}] if who.email else [],
        "links": [{"href": who.url, "rel": "about"}] if who.url else [],
        "roles": [who.role],
    }
    if not said["name"] and not said["organization"]:
        said["organization"] = who.email or who.role
    return {name: value for name, value in said.items() if value}


def _link(one: Online) -> dict[str, Any]:
    said = {"href": one.href, "rel": "item", "type": one.media_type, "title": polish(one.title) or one.name,
            "protocol": one.protocol}  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _previews(metadata: Metadata) -> list[dict[str, Any]]:
    return [{"href": address, "rel": "preview"} for address in metadata.previews]
