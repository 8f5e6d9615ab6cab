# SPDX-License-Identifier: EUPL-1.2
"""GeoStyler JSON as frozen, checked types: the part of it that is drawn here."""

import itertools
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator, model_validator
from pydantic.alias_generators import to_camel

from layers.styles.filters import Filter, parse_filter
from layers.styles.icons import known_icon

MAX_RULES = 200
MAX_SYMBOLIZERS = 10
MAX_STOPS = 256
_PLACEHOLDER = re.compile(r"\{\{([^{}]{1,63})\}\}")

Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Pixels = Annotated[float, Field(ge=0, le=200)]
Degrees = Annotated[float, Field(ge=-360, le=360)]
Shift = Annotated[float, Field(ge=-500, le=500)]
Anchor = Literal["center", "left", "right", "top", "bottom", "top-left", "top-right", "bottom-left", "bottom-right"]
Cap = Literal["butt", "round", "square"]
Join = Literal["miter", "round", "bevel"]
Margin = Annotated[float, Field(ge=0, le=100)]
Dashes = Annotated[tuple[Annotated[float, Field(gt=0, le=500)], ...], Field(min_length=1, max_length=16)]
RuleFilter = Annotated[
    Filter, PlainValidator(parse_filter), PlainSerializer(lambda tree: tree.to_json(), return_type=list[Any])
]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        allow_inf_nan=False,
    )


class Mark(_Part):
    """A sign of `radius` pixels at a point, or in the middle of a line or an area.

    The signs `shape://...` are lines across the sign's square, drawn in the stroke's colour and width: side by side in
    an area they make a hatching.
    """

    kind: Literal["Mark"] = "Mark"
    well_known_name: Literal[
        "circle", "square", "triangle", "star", "cross", "x", "diamond",
        "shape://horline", "shape://vertline", "shape://slash", "shape://backslash",
        "shape://plus", "shape://times", "shape://dot",
    ] = "circle"  # fmt: skip
    radius: Pixels = 5
    color: Colour = "#000000"
    opacity: Share = 1
    fill_opacity: Share = 1
    stroke_color: Colour | None = None
    stroke_width: Pixels = 1
    stroke_opacity: Share = 1
    rotate: Degrees = 0
    offset: tuple[Shift, Shift] = (0, 0)


class Icon(_Part):
    """One of the server's own pictures in one colour, `size` pixels high; `image` is `marks/<name>.svg`."""

    kind: Literal["Icon"] = "Icon"
    image: Annotated[str, AfterValidator(known_icon)]
    color: Colour = "#000000"
    size: Annotated[float, Field(ge=1, le=200)] = 20
    opacity: Share = 1
    rotate: Degrees = 0
    offset: tuple[Shift, Shift] = (0, 0)


class Fill(_Part):
    """An area: its colour, over it a pattern of signs (hatching), over that its outline, each only where given.

    Signs of a pattern stand side by side, `graphicFillPadding` (top, right, bottom, left) pixels apart.
    """

    kind: Literal["Fill"] = "Fill"
    color: Colour | None = None
    opacity: Share = 1
    fill_opacity: Share = 1
    outline_color: Colour | None = None
    outline_width: Pixels = 1
    outline_opacity: Share = 1
    outline_dasharray: Dashes | None = None
    outline_cap: Cap = "round"
    outline_join: Join = "round"
    graphic_fill: Annotated[Mark | Icon, Field(discriminator="kind")] | None = None
    graphic_fill_padding: tuple[Margin, Margin, Margin, Margin] = (0, 0, 0, 0)


class Line(_Part):
    """A line, `width` in pixels; `perpendicularOffset` to the right of its direction."""

    kind: Literal["Line"] = "Line"
    color: Colour = "#000000"
    width: Pixels = 1
    opacity: Share = 1
    dasharray: Dashes | None = None
    dash_offset: Shift = 0
    cap: Cap = "round"
    join: Join = "round"
    perpendicular_offset: Annotated[float, Field(ge=-100, le=100)] = 0


class Text(_Part):
    """A label: text with `{{column}}` in it; `offset` in pixels, x to the right and y down."""

    kind: Literal["Text"] = "Text"
    label: Annotated[str, Field(min_length=1, max_length=500)]
    color: Colour = "#222222"
    opacity: Share = 1
    size: Annotated[float, Field(ge=4, le=100)] = 11
    font: Annotated[tuple[Annotated[str, Field(max_length=100)], ...], Field(max_length=10)] = ()
    font_weight: Literal["normal", "bold"] = "normal"
    font_style: Literal["normal", "italic", "oblique"] = "normal"
    halo_color: Colour | None = None
    halo_width: Annotated[float, Field(ge=0, le=20)] = 1
    offset: tuple[Shift, Shift] = (0, 0)
    rotate: Degrees = 0
    placement: Literal["point", "line"] = "point"
    anchor: Anchor = "center"
    allow_overlap: bool = False

    def pieces(self) -> tuple[str, ...]:
        """Fixed text and columns' names by turns, the first a fixed text."""
        return tuple(_PLACEHOLDER.split(self.label))


class ColorMapEntry(_Part):
    """A raster value and its colour."""

    color: Colour
    quantity: float
    label: Annotated[str, Field(max_length=200)] = ""
    opacity: Share = 1


class ColorMap(_Part):
    """`ramp` blends between entries, `intervals` holds a colour up to the next entry, `values` takes exact matches."""

    type: Literal["ramp", "intervals", "values"] = "ramp"
    color_map_entries: Annotated[tuple[ColorMapEntry, ...], Field(min_length=1, max_length=MAX_STOPS)]

    @model_validator(mode="after")
    def _ascending(self) -> "ColorMap":
        quantities = [entry.quantity for entry in self.color_map_entries]
        if any(low >= high for low, high in itertools.pairwise(quantities)):
            raise ValueError("the quantities of a colour map ascend")
        return self


class Enhancement(_Part):
    """A stretch: `normalize` from the 2nd to the 98th percentile, `histogram` through more of them; then gamma."""

    enhancement_type: Literal["normalize", "histogram"] | None = None
    gamma_value: Annotated[float, Field(ge=0.1, le=10)] = 1


class Channel(_Part):
    """A band by its number, from 1."""

    source_channel_name: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")]
    contrast_enhancement: Enhancement | None = None


class ChannelSelection(_Part):
    """Three bands as red, green and blue, or one as grey (or under a colour map)."""

    red_channel: Channel | None = None
    green_channel: Channel | None = None
    blue_channel: Channel | None = None
    gray_channel: Channel | None = None

    @model_validator(mode="after")
    def _whole(self) -> "ChannelSelection":
        colours = (self.red_channel, self.green_channel, self.blue_channel)
        if (self.gray_channel is None) != all(colours) or (self.gray_channel and any(colours)):
            raise ValueError("channels are red, green and blue, or grey")
        return self

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The chosen ones in their order."""
        every = (self.red_channel, self.green_channel, self.blue_channel, self.gray_channel)
        return tuple(channel for channel in every if channel)


class ShadedRelief(_Part):
    """Heights lit by a lamp (degrees); an extension to GeoStyler after SE 1.1's element of that name."""

    azimuth: Annotated[float, Field(ge=0, le=360)] = 315
    altitude: Annotated[float, Field(gt=0, le=90)] = 45
    relief_factor: Annotated[float, Field(gt=0, le=1000)] = 1


class Raster(_Part):
    """A picture; with a colour map or relief one band's values, without them the bands' own colours."""

    kind: Literal["Raster"] = "Raster"
    opacity: Share = 1
    channel_selection: ChannelSelection | None = None
    color_map: ColorMap | None = None
    contrast_enhancement: Enhancement | None = None
    shaded_relief: ShadedRelief | None = None
    resampling: Literal["linear", "nearest"] = "linear"


Symbolizer = Annotated[Fill | Line | Mark | Icon | Text | Raster, Field(discriminator="kind")]


class ScaleDenominator(_Part):
    """Scales at which a rule is drawn: `min` included, `max` not."""

    min: Annotated[float, Field(ge=0)] | None = None
    max: Annotated[float, Field(gt=0)] | None = None

    def holds(self, denominator: float) -> bool:
        """Whether the rule is drawn at that scale."""
        return (self.min is None or denominator >= self.min) and (self.max is None or denominator < self.max)


class Rule(_Part):
    """Symbolizers for the features that pass the filter; a nameless rule bears the layer's title in the legend."""

    name: Annotated[str, Field(max_length=200)] = ""
    filter: RuleFilter | None = None
    scale_denominator: ScaleDenominator | None = None
    symbolizers: Annotated[tuple[Symbolizer, ...], Field(min_length=1, max_length=MAX_SYMBOLIZERS)]


class Style(_Part):
    """A style; every rule that fits a feature draws it, in their order."""

    name: Annotated[str, Field(max_length=200)] = ""
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=MAX_RULES)]

    def to_json(self) -> dict[str, Any]:
        """GeoStyler JSON as plain values."""
        return self.model_dump(mode="json", by_alias=True, exclude_defaults=False, exclude_none=True)
