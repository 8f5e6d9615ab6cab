# SPDX-License-Identifier: EUPL-1.2
"""The service metadata (OGC 07-057r7, 7.1): prepared fragments a layer, put together for what a caller may see."""

from collections.abc import Collection
from typing import Any, cast

from flask import render_template
from lxml import etree

from layers.inspire import VIEW_OWS, extended
from layers.model import Layer, Theme
from layers.service import Snapshot, themes
from layers.tiles.matrix import SETS
from layers.wmts.model import ALWAYS, FORMATS, INFO_FORMATS
from layers.wmts.parse import timed
from sdi.web.context import base_url, organisation, services
from sdi.web.i18n import language

MEDIA_TYPE = "application/xml"
_MARK = "\ue000"
_fragments: dict[tuple[Any, ...], str] = {}
_KEPT_FRAGMENTS = 20_000


def document(snapshot: Snapshot, layers: dict[str, Layer]) -> bytes:
    """The whole document for these layers, in this answer's language; kept until something changes."""
    key = ("wmts", organisation(), language())
    if key not in snapshot.derived:
        head, tail = _frame(layers).split(_MARK)
        body = "".join(_fragment(snapshot, layer) for layer in layers.values())
        snapshot.derived[key] = f"{head}{body}{tail}".encode()
    return cast("bytes", snapshot.derived[key])


def _frame(layers: dict[str, Layer]) -> str:
    by_theme: dict[str, list[str]] = {}
    for layer in layers.values():
        by_theme.setdefault(layer.theme, []).append(layer.id)
    return render_template(
        "wmts/capabilities.xml",
        site=services().settings.site,
        base=base_url(),
        sets=SETS,
        themes=_themes(by_theme),
        by_theme=by_theme,
        extended=_inspire(layers),
        mark=_MARK,
    )


def _themes(named: Collection[str]) -> list[Theme]:
    """The portal's themes in their order, then those that layers name beyond."""
    known = {theme.id: theme for theme in themes()}
    others = (Theme(name, {"pl": name}) for name in named if name not in known)
    return [*(theme for name, theme in known.items() if name in named), *others]


def _inspire(layers: dict[str, Layer]) -> str:
    """The extended capabilities of INSPIRE view services by WMTS (Technical Guidance 3.11, 4.3.3)."""
    address = f"{base_url()}/wmts/1.0.0/WMTSCapabilities.xml"
    parts = extended("view", services().settings.site, address, MEDIA_TYPE, layers.values())
    if not parts:
        return ""
    root = etree.Element(f"{{{VIEW_OWS}}}ExtendedCapabilities", nsmap={"inspire_vs": VIEW_OWS})
    root.extend(parts)
    return etree.tostring(root, encoding="unicode")


def _fragment(snapshot: Snapshot, layer: Layer) -> str:
    """A layer's element; it lives on while the layer stays as it is, whatever else changes."""
    styles = snapshot.styles.get(layer.id, ())
    named = tuple(style.name for style in styles)
    key = (base_url(), language(), layer.id, layer.state, layer.updated_at, layer.visibility, named)
    if key not in _fragments:
        if len(_fragments) >= _KEPT_FRAGMENTS:
            _fragments.clear()
        _fragments[key] = render_template(
            "wmts/layer.xml",
            layer=layer,
            base=base_url(),
            styles=styles,
            formats=FORMATS,
            info_formats=INFO_FORMATS,
            sets=SETS,
            span=_span(layer),
            always=ALWAYS,
        )
    return _fragments[key]


def _span(layer: Layer) -> str | None:
    """The layer's time as an interval; None for a layer without time."""
    if not timed(layer):
        return None
    return "/".join(end.strftime("%Y-%m-%dT%H:%M:%SZ") if end else ".." for end in layer.time_extent or ())
