# SPDX-License-Identifier: EUPL-1.2
"""Which levels a layer gets and which columns they carry: what its styles read, and where a coarser level pays."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, text

from layers.levels.model import Carried, Shape, cell_of
from layers.model import ColumnType, Layer
from layers.styles.filters import Between, Combination, Comparison, Filter, Negation, Value
from layers.styles.model import Style, Text
from sdi.db.sql import quote

MAX_VALUES = 64
"""A column of so many values at most is told apart by each; one of more only as far as the styles do."""
MAX_CLASSES = 4
_SAVING = 0.5
"""The finest level is the first that costs at most this share of the features themselves to draw."""
_VERTICES = 20
"""So many vertices cost as much as a feature (measured with Mapnik: 5 microseconds a feature of ten vertices)."""
_CELLS = 10
_SMALL_MAP: Mapping[Shape, int] = {"area": 32, "line": 32, "point": 16}
"""The coarsest level is for maps on which the whole layer is so many pixels wide; points have one for each class."""
_WORTH = 2_500
"""Features within 1,000 x 1,000 pixels under which no level is thought of."""
_SAMPLE = 300
_NUMBERS = {ColumnType.INTEGER, ColumnType.NUMBER}


def carried(connection: Connection, layer: Layer, styles: Sequence[Style]) -> tuple[Carried, ...]:
    """The columns that the level's rows bear, in the layer's order."""
    compared = _compared(styles)
    labels = {name for style in styles for name in _labels(style)} | {layer.label_column}
    found: list[Carried] = []
    for column in layer.columns:
        if column.name.startswith("brama_"):
            continue
        made = _class(connection, layer, column.name, compared[column.name]) if column.name in compared else None
        if made is not None and sum(one.role == "class" for one in found) < MAX_CLASSES:
            found.append(made)
        elif column.name in labels:
            found.append(Carried(column.name, "label"))
    return tuple(found)


def numbers(connection: Connection, layer: Layer, shape: Shape) -> tuple[int, ...]:
    """The levels to be made, the finest first."""
    candidates = _candidates(layer, _SMALL_MAP[shape])
    costs = _point_costs if shape == "point" else _shape_costs
    found = costs(connection, layer, candidates)
    _, raw = next(found)
    worth = next((number for number, cost in found if cost <= raw * _SAVING), candidates.stop)
    return tuple(range(worth, candidates.stop))


def _candidates(layer: Layer, small_map: int) -> range:
    minx, miny, maxx, maxy = layer.extent
    widest = max(maxx - minx, maxy - miny)
    if widest <= 0 or layer.feature_count == 0:
        return range(0)
    ground = max((maxx - minx) * (maxy - miny), (widest / 1_000) ** 2)
    finest = math.sqrt(_WORTH * ground / layer.feature_count) / 1_000
    return range(math.floor(math.log2(min(finest, widest / 1_000))), math.floor(math.log2(widest / small_map)) + 1)


def _shape_costs(connection: Connection, layer: Layer, candidates: range) -> Iterator[tuple[int, float]]:
    """Costs of drawing the whole, in features; that of the raw features comes first, under a number of its own."""
    table = f"data.{quote(layer.relation or '')}"
    sizes = connection.exec_driver_sql(
        "SELECT floor(log(greatest(ST_XMax(geom) - ST_XMin(geom), ST_YMax(geom) - ST_YMin(geom), 1e-9)::numeric)"
        f" / log(2.0))::int, count(*), sum(ST_NPoints(geom)) FROM {table} WHERE NOT ST_IsEmpty(geom) GROUP BY 1"
    ).all()
    yield (candidates.start - 1, sum(count + vertices / _VERTICES for _, count, vertices in sizes))
    minx, miny, maxx, maxy = layer.extent
    for number in candidates:
        stay = [(count, vertices) for size, count, vertices in sizes if size >= number]
        small = sum(count for size, count, _ in sizes if size < number)
        cells = min(small, (maxx - minx) * (maxy - miny) / cell_of(number) ** 2) / _CELLS
        share = _simplified(connection, layer, number) if stay else 0.0
        yield number, sum(count + share * vertices / _VERTICES for count, vertices in stay) + cells


def _simplified(connection: Connection, layer: Layer, number: int) -> float:
    """The share of vertices that simplifying leaves, of some features."""
    share = min(100.0, 100 * _SAMPLE * 4 / max(layer.feature_count, 1))
    found = connection.execute(
        text(
            "SELECT coalesce(sum(ST_NPoints(ST_Simplify(geom, :tolerance, true)))::float8 / sum(ST_NPoints(geom)), 1)"
            f" FROM (SELECT geom FROM data.{quote(layer.relation or '')} TABLESAMPLE system (:share) REPEATABLE (1)"
            " WHERE NOT ST_IsEmpty(geom) LIMIT :most) sample"
        ),
        {"tolerance": 2.0**number / 4, "share": share, "most": _SAMPLE},
    )
    return float(found.scalar_one())


def _point_costs(connection: Connection, layer: Layer, candidates: range) -> Iterator[tuple[int, float]]:
    yield candidates.start - 1, layer.feature_count
    for number in candidates:
        size = 2.0**number
        cells = connection.execute(
            text(
                "SELECT count(*) FROM (SELECT DISTINCT floor(ST_XMin(geom) / :size), floor(ST_YMin(geom) / :size)"
                f" FROM data.{quote(layer.relation or '')}) cells"
            ),
            {"size": size},
        )
        yield number, float(cells.scalar_one())


def _labels(style: Style) -> Iterable[str]:
    signs = (sign for rule in style.rules for sign in rule.symbolizers)
    return {name for sign in signs if isinstance(sign, Text) for name in sign.pieces()[1::2]}


def _compared(styles: Sequence[Style]) -> dict[str, set[Comparison]]:
    """Every comparison of a column in a filter of the styles; a range is two of them."""
    found: dict[str, set[Comparison]] = {}
    for style in styles:
        for rule in style.rules:
            for comparison in _comparisons(rule.filter):
                found.setdefault(comparison.property, set()).add(comparison)
    return found


def _comparisons(tree: Filter | None) -> Iterator[Comparison]:
    match tree:
        case Comparison():
            yield tree
        case Between():
            yield Comparison(">=", tree.property, tree.least)
            yield Comparison("<=", tree.property, tree.greatest)
        case Negation():
            yield from _comparisons(tree.part)
        case Combination():
            for part in tree.parts:
                yield from _comparisons(part)


def _class(connection: Connection, layer: Layer, name: str, compared: set[Comparison]) -> Carried | None:
    """The column as a class: by all its values if they are few, else by those that the styles compare it with."""
    count = connection.execute(
        text(
            f"SELECT count(*) FROM (SELECT DISTINCT {quote(name)} FROM data.{quote(layer.relation or '')}"
            " LIMIT :most) AS found"
        ),
        {"most": MAX_VALUES + 1},
    )
    if int(count.scalar_one()) <= MAX_VALUES:
        return Carried(name, "class")
    values = {one.value for one in compared if one.value is not None}
    if layer.by_name[name].type in _NUMBERS and all(map(_is_number, values)):
        return Carried(name, "class", tuple(sorted(float(value) for value in values if value is not None)))
    equal = all(one.operator in {"==", "!="} for one in compared)
    if layer.by_name[name].type is ColumnType.TEXT and equal and all(isinstance(value, str) for value in values):
        return Carried(name, "class", tuple(sorted(str(value) for value in values)))
    return None


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
