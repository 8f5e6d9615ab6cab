# SPDX-License-Identifier: EUPL-1.2
"""The capabilities document (OGC 06-042, 7.2.4): prepared fragments a layer, put together for what a caller may see."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from flask import render_template

from layers.model import Layer, Theme
from layers.service import Snapshot, themes
from layers.wms.model import INFO_FORMATS, LAYER_LIMIT, MAP_FORMATS, MAX_SIDE
from sdi import crs
from sdi.crs import CRS84, SERVED, Box, Crs, Extent
from sdi.errors import InvalidParameter
from sdi.web.context import base_url, organisation, services
from sdi.web.i18n import language

_LISTED = tuple(crs.by_srid(srid) for srid in (4326, 3857, 2180))


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A layer's box as the document writes it: numbers in the axis order of the CRS."""

    name: str
    numbers: tuple[float, float, float, float]


def document(snapshot: Snapshot, layers: dict[str, Layer]) -> bytes:
    """The whole document for these layers, in this answer's language; kept until something changes."""
    key = ("wms", organisation(), language())
    if key not in snapshot.derived:
        head, tail = _frame()
        body = "".join(_groups(snapshot, layers))
        snapshot.derived[key] = f"{head}{body}{tail}".encode()
    return cast("bytes", snapshot.derived[key])


def _frame() -> tuple[str, str]:
    page = render_template(
        "wms/capabilities.xml",
        site=services().settings.site,
        base=base_url(),
        map_formats=MAP_FORMATS,
        info_formats=INFO_FORMATS,
        layer_limit=LAYER_LIMIT,
        max_side=MAX_SIDE,
        served=SERVED,
        mark="<!--layers-->",
    )
    head, _, tail = page.partition("<!--layers-->")
    return head, tail


def _groups(snapshot: Snapshot, layers: dict[str, Layer]) -> Iterator[str]:
    by_theme: dict[str, list[Layer]] = {}
    for layer in layers.values():
        by_theme.setdefault(layer.theme, []).append(layer)
    known = {theme.id: theme for theme in themes()}
    for theme_id in sorted(by_theme, key=lambda name: list(known).index(name) if name in known else len(known)):
        theme = known.get(theme_id, Theme(theme_id, {"pl": theme_id}))
        fragments = [_fragment(snapshot, layer) for layer in by_theme[theme_id]]
        yield render_template("wms/theme.xml", theme=theme, layers=fragments)


_fragments: dict[tuple[Any, ...], str] = {}
_KEPT_FRAGMENTS = 20_000


def _fragment(snapshot: Snapshot, layer: Layer) -> str:
    """A layer's element; it lives on while the layer stays as it is, whatever else changes."""
    key = (base_url(), language(), layer.id, layer.version, layer.updated_at, layer.visibility)
    if key not in _fragments:
        if len(_fragments) >= _KEPT_FRAGMENTS:
            _fragments.clear()
        _fragments[key] = render_template(
            "wms/layer.xml",
            layer=layer,
            base=base_url(),
            styles=snapshot.styles.get(layer.id, ()),
            boxes=list(_boxes(layer)),
        )
    return _fragments[key]


def _boxes(layer: Layer) -> Iterator[BoundingBox]:
    own = crs.by_srid(layer.srid)
    stored = Box(*layer.extent, own.xy)
    yield BoundingBox(CRS84.name, _rounded(Extent(*layer.bbox), CRS84))
    for system in dict.fromkeys((*_LISTED, own)):
        try:
            bounds = stored.to(system).bounds
        except InvalidParameter:
            continue
        yield BoundingBox(system.name, _rounded(bounds, system))


def _rounded(bounds: Extent, system: Crs) -> tuple[float, float, float, float]:
    minx, miny, maxx, maxy = (round(value, system.decimals) for value in bounds)
    return (miny, minx, maxy, maxx) if system.northing_first else (minx, miny, maxx, maxy)
