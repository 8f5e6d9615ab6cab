# SPDX-License-Identifier: EUPL-1.2
"""What the portal shows: themes with their layers as prepared bytes, one layer's details, labels of its areas."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from layers.model import Extent, GeometryType, Layer
from layers.service import Snapshot, Style, themes
from portal_web import store
from sdi.db.database import Database
from sdi.errors import TooLarge
from sdi.people.model import Principal
from sdi.settings import Settings

POLAND: Extent = (14.14, 49.0, 24.15, 55.0)
MAX_LABELS = 5_000
_AREAS = {GeometryType.POLYGON, GeometryType.MULTIPOLYGON}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A JSON answer that many people get: its bytes, the same compressed, its ETag."""

    body: bytes
    packed: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class ThemeLayers:
    """A theme with its layers, for the list that is there without a script."""

    id: str
    title: str
    layers: tuple[Layer, ...]


def theme_list(snapshot: Snapshot, organisation: str | None, language: str) -> tuple[ThemeLayers, ...]:
    """All themes in their order; layers of an unknown theme come last under their own theme's id."""
    grouped: dict[str, list[Layer]] = {theme.id: [] for theme in themes()}
    titles = {theme.id: text(theme.title, language) for theme in themes()}
    for layer in snapshot.of(organisation).values():
        grouped.setdefault(layer.theme, []).append(layer)
    return tuple(ThemeLayers(key, titles.get(key, key), tuple(found)) for key, found in grouped.items())


def listing(snapshot: Snapshot, organisation: str | None, language: str, settings: Settings) -> Prepared:
    """`/api/portal`: themes, layers with default styles, what is shown at the first start. Kept with the snapshot."""
    key = ("portal", organisation, language)
    if key not in snapshot.derived:
        snapshot.derived[key] = prepare(_listing(snapshot, organisation, language, settings))
    return cast("Prepared", snapshot.derived[key])


def prepare(value: object) -> Prepared:
    """`value` as JSON."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Prepared(body, gzip.compress(body, 6, mtime=0), hashlib.sha256(body).hexdigest()[:20])


def base_map(layers: Mapping[str, Layer], settings: Settings) -> list[dict[str, Any]]:
    """Which of the layers make the base map, in their order."""
    found = [layers[name] for name in settings.site.base_layers if name in layers]
    return [{"id": layer.id, "geometry": layer.geometry_type.value, "bbox": _box(layer)} for layer in found]


def details(layer: Layer, language: str) -> dict[str, Any]:
    """What the portal says about one layer when asked."""
    return {
        "id": layer.id,
        "abstract": text(layer.abstract, language),
        "licence": layer.licence,
        "lineage": layer.lineage,
        "keywords": layer.keywords,
        "crs": f"EPSG:{layer.srid}",
        "updated": layer.updated_at.isoformat(),
        "columns": [
            {"name": column.name, "title": text(column.title, language) or column.source or column.name,
             "type": column.type.value}
            for column in layer.columns
        ],
    }  # fmt: skip


def labels(snapshot: Snapshot, layer: Layer, database: Database, caller: Principal | None) -> Prepared:
    """One label point in EPSG:3857 for each area: `[[fid, label, x, y], ...]`. Kept with the snapshot.

    Tiles cut areas into pieces, and a label for each piece would repeat names. TooLarge over MAX_LABELS features.
    """
    if layer.geometry_type not in _AREAS or layer.label_column is None or layer.feature_count > MAX_LABELS:
        raise TooLarge(f"Label points are made for areas with a label column, at most {MAX_LABELS:,} of them.")
    key = ("portal labels", layer.id)
    if key not in snapshot.derived:
        with database.read(caller) as connection:
            snapshot.derived[key] = prepare(store.label_points(connection, layer, public=caller is None))
    return cast("Prepared", snapshot.derived[key])


def text(texts: Mapping[str, str] | None, language: str) -> str:
    """A language map's text, or the first it has."""
    if not texts:
        return ""
    return texts.get(language) or next(iter(texts.values()))


def _listing(snapshot: Snapshot, organisation: str | None, language: str, settings: Settings) -> dict[str, Any]:
    layers = snapshot.of(organisation)
    start = [name for name in settings.site.start_layers if name in layers]
    return {
        "themes": [{"id": theme.id, "title": text(theme.title, language)} for theme in themes()],
        "layers": [_entry(layer, snapshot.styles.get(layer.id, ()), language) for layer in layers.values()],
        "start": start,
        "base": [name for name in settings.site.base_layers if name in layers],
        "bbox": _region(layers, start),
    }


def _entry(layer: Layer, styles: tuple[Style, ...], language: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": layer.id,
        "theme": layer.theme,
        "title": text(layer.title, language),
        "kind": layer.kind,
        "geometry": layer.geometry_type.value,
        "bbox": _box(layer),
        "srid": layer.srid,
        "count": layer.feature_count,
        "version": layer.version,
        "label": layer.label_column,
        "labels": layer.geometry_type in _AREAS and layer.feature_count <= MAX_LABELS,
        "keywords": layer.keywords,
        "notice": text(layer.notice, language),
        "attribution": layer.attribution,
        "style": styles[0].definition if styles else None,
        "styles": [{"name": style.name, "title": text(style.title, language)} for style in styles],
    }
    return {name: value for name, value in entry.items() if value not in (None, "", (), [])}


def _box(layer: Layer) -> list[float]:
    return [round(value, 5) for value in layer.bbox]


def _region(layers: Mapping[str, Layer], start: list[str]) -> Extent:
    """CRS84 box of the layers shown first, or of all, or of the country while there are none."""
    boxes = [layers[name].bbox for name in start] or [layer.bbox for layer in layers.values()]
    if not boxes:
        return POLAND
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)
