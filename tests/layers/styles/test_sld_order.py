# SPDX-License-Identifier: EUPL-1.2
"""Written style documents have the elements, in the order, that the schemas of SLD 1.0 and SE 1.1 prescribe."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from layers.styles.service import NamedLayer, UserStyle, write_sld
from layers.styles.sld import OGC, SE, SLD, VERSIONS, Version
from tests.layers.styles import symbols
from tests.schemas import SLD_10, SLD_11, find, mistakes

_STYLE = "Name Title Description Abstract IsDefault FeatureTypeStyle"
_RULE = (
    "Name Title Description Abstract LegendGraphic Filter ElseFilter MinScaleDenominator MaxScaleDenominator"
    " LineSymbolizer* PolygonSymbolizer* PointSymbolizer* TextSymbolizer* RasterSymbolizer*"
)
# VendorOption is what programs add at the end of a symbolizer.
ORDER = {
    "StyledLayerDescriptor": "NamedLayer*",
    "NamedLayer": "Name UserStyle*",
    "UserStyle": _STYLE,
    "FeatureTypeStyle": "Rule*",
    "Rule": _RULE,
    "LineSymbolizer": "Geometry Stroke PerpendicularOffset VendorOption*",
    "PolygonSymbolizer": "Geometry Fill Stroke Displacement PerpendicularOffset VendorOption*",
    "PointSymbolizer": "Geometry Graphic VendorOption*",
    "TextSymbolizer": "Geometry Label Font LabelPlacement Halo Fill VendorOption*",
    "Stroke": "GraphicFill GraphicStroke CssParameter* SvgParameter*",
    "Fill": "GraphicFill CssParameter* SvgParameter*",
    "Font": "CssParameter* SvgParameter*",
    "Graphic": "ExternalGraphic Mark Opacity Size Rotation AnchorPoint Displacement",
    "GraphicFill": "Graphic",
    "ExternalGraphic": "OnlineResource Format",
    "Mark": "WellKnownName Fill Stroke",
    "LabelPlacement": "PointPlacement LinePlacement",
    "PointPlacement": "AnchorPoint Displacement Rotation",
    "LinePlacement": "PerpendicularOffset",
    "AnchorPoint": "AnchorPointX AnchorPointY",
    "Displacement": "DisplacementX DisplacementY",
    "Halo": "Radius Fill",
    "Description": "Title Abstract",
}
_SLD_ALWAYS = {"StyledLayerDescriptor", "NamedLayer", "UserStyle", "NamedStyle", "IsDefault"}
_DRAWN = symbols.fills | symbols.line_symbols | symbols.marks | symbols.icons | symbols.words


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_elements_stand_in_the_order_of_the_schemas(version: Version, data: st.DataObject) -> None:
    style = data.draw(symbols.styles(_DRAWN))
    root = etree.fromstring(
        write_sld([NamedLayer("a", (UserStyle("s", style, "Title", is_default=True),))], version).data
    )
    for element in root.iter(etree.Element):
        name = etree.QName(element)
        if name.namespace == OGC:
            continue
        assert name.namespace == (SLD if version == "1.0.0" or name.localname in _SLD_ALWAYS else SE), name
        if name.localname not in ORDER:
            assert all(etree.QName(inner).namespace == OGC for inner in element), name
            continue
        allowed = ORDER[name.localname].split()
        inner = [etree.QName(part).localname for part in element if isinstance(part.tag, str)]
        places = [next(at for at, word in enumerate(allowed) if word.rstrip("*") == part) for part in inner]
        if name.localname != "Rule":
            assert places == sorted(places), (name, inner)
        single = [part for part in inner if part in allowed]
        assert len(single) == len(set(single)), (name, inner)


@pytest.mark.parametrize(("version", "place"), [("1.0.0", SLD_10), ("1.1.0", SLD_11)])
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_documents_are_valid_where_the_schemas_are_at_hand(version: Version, place: str, data: st.DataObject) -> None:
    find(place)
    style = data.draw(symbols.styles(_DRAWN))
    written = write_sld([NamedLayer("a", (UserStyle("s", style, "Title", is_default=True),))], version).data
    root = etree.fromstring(written)
    for option in list(root.iter("{*}VendorOption")):
        option.getparent().remove(option)  # programs read it, no schema has it
    assert mistakes(root, place) == []
