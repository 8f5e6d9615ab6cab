# SPDX-License-Identifier: EUPL-1.2
"""Bands, stretches and relief of rasters as style documents say them (OGC 02-070, 11.5; OGC 05-077r4, 11.6)."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from layers.styles.model import Channel, Enhancement, Raster, ShadedRelief
from layers.styles.sld import Notes, child, text_at
from layers.styles.sld_colours import number
from sdi.errors import InvalidParameter

_CHANNELS = {"RedChannel": "redChannel", "GreenChannel": "greenChannel", "BlueChannel": "blueChannel"}
_GREY = "GrayChannel"
READ = frozenset(("ChannelSelection", "ContrastEnhancement", "ShadedRelief"))
"""Children of a RasterSymbolizer that `read_bands` reads."""


def read_bands(element: etree._Element, notes: Notes) -> dict[str, Any]:
    """What a RasterSymbolizer says of bands, in GeoStyler's words."""
    found: dict[str, Any] = {}
    chosen = child(element, "ChannelSelection")
    if chosen is not None:
        names = {**_CHANNELS, _GREY: "grayChannel"}
        found["channelSelection"] = {
            names[tag]: _channel(part, notes) for tag in names if (part := child(chosen, tag)) is not None
        }
    if (stretched := child(element, "ContrastEnhancement")) is not None:
        found["contrastEnhancement"] = _enhancement(stretched, notes)
    if (relief := child(element, "ShadedRelief")) is not None:
        if text_at(relief, "BrightnessOnly") in ("1", "true"):
            notes.lost("BrightnessOnly of a relief: colours under it are shaded too")
        found["shadedRelief"] = {"reliefFactor": number(child(relief, "ReliefFactor"), 1, notes)}
    return found


def write_bands(raster: Raster, namespace: str, notes: Notes) -> tuple[list[etree._Element], list[etree._Element]]:
    """Elements that stand before the colour map, and those that stand after it."""
    before, after = [], []
    if raster.channel_selection is not None:
        made = etree.Element(f"{{{namespace}}}ChannelSelection")
        chosen = raster.channel_selection
        tags = (_GREY,) if chosen.gray_channel else _CHANNELS
        made.extend(_written(tag, one, namespace) for tag, one in zip(tags, chosen.channels, strict=True))
        before.append(made)
    if raster.contrast_enhancement is not None:
        after.append(_contrast(raster.contrast_enhancement, namespace))
    if raster.shaded_relief is not None:
        after.append(_relief(raster.shaded_relief, namespace, notes))
    return before, after


def _channel(element: etree._Element, notes: Notes) -> dict[str, Any]:
    name = text_at(element, "SourceChannelName")
    if not name:
        raise InvalidParameter("A channel names its band in SourceChannelName.", locator="sld")
    found: dict[str, Any] = {"sourceChannelName": name}
    if (stretched := child(element, "ContrastEnhancement")) is not None:
        found["contrastEnhancement"] = _enhancement(stretched, notes)
    return found


def _enhancement(element: etree._Element, notes: Notes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for tag in ("Normalize", "Histogram"):
        if child(element, tag) is not None:
            found["enhancementType"] = tag.lower()
    if (gamma := child(element, "GammaValue")) is not None:
        found["gammaValue"] = number(gamma, 1, notes)
    return found


def _written(tag: str, channel: Channel, namespace: str) -> etree._Element:
    made = etree.Element(f"{{{namespace}}}{tag}")
    etree.SubElement(made, f"{{{namespace}}}SourceChannelName").text = channel.source_channel_name
    if channel.contrast_enhancement is not None:
        made.append(_contrast(channel.contrast_enhancement, namespace))
    return made


def _contrast(enhancement: Enhancement, namespace: str) -> etree._Element:
    made = etree.Element(f"{{{namespace}}}ContrastEnhancement")
    made.extend(etree.Element(f"{{{namespace}}}{kind.title()}") for kind in _kinds(enhancement))
    if enhancement.gamma_value != 1:
        etree.SubElement(made, f"{{{namespace}}}GammaValue").text = repr(float(enhancement.gamma_value))
    return made


def _kinds(enhancement: Enhancement) -> Iterator[str]:
    if enhancement.enhancement_type is not None:
        yield enhancement.enhancement_type


def _relief(relief: ShadedRelief, namespace: str, notes: Notes) -> etree._Element:
    if (relief.azimuth, relief.altitude) != (ShadedRelief().azimuth, ShadedRelief().altitude):
        notes.lost("where the lamp of a relief stands")
    made = etree.Element(f"{{{namespace}}}ShadedRelief")
    etree.SubElement(made, f"{{{namespace}}}ReliefFactor").text = repr(float(relief.relief_factor))
    return made
