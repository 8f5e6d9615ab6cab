# SPDX-License-Identifier: EUPL-1.2
"""What SLD adds to WMS: DescribeLayer, GetStyles and legends as data (OGC 02-070, OGC 05-078r4)."""

from collections.abc import Sequence
from typing import Any

from layers.maps.model import LegendQuery
from layers.model import Layer
from layers.service import Snapshot
from layers.styles.service import NamedLayer, UserStyle, style_of, write_sld
from layers.wms.chosen import Chosen
from layers.wms.model import LAYER_LIMIT
from sdi.errors import InvalidParameter, TooLarge
from sdi.web.i18n import localised
from sdi.web.parameters import Parameters


def described(parameters: Parameters, chosen: Chosen) -> list[Layer]:
    """The layers of DescribeLayer: those whose features the WFS serves."""
    layers = _named(parameters, chosen)
    for layer in layers:
        if layer.kind != "vector":
            raise InvalidParameter(f"Layer {layer.id!r} is a raster, which no WFS serves.", locator="layers")
    return layers


def styles(parameters: Parameters, chosen: Chosen, snapshot: Snapshot) -> tuple[bytes, str]:
    """A StyledLayerDescriptor with every style of the layers, and its media type."""
    old = (parameters.text("sld_version", 10) or parameters.text("sldver", 10) or "1.1.0").startswith("1.0")
    named = [_styles_of(layer, snapshot) for layer in _named(parameters, chosen)]
    written = write_sld(named, "1.0.0" if old else "1.1.0")
    return written.data, "application/vnd.ogc.sld+xml"


def legend_as_data(query: LegendQuery) -> dict[str, Any]:
    """The legend's rules as plain values, in the language of this answer."""
    layer, style = query.styled.layer, query.styled.style.to_json()
    rules = [rule for rule in style["rules"] if query.rule is None or rule.get("name") == query.rule]
    return {"Legend": [{"layerName": layer.id, "title": localised(layer.title), "rules": rules}]}


def _named(parameters: Parameters, chosen: Chosen) -> list[Layer]:
    names = parameters.required("layers").split(",")
    if len(names) > LAYER_LIMIT:
        raise TooLarge(f"At most {LAYER_LIMIT} layers are described at once.", locator="layers")
    return [chosen.layer(name.strip()) for name in names]


def _styles_of(layer: Layer, snapshot: Snapshot) -> NamedLayer:
    known: Sequence[Any] = snapshot.styles.get(layer.id, ())
    made = [
        UserStyle(style.name, style_of(dict(style.definition)), localised(style.title), is_default=number == 0)
        for number, style in enumerate(known)
    ]
    return NamedLayer(layer.id, tuple(made))
