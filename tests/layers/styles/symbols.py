# SPDX-License-Identifier: EUPL-1.2
"""Any style that GeoStyler JSON can say here, for the property-based tests of converters."""

from typing import Any

from hypothesis import strategies as st

from layers.model import Column, ColumnType
from layers.styles.icons import paths
from layers.styles.model import Style
from layers.styles.service import style_of

COLUMNS = (
    Column("a", ColumnType.TEXT, "a"),
    Column("n", ColumnType.INTEGER, "n"),
    Column("x", ColumnType.NUMBER, "x"),
    Column("b", ColumnType.BOOLEAN, "b"),
)
SIGNS = ("circle", "square", "triangle", "star", "cross", "x", "diamond")
HATCHES = tuple(f"shape://{name}" for name in ("horline", "vertline", "slash", "backslash", "plus", "times", "dot"))
ICONS = tuple(f"marks/{name}.svg" for name in paths())

colours = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}\ufffe\uffff"), max_size=20)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers as people write them and as machines do."""
    return st.integers(int(low), int(high)).map(float) | st.floats(low, high, allow_nan=False).map(lambda v: v + 0.0)


shares = numbers(0, 1)
shifts = st.tuples(numbers(-500, 500), numbers(-500, 500)).map(list)
dashes = st.lists(numbers(1, 500), min_size=1, max_size=16)
lines = {"cap": st.sampled_from(["butt", "round", "square"]), "join": st.sampled_from(["miter", "round", "bevel"])}


def _some(kind: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"kind": st.just(kind), **required}, optional=optional or {})


stroked = {"strokeColor": colours, "strokeWidth": numbers(0, 200), "strokeOpacity": shares}
placed = {"rotate": numbers(-360, 360), "offset": shifts}
looks = {"radius": numbers(0, 200), "color": colours, "opacity": shares, "fillOpacity": shares}
marks = _some("Mark", {"wellKnownName": st.sampled_from(SIGNS), **looks}, placed) | _some(
    "Mark", {"wellKnownName": st.sampled_from([*SIGNS, *HATCHES]), **looks, **stroked}, placed
)
icons = _some(
    "Icon", {"image": st.sampled_from(ICONS), "size": numbers(1, 200)}, {"color": colours, "opacity": shares, **placed}
)
line_symbols = _some(
    "Line",
    {"color": colours},
    {"width": numbers(0, 200), "opacity": shares, "perpendicularOffset": numbers(-100, 100)} | lines,
) | _some("Line", {"dasharray": dashes}, {"dashOffset": numbers(-500, 500)})
outlined = {"outlineColor": colours, "outlineWidth": numbers(0, 200), "outlineOpacity": shares}
outlined |= {"outlineDasharray": dashes, "outlineCap": lines["cap"], "outlineJoin": lines["join"]}
fills = (
    _some("Fill", {"color": colours, "fillOpacity": shares})
    | _some("Fill", outlined)
    | _some("Fill", {"color": colours, **outlined, "graphicFill": marks | icons})
    | _some("Fill", {"graphicFill": marks, "graphicFillPadding": st.tuples(*[numbers(0, 100)] * 4).map(list)})
)
anchors = ["center", "left", "right", "top", "bottom", "top-left", "top-right", "bottom-left", "bottom-right"]
labels = st.lists(texts | st.sampled_from(["{{a}}", "{{n}}"]), min_size=1, max_size=4).map("".join).filter(bool)
letters = {
    "size": numbers(4, 100), "font": st.lists(st.sampled_from(["DejaVu Sans", "Arial", "serif"]), max_size=2),
    "fontWeight": st.sampled_from(["normal", "bold"]), "fontStyle": st.sampled_from(["normal", "italic", "oblique"]),
    "opacity": shares, "color": colours, "allowOverlap": st.booleans(),
}  # fmt: skip
words = _some("Text", {"label": labels}, letters | placed | {"anchor": st.sampled_from(anchors)}) | _some(
    "Text",
    {"label": labels, "haloColor": colours, "haloWidth": numbers(0, 20), "placement": st.just("line")},
    letters | {"offset": numbers(-500, 500).map(lambda y: [0, y])},
)
stops = st.lists(numbers(-1e6, 1e6), min_size=1, max_size=5, unique=True).map(sorted)


def _colour_map(kinds: st.SearchStrategy[str], **rest: Any) -> st.SearchStrategy[Any]:
    def entries(quantities: list[float]) -> st.SearchStrategy[Any]:
        return st.tuples(
            *(st.fixed_dictionaries({"quantity": st.just(q), "color": colours, **rest}) for q in quantities)
        )

    return st.fixed_dictionaries({"type": kinds, "colorMapEntries": stops.flatmap(entries).map(list)})


stretches = st.fixed_dictionaries(
    {}, optional={"enhancementType": st.sampled_from(["normalize", "histogram"]), "gammaValue": st.floats(0.1, 10)}
)
channels = st.fixed_dictionaries(
    {"sourceChannelName": st.integers(1, 999).map(str)}, optional={"contrastEnhancement": stretches}
)
bands = {
    "channelSelection": st.fixed_dictionaries({f"{name}Channel": channels for name in ("red", "green", "blue")})
    | st.fixed_dictionaries({"grayChannel": channels}),
    "contrastEnhancement": stretches,
    "shadedRelief": st.fixed_dictionaries({"reliefFactor": st.floats(0.01, 1000)}),
}


def rasters(*, names: bool) -> st.SearchStrategy[Any]:
    """Rasters; with `names` also what SE 1.1 cannot say: names, opacities and exact values of a colour map."""
    colour_maps = _colour_map(st.sampled_from(["ramp", "intervals"]))
    if names:
        seen = numbers(0.01, 1)
        colour_maps |= _colour_map(st.sampled_from(["ramp", "intervals", "values"]), label=texts, opacity=seen)
    return _some("Raster", {"opacity": shares}, {"colorMap": colour_maps, **bands})


comparisons = ["==", "!=", "<", "<=", ">", ">="]
whole = st.integers(-(2**63) + 1, 2**63 - 1)
real = st.floats(allow_nan=False, allow_infinity=False)
plain = (
    st.tuples(st.sampled_from([*comparisons]), st.just("a"), texts)
    | st.tuples(st.just("*="), st.just("a"), texts.filter(bool))
    | st.tuples(st.sampled_from(comparisons), st.just("n"), whole)
    | st.tuples(st.sampled_from(comparisons), st.just("x"), real)
    | st.tuples(st.sampled_from(["==", "!="]), st.just("b"), st.booleans())
    | st.tuples(st.sampled_from(["==", "!="]), st.sampled_from(["a", "n"]), st.none())
    | st.tuples(st.just("<=x<="), st.just("x"), real, real)
    | st.tuples(st.sampled_from(["==", "!="]), st.just("$type"), st.sampled_from(["Point", "LineString", "Polygon"]))
).map(list)


def _combined(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(part, min_size=2, max_size=3)
    negated = part.filter(lambda inner: inner[0] != "==" or inner[2] is not None)
    return st.builds(lambda operator, inner: [operator, *inner], st.sampled_from(["&&", "||"]), parts) | negated.map(
        lambda inner: ["!", inner]
    )


filters = st.recursive(plain, _combined, max_leaves=6)
scales = st.fixed_dictionaries({}, optional={"min": numbers(0, 1e6), "max": numbers(1, 1e9)}).filter(bool)


def styles(symbolizers: st.SearchStrategy[Any]) -> st.SearchStrategy[Style]:
    """Styles of one to three rules with such symbolizers."""
    rule = st.fixed_dictionaries(
        {"symbolizers": st.lists(symbolizers, min_size=1, max_size=3)},
        optional={"name": texts.map(str.strip), "filter": filters, "scaleDenominator": scales},
    )
    return st.lists(rule, min_size=1, max_size=3).map(lambda rules: style_of({"rules": rules}))
