# SPDX-License-Identifier: EUPL-1.2
"""Classes of a column's values, found by the database, and styles made of them."""

import itertools
import math
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Float

from layers.model import Column, ColumnType, GeometryType, Layer
from layers.styles.filters import Combination, Comparison, Filter, Value
from layers.styles.model import Fill, Line, Mark, Rule, Style, Symbolizer
from layers.styles.palettes import Palette, colours
from sdi.db.sql import quote
from sdi.errors import InvalidParameter, Unprocessable

Method = Literal["unique", "equal", "quantile", "jenks", "deviation"]
METHODS: tuple[Method, ...] = ("unique", "equal", "quantile", "jenks", "deviation")
MAX_CLASSES, MAX_VALUES = 12, 50
_BINS = 200
"""Parts of as many values each that natural breaks are sought between."""
_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Class:
    """A value, or values from `low` up to (not including, but in the last class) `high`, and how many features."""

    value: Value = None
    low: float | None = None
    high: float | None = None
    count: int = 0


def classify(
    connection: Connection, layer: Layer, column: str, method: Method, wanted: int, *, public: bool
) -> tuple[Class, ...]:
    """At most `wanted` classes; values that are missing are in none.

    Equal intervals, quantiles, Jenks' natural breaks (of the sums of 200 parts of the ordered values) and standard
    deviations need a number; unique values come by their frequency. Raises InvalidParameter, Unprocessable.
    """
    known = layer.by_name.get(column)
    if known is None:
        raise InvalidParameter(f"Layer {layer.id!r} has no column {column[:80]!r}.", locator="column")
    table = f"{layer.schema(public=public)}.{quote(layer.relation or '')}"
    if method == "unique":
        return _unique(connection, table, known, wanted)
    if known.type not in _NUMBERS:
        raise InvalidParameter(f"The method {method!r} needs a column of numbers.", locator="method")
    breaks = sorted(set(_BREAKS[method](connection, table, quote(column), wanted)))
    if len(breaks) < 2:
        raise Unprocessable(f"The column {column!r} has not two different values.")
    return _counted(connection, table, quote(column), breaks)


def classified(layer: Layer, column: str, found: tuple[Class, ...], palette: Palette) -> Style:
    """A style with a rule for each class, named after it."""
    paints = colours(palette, len(found))
    rules = tuple(
        Rule(name=_name(one), filter=_filter(column, one, last=one is found[-1]), symbolizers=(_symbol(layer, paint),))
        for one, paint in zip(found, paints, strict=True)
    )
    return Style(rules=rules)


def _unique(connection: Connection, table: str, column: Column, wanted: int) -> tuple[Class, ...]:
    name = quote(column.name)
    shown = f"{name}::text" if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP) else name
    statement = text(
        f"SELECT {shown} AS value, count(*) AS count FROM {table} WHERE {name} IS NOT NULL"
        " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :most"
    )
    rows = connection.execute(statement, {"most": wanted}).all()
    if not rows:
        raise Unprocessable(f"The column {column.name!r} is empty.")
    return tuple(Class(value=row[0], count=row[1]) for row in rows)


def _equal(connection: Connection, table: str, name: str, wanted: int) -> list[float]:
    low, high = connection.execute(text(f"SELECT min({name}), max({name}) FROM {table}")).one()
    return [] if low is None else [low + (high - low) * number / wanted for number in range(wanted + 1)]


def _quantile(connection: Connection, table: str, name: str, wanted: int) -> list[float]:
    return _quantiles(connection, table, name, [number / wanted for number in range(wanted + 1)])


def _deviation(connection: Connection, table: str, name: str, wanted: int) -> list[float]:
    statement = text(f"SELECT min({name}), max({name}), avg({name})::float8, stddev_pop({name})::float8 FROM {table}")
    low, high, mean, spread = connection.execute(statement).one()
    if low is None or not spread:
        return []
    steps = [mean + (number - wanted / 2) * spread for number in range(wanted + 1)]
    return [low, *(step for step in steps[1:-1] if low < step < high), high]


def _jenks(connection: Connection, table: str, name: str, wanted: int) -> list[float]:
    """Least sum of squares within classes (Fisher), over the sums of equal parts of the ordered values."""
    statement = text(
        f"SELECT min(v)::float8, max(v)::float8, count(*), sum(v)::float8, sum(v::float8 * v)::float8"
        f" FROM (SELECT {name} AS v, ntile(:bins) OVER (ORDER BY {name}) AS bin FROM {table}"
        f" WHERE {name} IS NOT NULL) x"
        " GROUP BY bin ORDER BY bin"
    )
    parts = [tuple(row) for row in connection.execute(statement, {"bins": _BINS})]
    if not parts:
        return []
    starts = _split([(part[2], part[3], part[4]) for part in parts], min(wanted, len(parts)))
    return [*(parts[start][0] for start in starts), parts[-1][1]]


def _split(parts: list[tuple[float, float, float]], classes: int) -> list[int]:
    """Where each class begins, so that the squares of distances to the classes' means are least."""
    sums: list[tuple[float, float, float]] = [(0, 0, 0)]
    for count, total, squares in parts:
        before = sums[-1]
        sums.append((before[0] + count, before[1] + total, before[2] + squares))

    def cost(start: int, end: int) -> float:
        (n, s, q), (m, t, r) = sums[start], sums[end]
        return r - q - (t - s) ** 2 / (m - n)

    best = [cost(0, end) if end else 0.0 for end in range(len(sums))]
    chosen: list[list[int]] = []
    for level in range(1, classes):
        told = [min(range(level, end), key=lambda at, to=end: best[at] + cost(at, to), default=0)  # type: ignore[misc]
                for end in range(len(sums))]  # fmt: skip
        best = [best[at] + cost(at, end) if end > level else math.inf for end, at in enumerate(told)]
        chosen.append(told)
    starts, end = [], len(parts)
    for told in reversed(chosen):
        end = told[end]
        starts.append(end)
    return [0, *reversed(starts)]


def _quantiles(connection: Connection, table: str, name: str, shares: list[float]) -> list[float]:
    statement = text(f"SELECT percentile_cont(:shares) WITHIN GROUP (ORDER BY {name}::float8) FROM {table}")
    found = connection.execute(statement.bindparams(bindparam("shares", type_=ARRAY(Float))), {"shares": shares})
    return [value for value in found.scalar_one() or [] if value is not None]


def _counted(connection: Connection, table: str, name: str, breaks: list[float]) -> tuple[Class, ...]:
    """Classes between breaks with how many features are in each; the last holds its upper end."""
    inner = bindparam("inner", type_=ARRAY(Float))
    statement = text(
        f"SELECT width_bucket({name}::float8, CAST(:inner AS float8[])) AS class, count(*) FROM {table}"
        f" WHERE {name} IS NOT NULL GROUP BY 1"
    )
    edges = breaks[1:-1] or [breaks[-1] + 1]
    found = connection.execute(statement.bindparams(inner), {"inner": edges})
    counts: dict[int, int] = {row[0]: row[1] for row in found}
    pairs = itertools.pairwise(breaks)
    return tuple(Class(low=low, high=high, count=counts.get(place, 0)) for place, (low, high) in enumerate(pairs))


def _filter(column: str, one: Class, *, last: bool) -> Filter:
    if one.low is None or one.high is None:
        return Comparison("==", column, one.value)
    return Combination("&&", (Comparison(">=", column, one.low), Comparison("<=" if last else "<", column, one.high)))


def _name(one: Class) -> str:
    if one.low is None or one.high is None:
        return str(one.value)[:200]
    return f"{_rounded(one.low)} – {_rounded(one.high)}"


def _rounded(value: float) -> str:
    digits = _DIGITS - math.floor(math.log10(abs(value))) - 1 if value else 0
    shown = round(value, max(digits, 0))
    return f"{int(shown) if shown == int(shown) else shown}"


def _symbol(layer: Layer, colour: str) -> Symbolizer:
    kind = layer.geometry_type
    if kind in (GeometryType.POINT, GeometryType.MULTIPOINT):
        return Mark(radius=5, color=colour, stroke_color="#ffffff", stroke_width=1)
    if kind in (GeometryType.LINESTRING, GeometryType.MULTILINESTRING):
        return Line(color=colour, width=2)
    return Fill(color=colour, fill_opacity=0.8, outline_color="#555555", outline_width=0.6)


_BREAKS: dict[Method, Any] = {"equal": _equal, "quantile": _quantile, "jenks": _jenks, "deviation": _deviation}
