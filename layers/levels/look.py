# SPDX-License-Identifier: EUPL-1.2
"""The look of features under a pixel: what their fill and outline come to where many of them share a cell."""

import math

from layers.levels.model import Level
from layers.styles.model import Fill, Line, Mark, Rule, Style, Symbolizer

_CELL_SYMBOLS = (Fill, Line)
_COVERING = 0.3
_HAIR = 0.05
_SPACING = 4


def merged_style(style: Style, level: Level, pixel: float, *, areas: bool) -> Style | None:
    """`style` for a level's merged cells where a pixel is `pixel` units wide; None where nothing of them is drawn."""
    rules = [made for rule in style.rules if (made := _rule(rule, level, pixel, areas=areas)) is not None]
    return Style(name=style.name, rules=tuple(rules)) if rules else None


def can_merge(style: Style) -> bool:
    """Whether every sign of the style has a meaning for merged cells: marks in the middle of areas have none."""
    signs = (sign for rule in style.rules for sign in rule.symbolizers)
    return all(isinstance(sign, _CELL_SYMBOLS) or sign.kind == "Text" for sign in signs)


def spacing(style: Style) -> float:
    """How many pixels points may be apart before it shows that others are left out: a quarter of the smallest mark."""
    signs = [sign for rule in style.rules for sign in rule.symbolizers]
    widths = [2 * sign.radius if isinstance(sign, Mark) else 1.0 for sign in signs if sign.kind != "Text"]
    return max(1.0, min(widths, default=1.0) / _SPACING)


def _rule(rule: Rule, level: Level, pixel: float, *, areas: bool) -> Rule | None:
    made: list[Symbolizer] = []
    for sign in rule.symbolizers:
        if isinstance(sign, Fill) and areas:
            made.append(_area(sign, level, pixel))
        elif isinstance(sign, Line):
            made.append(_as_area(sign, level, pixel) if areas else _line(sign, level, pixel))
    return rule.model_copy(update={"symbolizers": tuple(made)}) if made else None


def _area(fill: Fill, level: Level, pixel: float) -> Fill:
    """One colour for fill and outline, as opaque as both together on a pixel inside."""
    inside = fill.opacity * fill.fill_opacity * _covered(level) if fill.color else 0.0
    outline = _outlined(level, pixel, fill.outline_width) * fill.opacity * fill.outline_opacity
    outline *= _inked(fill.outline_dasharray) if fill.outline_color else 0.0
    return _blend((fill.color, inside), (fill.outline_color, outline), _missing(fill.outline_width, level, pixel))


def _as_area(line: Line, level: Level, pixel: float) -> Fill:
    outline = _outlined(level, pixel, line.width) * line.opacity * _inked(line.dasharray)
    return _blend((None, 0.0), (line.color, outline), _missing(line.width, level, pixel))


def _line(line: Line, level: Level, pixel: float) -> Line:
    """Short lines become runs of cells; where these cover more ground than the lines, they are so much paler."""
    ink, cell = level.ink, level.cell / pixel
    if not ink.features:
        return line
    length = ink.size / ink.features / pixel
    rows = math.sqrt(ink.cells / ink.features)
    drawn = length * line.width + math.pi / 4 * line.width**2
    covered = rows * cell * (max(0.0, rows - 1) * cell + line.width)
    share = _share(drawn / covered) if covered > 0 else 1.0
    update = {"opacity": line.opacity * share * _inked(line.dasharray), "dasharray": None, "cap": "butt"}
    return line.model_copy(update=update)


def _covered(level: Level) -> float:
    """Share of the cells' ground that features cover."""
    ground = level.ink.cells * level.cell**2
    return min(1.0, level.ink.size / ground) if ground > 0 else 1.0


def _outlined(level: Level, pixel: float, width: float) -> float:
    """Share of a pixel inside that outlines of `width` pixels cover."""
    ink = level.ink
    if not ink.features or not ink.cells:
        return 1.0
    side = _side(level, pixel)
    ring = _with_outline(side, width) - max(0.0, side - width) ** 2
    laid = ink.features / ink.cells * (pixel / level.cell) ** 2 * ring
    return _share(laid)


def _share(laid: float) -> float:
    """Share of ground that signs cover which are `laid` times as large together.

    Neighbours of a register lie side by side more often than by chance, which alone would leave exp(-laid) free.
    """
    return 1.0 - math.exp(-laid - laid**2 / 2)


def _missing(width: float, level: Level, pixel: float) -> float:
    """How much wider a feature's outline makes it, in pixels, than its cells do, which are wider by one of them."""
    side = _side(level, pixel)
    return max(0.0, math.sqrt(_with_outline(side, width)) - side - level.cell / pixel)


def _side(level: Level, pixel: float) -> float:
    """Side of a square with the outline of a merged feature, in pixels."""
    return level.ink.outline / level.ink.features / 4 / pixel if level.ink.features else 0.0


def _with_outline(side: float, width: float) -> float:
    """Area of a square with an outline drawn around it by a round pen."""
    return side**2 + 2 * side * width + math.pi / 4 * width**2


def _inked(dashes: tuple[float, ...] | None) -> float:
    if not dashes:
        return 1.0
    paired = dashes if len(dashes) % 2 == 0 else dashes * 2
    return sum(paired[::2]) / sum(paired)


def _blend(below: tuple[str | None, float], above: tuple[str | None, float], width: float) -> Fill:
    """Both as one colour, with an outline of it as wide as is missing where it covers."""
    opacity = 1 - (1 - below[1]) * (1 - above[1])
    if opacity <= 0:
        return Fill(color=None)
    shares = (below[1] * (1 - above[1]) / opacity, above[1] / opacity)
    channels = [
        sum(share * _channel(colour, start) for share, colour in zip(shares, (below[0], above[0]), strict=True))
        for start in (1, 3, 5)
    ]
    colour = "#" + "".join(f"{min(255, round(value)):02x}" for value in channels)
    if above[1] < _COVERING or width < _HAIR:
        return Fill(color=colour, fill_opacity=opacity)
    return Fill(color=colour, fill_opacity=opacity, outline_color=colour, outline_width=width, outline_opacity=opacity)


def _channel(colour: str | None, start: int) -> int:
    return int(colour[start : start + 2], 16) if colour else 0
