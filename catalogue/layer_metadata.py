# SPDX-License-Identifier: EUPL-1.2
"""What the record of a layer says, in the one model: from the registry's facts, with where its data can be had."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from catalogue.metadata import Attribute, Code, Conformity, LanguageMap, Metadata, Online, Party, Term, Words, polish
from catalogue.model import Facts, Publisher, Record, crs_urn
from catalogue.vocabulary import hvd_category, licence

_INSPIRE = "http://inspire.ec.europa.eu"
NO_LIMITS = f"{_INSPIRE}/metadata-codelist/LimitationsOnPublicAccess/noLimitations"
NO_CONDITIONS = f"{_INSPIRE}/metadata-codelist/ConditionsApplyingToAccessAndUse/noConditionsApply"
CONDITIONS_UNKNOWN = f"{_INSPIRE}/metadata-codelist/ConditionsApplyingToAccessAndUse/conditionsUnknown"
HVD = "http://data.europa.eu/bna/asd487ae75"
OPEN = ("CC0-1.0", "CC-BY-4.0")
"""Licences under which high-value data may be (Regulation 2023/138, article 4)."""
_GEOMETRY = {"Point": "point", "MultiPoint": "point", "LineString": "curve", "MultiLineString": "curve",
             "Polygon": "surface", "MultiPolygon": "surface"}  # fmt: skip
_REGULATION = {
    "pl": "Rozporządzenie Komisji (UE) nr 1089/2010 z dnia 23 listopada 2010 r. w sprawie wykonania dyrektywy 2007/2/WE"
    " Parlamentu Europejskiego i Rady w zakresie interoperacyjności zbiorów i usług danych przestrzennych"
}


def of_layer(record: Record, facts: Facts, publisher: Publisher) -> Metadata:
    """The whole metadata of a layer's record."""
    layer = record.layer_id or ""
    raster = facts.kind == "raster"
    party = Party(organisation=record.organisation_title, email=publisher.contact, url=f"{publisher.base}/")
    links = online(layer, raster=raster, base=publisher.base)
    return Metadata(
        identifier=record.identifier,
        type=record.type,
        language=record.language,
        modified=record.modified.date().isoformat(),
        title=record.title or {"pl": layer},
        abstract=_abstract(record, facts),
        dates={"creation": record.created.date().isoformat(), "revision": record.modified.date().isoformat()},
        identifiers=(Code(f"urn:uuid:{record.id}"), Code(layer, publisher.namespace)),
        contacts=(party,),
        parties=(party, replace(party, role="publisher")),
        keywords=_keywords(record, facts),
        topics=(facts.topic,) if facts.topic else (),
        languages=(record.language,),
        representations=("grid" if raster else "vector",),
        systems=(Term({"pl": crs_urn(facts.srid)}, f"http://www.opengis.net/def/crs/EPSG/0/{facts.srid}"),),
        boxes=(facts.bbox,),
        begin=(facts.time_start or "")[:10],
        end=(facts.time_end or "")[:10],
        use=(_use(facts),),
        access=(_access(record),),
        lineage={"pl": facts.lineage or "Pochodzenie nie zostało podane."},
        conformity=(Conformity(_REGULATION, "2010-12-08", explanation="Zgodności nie badano."),),
        formats=tuple(dict.fromkeys(link.media_type for link in links)),
        links=links,
        previews=(f"{publisher.base}/ogc/collections/{quote(layer)}/map?width=320&f=png",),
        geometry="" if raster else _GEOMETRY.get(facts.geometry_type, "complex"),
        count=None if raster else facts.feature_count,
        columns=tuple(Attribute(one["name"], one["type"], _titles(one)) for one in facts.columns),
    )


def online(layer_id: str, *, raster: bool, base: str) -> tuple[Online, ...]:
    """Where a layer's data can be had, under the address `base`."""
    layer = quote(layer_id)
    collection = f"{base}/ogc/collections/{layer}"
    wms = Online(
        f"{base}/wms?service=WMS&version=1.3.0&request=GetCapabilities",
        {"pl": "Usługa przeglądania (WMS)", "en": "View service (WMS)"},
        layer_id, "OGC:WMS", "download", "text/xml",
    )  # fmt: skip
    if raster:
        return (wms,)
    return (
        Online(collection, {"pl": "Usługa pobierania (OGC API)", "en": "Download service (OGC API)"},
               layer_id, "OGC API - Features", "download", "application/json"),
        Online(f"{collection}/items?f=json", {"pl": "Obiekty (GeoJSON)", "en": "Features (GeoJSON)"},
               layer_id, "WWW:LINK-1.0-http--link", "download", "application/geo+json"),
        Online(f"{base}/wfs?service=WFS&version=2.0.0&request=GetCapabilities",
               {"pl": "Usługa pobierania (WFS)", "en": "Download service (WFS)"},
               layer_id, "OGC:WFS", "download", "text/xml"),
        wms,
        Online(f"{collection}/tiles", {"pl": "Kafle wektorowe", "en": "Vector tiles"},
               layer_id, "OGC API - Tiles", "download", "application/json"),
    )  # fmt: skip


def _titles(column: Mapping[str, Any]) -> LanguageMap:
    said = column.get("title")
    return said if isinstance(said, dict) else {"pl": said} if said else {}


def _abstract(record: Record, facts: Facts) -> LanguageMap:
    """ISO asks for an abstract: a layer without one is described by its title, theme and publisher."""
    parts = (polish(record.title), polish(facts.theme_title), polish(record.organisation_title))
    said = dict(record.abstract) or {"pl": ". ".join(part for part in parts if part)}
    notice = facts.notice or {}
    return {key: f"{text}\n{notice[key]}" if notice.get(key) else text for key, text in said.items()}


def _keywords(record: Record, facts: Facts) -> tuple[Words, ...]:
    own = [Term({"pl": word}) for word in dict.fromkeys(record.keywords) if word]
    if facts.theme_title or record.theme:
        own.append(Term(facts.theme_title or {"pl": record.theme}))
    groups = [Words(tuple(own), "theme")] if own else []
    if facts.inspire:
        named = {key: text for key, text in facts.inspire.items() if key != "code"}
        term = Term(named, f"{_INSPIRE}/theme/{facts.inspire['code']}")
        groups.append(Words((term,), "theme", Term({"pl": "GEMET - INSPIRE themes, version 1.0"}), "2008-06-01"))
        if facts.licence in OPEN and (category := hvd_category(facts.inspire["code"])):
            groups.append(Words((category,), "theme", Term({"pl": "High-value dataset categories"}, HVD), "2023-09-27"))
    return tuple(groups)


def _use(facts: Facts) -> Term:
    """Conditions of use (INSPIRE TG 2.0, requirement C.18)."""
    title, url = licence(facts.licence)
    if not title:
        return Term({"pl": facts.attribution or "warunki nieznane"}, CONDITIONS_UNKNOWN)
    said = f"{title}; {facts.attribution}" if facts.attribution else title
    return Term({"pl": said}, NO_CONDITIONS if facts.licence == "CC0-1.0" else url or "")


def _access(record: Record) -> Term:
    """Limits of public access (INSPIRE TG 2.0, requirement C.17)."""
    if record.visibility == "public":
        return Term({"pl": "brak ograniczeń w publicznym dostępie"}, NO_LIMITS)
    return Term({"pl": "dostęp tylko dla uprawnionych osób z tej organizacji"})
