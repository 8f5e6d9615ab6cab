# SPDX-License-Identifier: EUPL-1.2
"""SLD 1.0 and SE 1.1: what a style says comes back the same, what cannot be kept is told, nothing foreign is called."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.styles.model import Style
from layers.styles.service import NamedLayer, NamedStyle, UserStyle, fitted, parse_sld, style_of, write_sld
from layers.styles.sld import VERSIONS, Version
from sdi.errors import BramaError, InvalidParameter, TooLarge, Unprocessable, Unsupported
from tests.layers.styles import symbols

HEAD = (
    '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink">'
)
POLYGON = '<PolygonSymbolizer><Fill><CssParameter name="fill">#ff0000</CssParameter></Fill></PolygonSymbolizer>'


def document(rules: str) -> bytes:
    """A document of one layer whose style has these rules."""
    head = f"{HEAD}<NamedLayer><Name>lay</Name><UserStyle><FeatureTypeStyle>"
    return f"{head}{rules}</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>".encode()


def read(rules: str) -> tuple[Style, tuple[str, ...]]:
    """The style that these rules of SLD 1.0 make, and the warnings."""
    found = parse_sld(document(rules))
    (style,) = found.layers[0].styles
    assert isinstance(style, UserStyle)
    return style.style, found.warnings


def round_trip(style: Style, version: Version) -> tuple[Style, tuple[str, ...]]:
    """The style after it was written and read, and what was told meanwhile."""
    written = write_sld([NamedLayer("lay", (UserStyle("s", style),))], version)
    found = parse_sld(written.data)
    (back,) = found.layers[0].styles
    assert isinstance(back, UserStyle)
    return fitted(back.style, symbols.COLUMNS).model_copy(update={"name": ""}), (*written.warnings, *found.warnings)


def _common(version: Version) -> st.SearchStrategy[Any]:
    return (
        symbols.fills
        | symbols.line_symbols
        | symbols.marks
        | symbols.icons
        | symbols.words
        | symbols.rasters(names=version == "1.0.0")
    )


@pytest.mark.parametrize("version", VERSIONS)
@given(data=st.data())
@settings(deadline=None)
def test_a_style_comes_back_the_same_or_its_loss_is_told(version: Version, data: st.DataObject) -> None:
    style = data.draw(symbols.styles(_common(version)))
    back, warnings = round_trip(style, version)
    assert back == style or warnings, back.to_json()


@given(
    symbols.styles(symbols.fills | symbols.line_symbols | symbols.marks | symbols.words | symbols.rasters(names=False))
)
@settings(deadline=None)
def test_symbology_encoding_keeps_all_that_is_drawn(style: Style) -> None:
    back, warnings = round_trip(style, "1.1.0")
    assert warnings == ()
    assert back == style


@given(symbols.styles(symbols.rasters(names=True)))
@settings(deadline=None, max_examples=30)
def test_colour_maps_of_sld_1_0_keep_names_opacities_and_kinds(style: Style) -> None:
    assert round_trip(style, "1.0.0") == (style, ())


@given(st.binary(max_size=200) | st.text(max_size=200).map(document))
@settings(deadline=None)
def test_whatever_is_sent_is_read_or_refused_in_words(data: bytes) -> None:
    try:
        parse_sld(data, locator="sld_body")
    except BramaError as error:
        assert error.message
        assert error.locator == "sld_body"


def test_named_layers_keep_their_order_and_named_styles() -> None:
    layers = [NamedLayer("b", (NamedStyle("night"),)), NamedLayer("a")]
    found = parse_sld(write_sld(layers, "1.0.0").data)
    assert (found.layers, found.version, found.warnings) == (tuple(layers), "1.0.0", ())


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (('<Rule><PointSymbolizer><Graphic><ExternalGraphic><OnlineResource xlink:href="http://evil.test/x.svg"/>'
         "</ExternalGraphic></Graphic></PointSymbolizer></Rule>"), "calls no other address"),
        (('<Rule><PointSymbolizer><Graphic><ExternalGraphic><OnlineResource xlink:href="marks/../../etc/passwd.svg"/>'
         "</ExternalGraphic></Graphic></PointSymbolizer></Rule>"), "calls no other address"),
        (('<Rule><PointSymbolizer><Graphic><Mark><OnlineResource xlink:href="http://evil.test/font.ttf"/></Mark>'
         "</Graphic></PointSymbolizer></Rule>"), "calls no other address"),
        (f"<Rule><ogc:Filter><ogc:BBOX/></ogc:Filter>{POLYGON}</Rule>", "cannot ask 'BBOX'"),
        (("<Rule><ogc:Filter><ogc:PropertyIsLike wildCard='*' singleChar='?' escape='!'>"
         f"<ogc:PropertyName>a</ogc:PropertyName><ogc:Literal>a*</ogc:Literal></ogc:PropertyIsLike></ogc:Filter>{POLYGON}</Rule>"),
         "contained"),
        (("<Rule><ogc:Filter><ogc:PropertyIsEqualTo><ogc:Function name='env'/><ogc:Literal>1</ogc:Literal>"
         f"</ogc:PropertyIsEqualTo></ogc:Filter>{POLYGON}</Rule>"), "function 'env'"),
        ("<Rule><TextSymbolizer><Label><ogc:Function name='strToUpper'/></Label></TextSymbolizer></Rule>", "label"),
        ("<Rule><MadeSymbolizer/></Rule>", "symbolizer 'MadeSymbolizer'"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_as_meant_is_refused(rules: str, words: str) -> None:
    with pytest.raises(Unsupported, match=words):
        read(rules)


@pytest.mark.parametrize(
    "body",
    [
        '<UserLayer><RemoteOWS><Service>WFS</Service><OnlineResource xlink:href="http://evil.test/"/></RemoteOWS></UserLayer>',
        "<UserLayer><InlineFeature/></UserLayer>",
        '<UseSLDLibrary><OnlineResource xlink:href="http://evil.test/"/></UseSLDLibrary>',
        "<NamedLayer><Name>a</Name><LayerFeatureConstraints/></NamedLayer>",
    ],
)
def test_layers_of_others_are_refused(body: str) -> None:
    with pytest.raises(Unsupported):
        parse_sld(f"{HEAD}{body}</StyledLayerDescriptor>".encode())


def test_limits_are_told() -> None:
    with pytest.raises(TooLarge, match="256000 bytes"):
        parse_sld(document(" " * 256_000))
    with pytest.raises(InvalidParameter, match="500 rules"):
        read("<Rule/>" * 501)
    with pytest.raises(TooLarge, match="100 layers"):
        parse_sld(f"{HEAD}{'<NamedLayer><Name>a</Name></NamedLayer>' * 101}</StyledLayerDescriptor>".encode())
    with pytest.raises(TooLarge, match="levels"):
        read("<Rule>" * 50 + "</Rule>" * 50)
    with pytest.raises(Unprocessable, match="width"):
        wide = '<Stroke><CssParameter name="stroke-width">5000</CssParameter></Stroke>'
        read(f"<Rule><LineSymbolizer>{wide}</LineSymbolizer></Rule>")
    with pytest.raises(InvalidParameter, match="document type"):
        parse_sld(b'<!DOCTYPE x [<!ENTITY a "b">]><x/>')


def test_a_rule_for_all_others_asks_for_the_opposite_of_its_neighbours() -> None:
    one = "<ogc:Filter><ogc:PropertyIsGreaterThan><ogc:PropertyName>n</ogc:PropertyName><ogc:Literal>5</ogc:Literal>"
    style, warnings = read(
        f"<Rule>{one}</ogc:PropertyIsGreaterThan></ogc:Filter>{POLYGON}</Rule><Rule><ElseFilter/>{POLYGON}</Rule>"
    )
    assert [rule.filter and rule.filter.to_json() for rule in style.rules] == [[">", "n", 5], ["!", [">", "n", 5]]]
    assert warnings == ()


def test_defaults_of_the_standard_are_taken_where_nothing_is_said() -> None:
    style, _ = read(
        "<Rule><LineSymbolizer><Stroke/></LineSymbolizer><PointSymbolizer><Graphic/></PointSymbolizer>"
        "<TextSymbolizer><Label><ogc:PropertyName>app:a</ogc:PropertyName></Label>"
        "<LabelPlacement><PointPlacement/></LabelPlacement></TextSymbolizer></Rule>"
    )
    line, mark, text = (part.model_dump(by_alias=True) for part in style.rules[0].symbolizers)
    assert (line["color"], line["width"], line["cap"], line["join"]) == ("#000000", 1, "butt", "miter")
    assert (mark["wellKnownName"], mark["radius"], mark["color"]) == ("square", 3, "#808080")
    assert (text["label"], text["anchor"], text["color"], text["size"]) == ("{{a}}", "left", "#000000", 10)


def test_what_is_not_kept_is_told() -> None:
    _, warnings = read(
        '<Rule><LegendGraphic/><PolygonSymbolizer uom="http://www.opengeospatial.org/se/units/metre"><Geometry/><Fill/>'
        '<VendorOption name="random">free</VendorOption></PolygonSymbolizer>'
        "<PointSymbolizer><Graphic><Mark><WellKnownName>ttf://Wingdings#0x41</WellKnownName></Mark></Graphic></PointSymbolizer>"
        "<LineSymbolizer><Stroke><GraphicStroke/></Stroke></LineSymbolizer></Rule>"
    )
    told = "\n".join(warnings)
    for words in ("LegendGraphic", "metres", "Geometry", "'random'", "ttf://Wingdings", "GraphicStroke"):
        assert words in told


def test_losses_of_a_written_document_stand_in_it() -> None:
    style = style_of({"rules": [{"symbolizers": [{"kind": "Line", "perpendicularOffset": 3}]}]})
    written = write_sld([NamedLayer("a", (UserStyle("s", style),))], "1.0.0")
    assert written.warnings == ("lines beside their course, which SLD 1.0 has not",)
    assert b"<!-- Not kept: lines beside their course" in written.data


@pytest.mark.parametrize("value", [0.028482234699001872, 0.00010123456789012345, 5e-324, 1.7976931348623157e308, -0.1])
def test_numbers_come_back_to_the_last_digit(value: float) -> None:
    tree = ["<=x<=", "x", min(value, 0), max(value, 0)]
    style = style_of({"rules": [{"filter": tree, "symbolizers": [{"kind": "Line"}]}]})
    for version in VERSIONS:
        assert round_trip(style, version) == (style, ())


def test_an_icon_is_known_by_its_name_whatever_server_it_is_written_for() -> None:
    style = style_of({"rules": [{"symbolizers": [{"kind": "Icon", "image": "marks/church.svg", "color": "#c00000"}]}]})
    layer = NamedLayer("a", (UserStyle("s", style),))
    data = write_sld([layer], "1.1.0", "https://geo.example/marks/").data
    assert b'xlink:href="https://geo.example/marks/church.svg?fill=%23c00000"' in data
    back = parse_sld(data).layers[0].styles[0]
    assert isinstance(back, UserStyle)
    assert back.style.rules == style.rules
