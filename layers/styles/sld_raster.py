# SPDX-License-Identifier: EUPL-1.2
"""Colour maps as style documents write them."""

import math

from lxml import etree

from layers.styles.model import ColorMap
from layers.styles.sld import SE, SLD, Notes, Version
from layers.styles.sld_filters import printable

_NO_END = 1e300
_CLEAR = "#000000"


def write_colour_map(colours: ColorMap, version: Version, notes: Notes) -> etree._Element:
    """A ColorMap: entries in SLD 1.0, where `type` is what programs add to the standard; functions in SE 1.1."""
    return _entries(colours, notes) if version == "1.0.0" else _function(colours, notes)


def _entries(colours: ColorMap, notes: Notes) -> etree._Element:
    made = etree.Element(f"{{{SLD}}}ColorMap")
    entries = colours.color_map_entries
    quantities = [entry.quantity for entry in entries]
    if colours.type != "ramp":
        made.set("type", colours.type)
    if colours.type == "intervals":
        # An interval of ours begins at its quantity, one of SLD ends there.
        etree.SubElement(made, f"{{{SLD}}}ColorMapEntry", color=_CLEAR, opacity="0", quantity=repr(quantities[0]))
        quantities = [*quantities[1:], _NO_END]
    for entry, quantity in zip(entries, quantities, strict=True):
        row = etree.SubElement(made, f"{{{SLD}}}ColorMapEntry", color=entry.color, quantity=repr(quantity))
        if entry.opacity != 1:
            row.set("opacity", repr(float(entry.opacity)))
        if entry.label:
            row.set("label", printable(entry.label, notes))
    return made


def _function(colours: ColorMap, notes: Notes) -> etree._Element:
    entries = colours.color_map_entries
    if any(entry.label for entry in entries):
        notes.lost("names of a colour map's entries, which SE 1.1 has not")
    if any(entry.opacity != 1 for entry in entries):
        notes.lost("opacities of a colour map's entries, which SE 1.1 has not")
    made = etree.Element(f"{{{SE}}}ColorMap")
    if colours.type == "ramp":
        function = _part(made, "Interpolate", fallbackValue=_CLEAR, method="color")
        _part(function, "LookupValue", "Rasterdata")
        for entry in entries:
            point = _part(function, "InterpolationPoint")
            _part(point, "Data", repr(entry.quantity))
            _part(point, "Value", entry.color)
        return made
    function = _part(made, "Categorize", fallbackValue=_CLEAR)
    _part(function, "LookupValue", "Rasterdata")
    _part(function, "Value", "transparent")
    if colours.type == "values":
        notes.lost("exact values of a colour map: written as narrow classes")
    for entry in entries:
        _part(function, "Threshold", repr(entry.quantity))
        _part(function, "Value", entry.color)
        if colours.type == "values":
            _part(function, "Threshold", repr(math.nextafter(entry.quantity, math.inf)))
            _part(function, "Value", "transparent")
    return made


def _part(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
    made = etree.SubElement(parent, f"{{{SE}}}{tag}", attributes)
    made.text = text
    return made
