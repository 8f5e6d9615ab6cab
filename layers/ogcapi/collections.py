# SPDX-License-Identifier: EUPL-1.2
"""Collections: one prepared JSON text a layer, put together for what the caller asked and may see.

Prepared texts live as long as the snapshot of the registry they were made from, one set a language and base address.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from layers.model import Layer
from layers.ogcapi.downloads import enclosures
from layers.ogcapi.links import GEOJSON, HTML, JSON, OGC_REL, SCHEMA, Link, link
from layers.service import Snapshot
from sdi import crs as crss
from sdi.crs import CRS84, SERVED, Box

_STROKES = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ß": "ss"})
_GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
_CRS_URIS = [crs.uri for crs in SERVED]


def prepared(snapshot: Snapshot, layer: Layer, root: str, language: str) -> bytes:
    """The collection as JSON bytes."""
    texts: dict[Any, bytes] = snapshot.of_layer(layer.id)
    key = ("collection", root, language)
    if key not in texts:
        made = collection(layer, root, language)
        texts[key] = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()
    return texts[key]


def collection(layer: Layer, root: str, language: str) -> dict[str, Any]:
    """The collection object (OGC 17-069r4, 7.13; 18-058r1, 6.2.1)."""
    made: dict[str, Any] = {
        "id": layer.id,
        "title": text_of(layer.title, language),
        "description": " ".join(filter(None, (text_of(layer.abstract, language), text_of(layer.notice, language)))),
        "keywords": list(layer.keywords),
        "theme": layer.theme,
        "organisation": layer.organisation,
        "attribution": layer.attribution,
        "extent": _extent(layer),
        "links": collection_links(layer, root),
    }
    if layer.kind == "vector":
        made |= {"itemType": "feature", "crs": _CRS_URIS, "storageCrs": crss.by_srid(layer.srid).uri}
    else:
        made |= {"crs": _CRS_URIS, "storageCrs": crss.by_srid(layer.srid).uri}
    return {name: value for name, value in made.items() if value not in (None, "", [])}


def collection_links(layer: Layer, root: str) -> list[Link]:
    """Where a collection's parts are."""
    own = f"{root}/collections/{layer.id}"
    links = [link(f"{own}?f=json", "self", JSON), link(f"{own}?f=html", "alternate", HTML)]
    if layer.licence:
        links.append(link(layer.licence, "license", HTML)) if layer.licence.startswith("http") else None
    if layer.kind == "vector":
        links += [
            link(f"{own}/items?f=json", "items", GEOJSON),
            link(f"{own}/items?f=html", "items", HTML),
            *enclosures(layer, root),
            link(f"{own}/queryables", f"{OGC_REL}queryables", SCHEMA),
            link(f"{own}/sortables", f"{OGC_REL}sortables", SCHEMA),
            link(f"{own}/schema", f"{OGC_REL}schema", SCHEMA),
            link(f"{own}/schema", "describedby", SCHEMA),
            link(f"{own}/tiles?f=json", f"{OGC_REL}tilesets-vector", JSON),
        ]
    else:
        links += [
            link(f"{own}/coverage?f=tiff", f"{OGC_REL}coverage", "image/tiff; application=geotiff"),
            link(f"{own}/coverage?f=covjson", f"{OGC_REL}coverage", "application/prs.coverage+json"),
            link(f"{own}/coverage?f=html", f"{OGC_REL}coverage", HTML),
        ]
    links.append(link(f"{own}/styles?f=json", f"{OGC_REL}styles", JSON))
    links.append(link(f"{own}/map", f"{OGC_REL}map", "image/png"))
    links.append(link(f"{own}/map/tiles?f=json", f"{OGC_REL}tilesets-map", JSON))
    return links


def select(
    snapshot: Snapshot, layers: Mapping[str, Layer], words: str | None, box: Box | None, theme: str | None
) -> list[Layer]:
    """Layers in the portal's order whose texts have every word (without case and diacritics) and whose box meets."""
    wanted = fold(words).split() if words else []
    corners = box.lonlat() if box else None
    return [
        layer
        for layer in layers.values()
        if (theme is None or layer.theme == theme)
        and (corners is None or _meets(layer.bbox, corners))
        and all(word in _folded(snapshot, layer) for word in wanted)
    ]


def fold(text: str) -> str:
    """Lower case without diacritics: `Łódź` as `lodz`."""
    split = unicodedata.normalize("NFKD", text.lower().translate(_STROKES))
    return "".join(letter for letter in split if not unicodedata.combining(letter))


def text_of(texts: Mapping[str, str] | None, language: str) -> str:
    """The text in a language, or the first there is."""
    return (texts.get(language) or next(iter(texts.values()), "")) if texts else ""


def _extent(layer: Layer) -> dict[str, Any]:
    made: dict[str, Any] = {"spatial": {"bbox": [[round(value, 6) for value in layer.bbox]], "crs": CRS84.uri}}
    stored = crss.by_srid(layer.srid)
    minx, miny, maxx, maxy = (round(value, stored.decimals) for value in layer.extent)
    corners = [miny, minx, maxy, maxx] if stored.northing_first else [minx, miny, maxx, maxy]
    made["spatial"]["storageCrsBbox"] = [corners]
    if layer.raster:
        made["spatial"]["grid"] = _grid(layer)
    if layer.time_extent:
        made["temporal"] = {"interval": [[_moment(end) for end in layer.time_extent]], "trs": _GREGORIAN}
    return made


def _grid(layer: Layer) -> list[dict[str, Any]]:
    """Cells along each axis of the bounding box (OGC 19-087, 9.2)."""
    facts = layer.raster or {}
    minx, miny, maxx, maxy = layer.bbox
    return [
        {"cellsCount": count, "resolution": round((high - low) / count, 9)}
        for low, high, count in ((minx, maxx, facts["width"]), (miny, maxy, facts["height"]))
    ]


def _moment(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None


def _folded(snapshot: Snapshot, layer: Layer) -> str:
    texts: dict[str, str] = snapshot.lasting.setdefault("collections.folded", {})
    if layer.id not in texts:
        parts: Sequence[str] = [layer.id, *layer.title.values(), *layer.abstract.values(), *layer.keywords]
        texts[layer.id] = fold(" \n".join(parts))
    return texts[layer.id]


def _meets(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
