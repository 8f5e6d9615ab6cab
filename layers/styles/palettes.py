# SPDX-License-Identifier: EUPL-1.2
"""Palettes that people with any colour vision tell apart."""

from typing import Literal

Palette = Literal["YlGnBu", "YlOrBr", "PuBuGn", "RdYlBu", "PuOr", "Tol"]
_NAMED: dict[Palette, tuple[str, ...]] = {
    # ColorBrewer 2.0 (Cynthia Brewer, Apache 2.0), those it marks as safe for the colour-blind.
    "YlGnBu": ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58"),
    "YlOrBr": ("#ffffe5", "#fff7bc", "#fee391", "#fec44f", "#fe9929", "#ec7014", "#cc4c02", "#993404", "#662506"),
    "PuBuGn": ("#fff7fb", "#ece2f0", "#d0d1e6", "#a6bddb", "#67a9cf", "#3690c0", "#02818a", "#016c59", "#014636"),
    "RdYlBu": ("#a50026", "#d73027", "#f46d43", "#fdae61", "#ffffbf", "#abd9e9", "#74add1", "#4575b4", "#313695"),
    "PuOr": ("#7f3b08", "#b35806", "#e08214", "#fdb863", "#f7f7f7", "#b2abd2", "#8073ac", "#542788", "#2d004b"),
    # Paul Tol's muted scheme, for categories.
    "Tol": ("#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499"),
}
PALETTES: tuple[Palette, ...] = tuple(_NAMED)
CATEGORIES: Palette = "Tol"


def colours(name: Palette, count: int) -> list[str]:
    """So many colours of a palette: categories in their order and again from the start, ramps spread and blended."""
    known = _NAMED[name]
    if name == CATEGORIES:
        return [known[number % len(known)] for number in range(count)]
    if count == 1:
        return [known[len(known) * 2 // 3]]
    return [_between(known, number * (len(known) - 1) / (count - 1)) for number in range(count)]


def _between(known: tuple[str, ...], place: float) -> str:
    low = min(int(place), len(known) - 2)
    share = place - low
    pairs = ((int(known[low][at : at + 2], 16), int(known[low + 1][at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
