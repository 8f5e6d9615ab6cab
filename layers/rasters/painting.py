# SPDX-License-Identifier: EUPL-1.2
"""Paints values: stretch, gamma, colour maps and relief as a raster symbolizer says (OGC 05-077r4, clause 11.6)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.rasters.model import Rgba, Values
from layers.styles.model import Channel, ColorMap, Enhancement, Raster, ShadedRelief

_SHARES = (0, 0.02, 0.25, 0.5, 0.75, 0.98, 1)
Floats = NDArray[np.float64]
BandFacts = Mapping[str, Any]
"""Of a band: `min`, `max`, `quantiles` (2, 25, 50, 75 and 98 %) and `type`."""


def bands_of(raster: Raster, count: int) -> tuple[int, ...]:
    """The bands that the symbolizer needs, from 1, in the order in which `paint` takes them."""
    chosen = raster.channel_selection
    if chosen is not None:
        return tuple(min(int(channel.source_channel_name), count) for channel in chosen.channels)
    if raster.color_map is not None or raster.shaded_relief is not None or count < 3:
        return (1,)
    return (1, 2, 3)


def paint(values: Values, raster: Raster, facts: Sequence[BandFacts], cell: tuple[float, float]) -> Rgba:
    """Red, green, blue and alpha of values whose bands are those of `bands_of`.

    `facts` describe these bands, `cell` are the sides of a cell in metres (relief is shaded with them).
    """
    data = np.asarray(values.filled(0), dtype=np.float64)
    seen = ~np.ma.getmaskarray(values).any(axis=0)
    colours = _mapped(data[0], raster.color_map) if raster.color_map else _grey_or_rgb(data, raster, facts)
    if raster.shaded_relief is not None:
        colours = _shaded(colours, data[0], raster, cell)
    colours[3] = np.where(seen, colours[3] * raster.opacity, 0)
    return np.rint(np.clip(colours, 0, 255)).astype(np.uint8)


def _grey_or_rgb(data: Floats, raster: Raster, facts: Sequence[BandFacts]) -> Floats:
    chosen = raster.channel_selection
    channels: Sequence[Channel | None] = chosen.channels if chosen else [None] * len(data)
    stretched = [
        _enhanced(band, (channel and channel.contrast_enhancement) or raster.contrast_enhancement, fact)
        for band, channel, fact in zip(data, channels, facts, strict=True)
    ]
    if len(stretched) == 1:
        stretched *= 3
    return np.stack([*stretched, np.full(data.shape[1:], 255.0)])


def _enhanced(band: Floats, enhancement: Enhancement | None, fact: BandFacts) -> Floats:
    """Values as brightness, 0 to 255; bytes are brightness already unless a stretch is asked for."""
    kind = enhancement.enhancement_type if enhancement else None
    if kind is None and fact["type"] == "uint8":
        share = band / 255
    elif kind == "histogram" and fact.get("quantiles"):
        share = np.interp(band, *_rising([fact["min"], *fact["quantiles"], fact["max"]], _SHARES))
    else:
        low, high = _range(fact)
        share = (band - low) / (high - low)
    gamma = enhancement.gamma_value if enhancement else 1.0
    bright: Floats = np.clip(share, 0, 1) ** (1 / gamma) * 255
    return bright


def _range(fact: BandFacts) -> tuple[float, float]:
    """From the 2nd to the 98th percentile, so that a few extreme pixels do not grey the rest."""
    quantiles = fact.get("quantiles") or []
    low, high = (quantiles[0], quantiles[-1]) if quantiles else (fact["min"], fact["max"])
    if low >= high:
        low, high = fact["min"], fact["max"]
    return low, high if high > low else low + 1


def _rising(places: Sequence[float], shares: Sequence[float]) -> tuple[list[float], list[float]]:
    """Without places that repeat the one before: interpolation needs ascending ones."""
    kept = [(place, share) for number, (place, share) in enumerate(zip(places, shares, strict=True))
            if number == 0 or place > places[number - 1]]  # fmt: skip
    return [place for place, _ in kept], [share for _, share in kept]


def _mapped(band: Floats, colour_map: ColorMap) -> Floats:
    entries = colour_map.color_map_entries
    places = np.array([entry.quantity for entry in entries])
    table = np.array([(*_rgb(entry.color), entry.opacity * 255) for entry in entries]).T
    if colour_map.type == "ramp":
        painted = np.stack([np.interp(band, places, row) for row in table])
        painted[3] = np.where(band < places[0], 0, painted[3])
        return painted
    index = np.searchsorted(places, band, side="right") - 1
    painted = table[:, np.maximum(index, 0)]
    hidden = index < 0
    if colour_map.type == "values":
        hidden |= places[np.maximum(index, 0)] != band
    painted[3] = np.where(hidden, 0, painted[3])
    return painted


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return red, green, blue


def _shaded(colours: Floats, heights: Floats, raster: Raster, cell: tuple[float, float]) -> Floats:
    """Colours darkened by the relief; without a colour map the relief alone."""
    relief = raster.shaded_relief or ShadedRelief()
    shade = _hillshade(heights, relief, cell)
    if raster.color_map is None:
        return np.stack([shade * 255] * 3 + [colours[3]])
    lit = colours.copy()
    lit[:3] *= np.clip(shade * 1.3, 0, 1.15)
    return lit


def _hillshade(heights: Floats, relief: ShadedRelief, cell: tuple[float, float]) -> Floats:
    """How much light of a lamp at azimuth and altitude falls on each cell, 0 to 1 (Horn's slopes)."""
    padded = np.pad(heights, 1, mode="edge") * relief.relief_factor
    west = padded[:-2, :-2] + 2 * padded[1:-1, :-2] + padded[2:, :-2]
    east = padded[:-2, 2:] + 2 * padded[1:-1, 2:] + padded[2:, 2:]
    north = padded[:-2, :-2] + 2 * padded[:-2, 1:-1] + padded[:-2, 2:]
    south = padded[2:, :-2] + 2 * padded[2:, 1:-1] + padded[2:, 2:]
    to_east, to_north = (east - west) / (8 * cell[0]), (north - south) / (8 * cell[1])
    azimuth, altitude = np.radians(relief.azimuth), np.radians(relief.altitude)
    flat = np.sin(altitude)
    across = np.cos(altitude) * (to_east * np.sin(azimuth) + to_north * np.cos(azimuth))
    light: Floats = np.clip((flat - across) / np.sqrt(1 + to_east**2 + to_north**2), 0, 1)
    return light
