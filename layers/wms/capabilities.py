# SPDX-License-Identifier: EUPL-1.2
"""The capabilities documents of 1.3.0 (OGC 06-042, 7.2.4) and 1.1.1 (OGC 01-068r3, annex A.1).

A layer's element is made once for each language, version of the layer and version of WMS, with a mark where the address
of the service stands; a document is these fragments put together for what a caller may see, and is kept as bytes until
the registry changes. So the first request after a change makes anew only what changed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, cast

from flask import render_template
from lxml import etree
from markupsafe import Markup
from sqlalchemy import text

from layers import inspire
from layers.maps.model import LegendQuery
from layers.maps.service import legend_request, styled
from layers.model import Extent, Layer, Theme
from layers.service import Snapshot, themes
from layers.wms.model import (
    EXCEPTION_FORMATS,
    GROUP,
    INFO_FORMATS,
    LAYER_LIMIT,
    LEGEND_FORMATS,
    MAP_FORMATS,
    MAX_SIDE,
    VERSIONS,
    Version,
)
from layers.wms.times import declared
from sdi import crs
from sdi.crs import CRS84, SERVED, Box, Crs
from sdi.errors import InvalidParameter
from sdi.web.context import base_url, organisation, services
from sdi.web.i18n import language, localised

_LISTED = tuple(crs.by_srid(srid) for srid in (4326, 3857, 2180))
_MARK = "\ue000"
"""Where the address of the service stands in a fragment: a character that no text has."""
_FILES: Mapping[Version, str] = {"1.3.0": "1_3_0", "1.1.1": "1_1_1"}
_DIAGONAL = 0.00028 * 2**0.5
"""Metres of a pixel's diagonal at 1:1, which is what a ScaleHint counts."""


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A layer's box: `numbers` in the axis order of the CRS, as 1.3.0 writes it, `xy` as 1.1.1 does."""

    name: str
    numbers: Extent
    xy: Extent


@dataclass(frozen=True, slots=True)
class StyleEntry:
    """A style with the size of its legend in pixels."""

    name: str
    title: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Scales:
    """From which to which scale denominator anything is drawn; None is without end."""

    least: float | None
    greatest: float | None

    @property
    def hint(self) -> tuple[float, float]:
        """The same for 1.1.1, in metres along a pixel's diagonal."""
        return (self.least or 0) * _DIAGONAL, (self.greatest or 1e12) * _DIAGONAL


def document(snapshot: Snapshot, layers: Mapping[str, Layer], version: Version) -> bytes:
    """The whole document for these layers, in this answer's language; kept until something changes."""
    key = ("wms", version, organisation(), language())
    if key not in snapshot.derived:
        head, tail = _frame(snapshot, layers, version)
        body = "".join(_groups(snapshot, layers, version))
        whole = f"{head}{body}{tail}".replace(_MARK, str(Markup.escape(base_url())))
        snapshot.derived[key] = whole.encode()
    return cast("bytes", snapshot.derived[key])


def prepare(snapshot: Snapshot, layers: Mapping[str, Layer]) -> None:
    """Make the documents of every version before they are asked for."""
    for version in VERSIONS:
        document(snapshot, layers, version)


def sequence(snapshot: Snapshot) -> str:
    """The document's update sequence: the moment of its last change, the same in every worker."""
    key = ("wms", "sequence")
    if key not in snapshot.derived:
        moments = (layer.updated_at for layer in snapshot.layers.values())
        last = max(moments, default=None)
        snapshot.derived[key] = f"{last:%Y-%m-%dT%H:%M:%S.%f}Z" if last else "0"
    return cast("str", snapshot.derived[key])


def _frame(snapshot: Snapshot, layers: Mapping[str, Layer], version: Version) -> tuple[str, str]:
    page = render_template(
        f"wms/capabilities_{_FILES[version]}.xml",
        base=_MARK,
        owner=_owner(),
        sequence=sequence(snapshot),
        map_formats=MAP_FORMATS,
        info_formats=INFO_FORMATS,
        legend_formats=LEGEND_FORMATS,
        exception_formats=EXCEPTION_FORMATS[version],
        layer_limit=LAYER_LIMIT,
        max_side=MAX_SIDE,
        served=SERVED,
        keywords=["infoMapAccessService", *(localised(theme.title) for theme in themes())],
        inspire=_inspire(layers) if version == "1.3.0" else "",
        bbox=_union(layers.values()),
        mark="<!--layers-->",
    )
    head, _, tail = page.partition("<!--layers-->")
    return head, tail


def _owner() -> str:
    """Who offers the service: the organisation in the address, or the one at the root."""
    site = services().settings.site
    query = text("SELECT title FROM pub.organisation WHERE slug = :slug")
    with services().database.public.connect() as connection:
        title = connection.execute(query, {"slug": organisation() or site.organisation}).scalar()
    return localised(title) if title else site.organisation


def _inspire(layers: Mapping[str, Layer]) -> Markup:
    address = f"{_MARK}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
    site = services().settings.site
    parts = inspire.extended("view", site, address, "application/vnd.ogc.wms_xml", layers.values())
    if not parts:
        return Markup()
    root = etree.Element(
        f"{{{inspire.VIEW}}}ExtendedCapabilities",
        nsmap={"inspire_vs": inspire.VIEW, "inspire_common": inspire.COMMON},
    )
    root.extend(parts)
    return Markup(etree.tostring(root, encoding="unicode"))  # noqa: S704 - made of escaped texts by lxml


def _groups(snapshot: Snapshot, layers: Mapping[str, Layer], version: Version) -> Iterator[str]:
    by_theme: dict[str, list[Layer]] = {}
    for layer in layers.values():
        by_theme.setdefault(layer.theme, []).append(layer)
    known = {theme.id: theme for theme in themes()}
    order = {name: number for number, name in enumerate(known)}
    for theme_id in sorted(by_theme, key=lambda name: order.get(name, len(order))):
        inside = by_theme[theme_id]
        group = render_template(
            f"wms/theme_{_FILES[version]}.xml",
            theme=known.get(theme_id, Theme(theme_id, {"pl": theme_id})),
            name=f"{GROUP}{theme_id}" if len(inside) <= LAYER_LIMIT and "," not in theme_id else None,
            bbox=_union(inside),
            mark="<!--layers-->",
        )
        head, _, tail = group.partition("<!--layers-->")
        yield from chain((head,), (_fragment(snapshot, layer, version) for layer in inside), (tail,))


_fragments: dict[tuple[Any, ...], Mapping[Version, str]] = {}
_KEPT_FRAGMENTS = 10_000


def _fragment(snapshot: Snapshot, layer: Layer, version: Version) -> str:
    """A layer's element; it lives on while the layer and its styles stay as they are, whatever else changes."""
    looks = hash(
        tuple((s.name, repr(s.title), repr(s.definition)) for s in snapshot.styles.get(layer.id, ())),
    )
    key = (language(), layer.id, layer.version, layer.updated_at, layer.extent, layer.time_extent, looks)
    if key not in _fragments:
        if len(_fragments) >= _KEPT_FRAGMENTS:
            _fragments.clear()
        _fragments[key] = _made(snapshot, layer)
    return _fragments[key][version]


def _made(snapshot: Snapshot, layer: Layer) -> Mapping[Version, str]:
    """The element for every version at once: most of the work is the same."""
    facts: dict[str, Any] = {
        "layer": layer,
        "base": _MARK,
        "styles": list(_styles(snapshot, layer)),
        "boxes": list(_boxes(layer)),
        "scales": _scales(snapshot, layer),
        "time": declared(layer),
    }
    return {version: render_template(f"wms/layer_{_FILES[version]}.xml", **facts) for version in VERSIONS}


def _styles(snapshot: Snapshot, layer: Layer) -> Iterator[StyleEntry]:
    for style in snapshot.styles.get(layer.id, ()):
        picture = legend_request(LegendQuery(styled(snapshot, layer, style.name), "png"))
        yield StyleEntry(style.name, localised(style.title), picture.width, picture.height)


def _scales(snapshot: Snapshot, layer: Layer) -> Scales | None:
    """The widest range of the rules of all styles; None where one of them is drawn at every scale."""
    limits = [
        rule.scale_denominator
        for style in snapshot.styles.get(layer.id, ())
        for rule in styled(snapshot, layer, style.name).style.rules
    ]
    least = [limit.min if limit else None for limit in limits]
    greatest = [limit.max if limit else None for limit in limits]
    found = Scales(
        min((value for value in least if value is not None), default=None) if None not in least else None,
        max((value for value in greatest if value is not None), default=None) if None not in greatest else None,
    )
    return found if found.least is not None or found.greatest is not None else None


def _union(layers: Any) -> Extent | None:
    boxes = [layer.bbox for layer in layers]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _boxes(layer: Layer) -> Iterator[BoundingBox]:
    own = crs.by_srid(layer.srid)
    stored = Box(*layer.extent, own.xy)
    yield BoundingBox(CRS84.name, _rounded(layer.bbox, CRS84), _rounded(layer.bbox, CRS84))
    for system in dict.fromkeys((*_LISTED, own)):
        try:
            bounds = stored.to(system).bounds
        except InvalidParameter:
            continue
        yield BoundingBox(system.name, _rounded(bounds, system), _rounded(bounds, system.xy))


def _rounded(bounds: Extent, system: Crs) -> Extent:
    minx, miny, maxx, maxy = (round(value, system.decimals) for value in bounds)
    return (miny, minx, maxy, maxx) if system.northing_first else (minx, miny, maxx, maxy)
