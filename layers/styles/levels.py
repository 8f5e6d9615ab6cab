# SPDX-License-Identifier: EUPL-1.2
"""Which lines of a style lie over which; `portal_web/src/style/levels.ts` says the same."""

from layers.styles.filters import Filter
from layers.styles.model import Fill, Line, Style


def line_levels(style: Style) -> tuple[tuple[int, ...], ...]:
    """A level for each symbolizer of each rule, all 0 but for stacked lines.

    Lines of one rule, and of rules with the same filter and a common scale, draw the same features: each stands a level
    above the one before.
    """
    found = []
    before: dict[Filter | None, list[tuple[float, float, int]]] = {}
    for rule in style.rules:
        limits = rule.scale_denominator
        low, high = (limits.min or 0, limits.max or float("inf")) if limits else (0, float("inf"))
        same = before.setdefault(rule.filter, [])
        level = max((top for least, most, top in same if least < high and low < most), default=-1)
        levels = []
        for symbolizer in rule.symbolizers:
            drawn = isinstance(symbolizer, Line) or (isinstance(symbolizer, Fill) and symbolizer.outline_color)
            level += bool(drawn)
            levels.append(max(level, 0))
        same.append((low, high, level))
        found.append(tuple(levels))
    return tuple(found)
