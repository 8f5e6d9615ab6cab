# SPDX-License-Identifier: EUPL-1.2
"""SQL that makes a level of a layer's table, and makes parts of it anew where features changed.

Cells lie on one grid for all: cell 0, 0 begins at the CRS's origin, whatever the layer's extent. A cell belongs to the
features under the resolution whose boxes touch it, so what a change can alter are the cells that its boxes touch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from layers.levels.model import BLOCK_BITS, BLOCK_X, BLOCK_Y, COUNT, KIND, LEVEL, Carried, Kind, Shape, cell_of
from layers.model import ColumnType, GeometryType, Layer
from layers.rendering.sql import literal
from sdi.db.sql import quote

CHANGED = "changed_boxes"
"""A temporary table with the boxes (`box`) that a repair is about."""

_SHAPES: dict[GeometryType, Shape] = {
    GeometryType.POINT: "point",
    GeometryType.MULTIPOINT: "point",
    GeometryType.LINESTRING: "line",
    GeometryType.MULTILINESTRING: "line",
    GeometryType.POLYGON: "area",
    GeometryType.MULTIPOLYGON: "area",
}
_SIDE = "greatest(ST_XMax(f.geom) - ST_XMin(f.geom), ST_YMax(f.geom) - ST_YMin(f.geom))"
_SIZE = {"area": "ST_Area(f.geom)", "line": "ST_Length(f.geom)"}
_OUTLINE = {"area": "ST_Perimeter(f.geom)", "line": "ST_Length(f.geom)"}
_DIMENSION = {"line": 2, "area": 3}


def shape_of(layer: Layer) -> Shape | None:
    """How the layer's features are generalised; None for what has no levels."""
    return _SHAPES.get(layer.geometry_type) if layer.kind == "vector" else None


@dataclass(frozen=True)
class Maker:
    """Statements for one level of one layer; with `changed` only for what the changed boxes touch."""

    layer: Layer
    shape: Shape
    table: str
    columns: tuple[Carried, ...]
    number: int
    changed: bool = False

    @property
    def cell(self) -> str:
        """Side of a cell, which of points is the resolution itself: a mark is wider than a pixel."""
        return _number(2.0**self.number if self.shape == "point" else cell_of(self.number))

    @property
    def resolution(self) -> str:
        """The level's resolution."""
        return _number(2.0**self.number)

    @property
    def classes(self) -> list[Carried]:
        """The columns that keep features apart."""
        return [column for column in self.columns if column.role == "class"]

    def features(self) -> str:
        """Features that stay, generalised; of points one for those of a cell and class, with their number."""
        return self._points() if self.shape == "point" else self._large()

    def cells(self) -> str:
        """Features under the resolution as cells, merged by block and class."""
        merged = self._merged("won")
        head = f"WITH {self._windows()}{self._won()}, {merged}"
        names = self._names()
        return f"{head} INSERT INTO levels.{quote(self.table)} ({names}) SELECT {names} FROM merged"

    def renewed_cells(self) -> str:
        """What the changed boxes touch, cut out of the merged cells and put in again as it is now.

        Parts away from the boxes stay as they are: to unite whole blocks anew takes seconds.
        """
        names, table = self._names(), f"levels.{quote(self.table)}"
        parts = (
            f"parts AS (SELECT {self._names(geometry='d.geom AS geom')},"
            " EXISTS (SELECT FROM win WHERE d.geom && win.box) AS near FROM gone, ST_Dump(gone.geom) d)"
        )
        cut = self._names(geometry="ST_Difference(parts.geom, hole.geom) AS geom")
        return (
            f"WITH {self._windows()}{self._gone(table)}, {parts}, hole AS (SELECT ST_Union(box) AS geom FROM win),"
            f" {self._won()}, {self._merged('won')},"
            f" pieces AS (SELECT {cut} FROM parts, hole WHERE near UNION ALL SELECT {names} FROM merged),"
            f" renewed AS ({self._by_block(self._united('p.geom'), 'pieces')}),"
            f" every AS (SELECT {names} FROM renewed UNION ALL SELECT {names} FROM parts WHERE NOT near),"
            f" whole AS ({self._by_block(self._collected('p.geom'), 'every')})"
            f" INSERT INTO {table} ({names}) SELECT {names} FROM whole WHERE NOT ST_IsEmpty(geom)"
        )

    def _gone(self, table: str) -> str:
        """The rows of all blocks that the changed boxes touch, taken out of the table."""
        block = _number(cell_of(self.number) * 2**BLOCK_BITS)
        ground = f"ST_MakeEnvelope(bx * {block}, by * {block}, (bx + 1) * {block}, (by + 1) * {block}, {self._srid})"
        return (
            "blocks AS (SELECT DISTINCT bx, by FROM win,"
            f" generate_series(x0 >> {BLOCK_BITS}, x1 >> {BLOCK_BITS}) bx,"
            f" generate_series(y0 >> {BLOCK_BITS}, y1 >> {BLOCK_BITS}) by),"
            f" gone AS (DELETE FROM {table} l USING blocks b WHERE l.{LEVEL} = {self.number}"
            f" AND l.{KIND} = {Kind.CELLS:d} AND l.{BLOCK_X} = b.bx AND l.{BLOCK_Y} = b.by AND l.geom && {ground}"
            " RETURNING l.*)"
        )

    def _by_block(self, geometry: str, pieces: str) -> str:
        keys = "".join(f", {self._key(column, 'p')}" for column in self.classes)
        return (
            f"SELECT {LEVEL}, {KIND}, {BLOCK_X}, {BLOCK_Y}, NULL::bigint AS fid, NULL::int AS {COUNT},"
            f" {geometry} AS geom{self._least('p.')}{self._no_labels()} FROM {pieces} p"
            f" GROUP BY {LEVEL}, {KIND}, {BLOCK_X}, {BLOCK_Y}{keys}"
        )

    def forget_features(self) -> str:
        """Take away features that the changed boxes touch, before `features` puts in what is there now."""
        x, y = self._corner("l")
        inside = (
            f" AND {x} BETWEEN win.x0 AND win.x1 AND {y} BETWEEN win.y0 AND win.y1" if self.shape == "point" else ""
        )
        return (
            f"WITH {self._windows().rstrip(', ')} DELETE FROM levels.{quote(self.table)} l USING win"
            f" WHERE l.{LEVEL} = {self.number} AND l.{KIND} = {Kind.FEATURE:d} AND l.geom && win.box{inside}"
        )

    def ink(self) -> str:
        """How many features are under the resolution, their size and the length of their outlines."""
        return (
            f"SELECT count(*), coalesce(sum({_SIZE[self.shape]}), 0), coalesce(sum({_OUTLINE[self.shape]}), 0)"
            f" FROM {self._source()} f WHERE {_SIDE} < {self.resolution}"
        )

    def summary(self) -> str:
        """Rows of the level, and how many cells they hold."""
        cells = f"ST_Area(geom) / {self.cell} ^ 2" if self.shape == "area" else f"ST_Length(geom) / {self.cell}"
        return (
            f"SELECT count(*) FILTER (WHERE {KIND} = {Kind.FEATURE:d}),"
            f" count(*) FILTER (WHERE {KIND} <> {Kind.FEATURE:d}),"
            f" coalesce(sum({cells}) FILTER (WHERE {KIND} <> {Kind.FEATURE:d}), 0)"
            f" FROM levels.{quote(self.table)} WHERE {LEVEL} = {self.number}"
        )

    def index(self) -> str:
        """The level's own spatial index."""
        name = quote(f"{self.table}_{'m' if self.number < 0 else ''}{abs(self.number)}")
        return f"CREATE INDEX {name} ON levels.{quote(self.table)} USING gist (geom) WHERE {LEVEL} = {self.number}"

    @property
    def _srid(self) -> int:
        return self.layer.srid

    def _source(self) -> str:
        return f"data.{quote(self.layer.relation or '')}"

    def _windows(self) -> str:
        """The changed boxes as cells, each named once; nothing when the whole level is made."""
        if not self.changed:
            return ""
        c = self.cell
        return (
            f"win AS MATERIALIZED (SELECT x0, y0, x1, y1,"
            f" ST_MakeEnvelope(x0 * {c}, y0 * {c}, (x1 + 1) * {c}, (y1 + 1) * {c}, {self._srid}) AS box FROM ("
            f"SELECT DISTINCT floor(ST_XMin(box) / {c})::int AS x0, floor(ST_YMin(box) / {c})::int AS y0,"
            f" floor(ST_XMax(box) / {c})::int AS x1, floor(ST_YMax(box) / {c})::int AS y1 FROM {CHANGED}) cells), "
        )

    def _touched(self) -> str:
        if not self.changed:
            return "true"
        return f"f.fid IN (SELECT t.fid FROM win JOIN {self._source()} t ON t.geom && win.box)"

    def _corner(self, row: str) -> tuple[str, str]:
        return f"floor(ST_XMin({row}.geom) / {self.cell})::int", f"floor(ST_YMin({row}.geom) / {self.cell})::int"

    def _key(self, column: Carried, row: str) -> str:
        """What keeps two values of a class apart: the values themselves, or where they lie among the breaks."""
        value = f"{row}.{quote(column.name)}"
        if not column.breaks:
            return value
        if all(isinstance(item, str) for item in column.breaks):
            known = literal(list(column.breaks))
            return f"CASE WHEN {value} = ANY({known}) THEN '=' || {value} ELSE left({value}, 0) END"
        breaks = f"{literal(sorted(map(float, column.breaks)))}::float8[]"
        return f"width_bucket({value}::float8, {breaks}) * 2 + ({value}::float8 = ANY({breaks}))::int"

    def _names(self, geometry: str = "geom") -> str:
        columns = "".join(f", {quote(column.name)}" for column in self.columns)
        return f"{LEVEL}, {KIND}, {BLOCK_X}, {BLOCK_Y}, fid, {COUNT}, {geometry}{columns}"

    def _values(self, row: str, *, labels: bool) -> str:
        chosen: Sequence[Carried] = self.columns if labels else self.classes
        return "".join(f", {row}.{quote(column.name)}" for column in chosen)

    def _no_labels(self) -> str:
        by_name = self.layer.by_name
        return "".join(
            f", NULL::{by_name[column.name].type.sql} AS {quote(column.name)}"
            for column in self.columns
            if column.role == "label"
        )

    def _least(self, row: str = "") -> str:
        """One value of those that count as the same."""
        by_name = self.layer.by_name
        return "".join(
            f", {'bool_and' if by_name[column.name].type is ColumnType.BOOLEAN else 'min'}"
            f"({row}{quote(column.name)}) AS {quote(column.name)}"
            for column in self.classes
        )

    def _large(self) -> str:
        tolerance = _number(2.0**self.number / 4)
        simple = (
            f"ST_SimplifyPreserveTopology(f.geom, {tolerance})"
            if self.shape == "area"
            else f"ST_Simplify(f.geom, {tolerance}, true)"
        )
        table = f"levels.{quote(self.table)}"
        # Simplifying may have drawn a feature that stays out of the changed box, so that it was not taken away.
        again = (
            f" AND NOT EXISTS (SELECT FROM {table} o WHERE o.{LEVEL} = {self.number} AND o.{KIND} = {Kind.FEATURE:d}"
            f" AND o.fid = f.fid AND o.geom && ST_Expand(f.geom, {self.resolution}))"
            if self.changed
            else ""
        )
        names = self._names()
        windows = f"WITH {self._windows().rstrip(', ')}" if self.changed else ""
        return (
            f"{windows} INSERT INTO {table} ({names}) SELECT {self.number}, {Kind.FEATURE:d}, NULL, NULL, f.fid, 1,"
            f" {simple}{self._values('f', labels=True)} FROM {self._source()} f"
            f" WHERE {_SIDE} >= {self.resolution} AND {self._touched()}{again} ORDER BY f.geom"
        )

    def _points(self) -> str:
        x, y = self._corner("f")
        keys = "".join(f", {self._key(column, 'f')}" for column in self.classes)
        within = (
            f" AND EXISTS (SELECT FROM win WHERE {x} BETWEEN win.x0 AND win.x1 AND {y} BETWEEN win.y0 AND win.y1)"
            if self.changed
            else ""
        )
        names = self._names()
        windows = f"WITH {self._windows().rstrip(', ')}" if self.changed else ""
        carried = self._values("f", labels=True)
        return (
            f"{windows} INSERT INTO levels.{quote(self.table)} ({names}) SELECT {names} FROM ("
            f"SELECT DISTINCT ON ({x}, {y}{keys}) {self.number} AS {LEVEL}, {Kind.FEATURE:d} AS {KIND},"
            f" NULL::int AS {BLOCK_X}, NULL::int AS {BLOCK_Y}, f.fid,"
            f" count(*) OVER (PARTITION BY {x}, {y}{keys}) AS {COUNT}, f.geom{carried}"
            f" FROM {self._source()} f WHERE NOT ST_IsEmpty(f.geom) AND {self._touched()}{within}"
            f" ORDER BY {x}, {y}{keys}, f.fid) one ORDER BY hashint8(one.fid)"
        )

    def _won(self) -> str:
        """Every touched cell once, with the class of the largest feature in it."""
        c = self.cell
        classes = self._values("f", labels=False)
        largest = f", {_SIZE[self.shape]} AS size, f.fid" if self.classes else ""
        small = (
            f"small AS (SELECT floor(ST_XMin(f.geom) / {c})::int AS x0, floor(ST_XMax(f.geom) / {c})::int AS x1,"
            f" floor(ST_YMin(f.geom) / {c})::int AS y0, floor(ST_YMax(f.geom) / {c})::int AS y1{classes}{largest}"
            f" FROM {self._source()} f WHERE {_SIDE} < {self.resolution} AND {self._touched()})"
        )
        within = (
            " WHERE EXISTS (SELECT FROM win WHERE x BETWEEN win.x0 AND win.x1 AND y BETWEEN win.y0 AND win.y1)"
            if self.changed
            else ""
        )
        chosen = "DISTINCT ON (x, y)" if self.classes else "DISTINCT"
        order = " ORDER BY x, y, size DESC, fid" if self.classes else ""
        return (
            f"{small}, won AS (SELECT {chosen} x, y{self._values('s', labels=False)} FROM small s,"
            f" generate_series(x0, x1) x, generate_series(y0, y1) y{within}{order})"
        )

    def _merged(self, cells: str) -> str:
        """Cells of a class: runs along rows, runs on top of one another as one box, boxes of a block united."""
        c, bits = self.cell, BLOCK_BITS
        keys = "".join(f", {self._key(column, 'w')} AS k{number}" for number, column in enumerate(self.classes))
        k = "".join(f", k{number}" for number in range(len(self.classes)))
        values = self._values("w", labels=False)
        least = self._least()
        kept = self._values("s", labels=False)
        line = f"ST_MakeLine(ST_MakePoint(x0 * {c}, (y0 + 0.5) * {c}), ST_MakePoint((x1 + 1) * {c}, (y0 + 0.5) * {c}))"
        box = (
            f"ST_SetSRID({line}, {self._srid})"
            if self.shape == "line"
            else f"ST_MakeEnvelope(x0 * {c}, y0 * {c}, (x1 + 1) * {c}, (y1 + 1) * {c}, {self._srid})"
        )
        stacked = f"y - row_number() OVER (PARTITION BY bx, y >> {bits}, x0, x1{k} ORDER BY y)"
        return (
            f"run AS (SELECT x, y, x >> {bits} AS bx{keys}{values} FROM {cells} w),"
            f" grouped AS (SELECT r.*, x - row_number() OVER (PARTITION BY bx, y{k} ORDER BY x) AS part FROM run r),"
            f" strip AS (SELECT bx, y, min(x) AS x0, max(x) AS x1{k}{least} FROM grouped GROUP BY bx, y, part{k}),"
            f" stack AS (SELECT bx, y >> {bits} AS by, x0, x1, y{k}{kept},"
            f"  {'y' if self.shape == 'line' else stacked} AS part FROM strip s),"
            f" boxed AS (SELECT bx, by, x0, x1, min(y) AS y0, max(y) AS y1{k}{least} FROM stack"
            f"  GROUP BY bx, by, x0, x1, part{k}),"
            f" merged AS (SELECT {self.number} AS {LEVEL}, {Kind.CELLS:d} AS {KIND}, bx AS {BLOCK_X}, by AS {BLOCK_Y},"
            f"  NULL::bigint AS fid, NULL::int AS {COUNT}, {self._united(box)} AS geom{least}{self._no_labels()}"
            f"  FROM boxed GROUP BY bx, by{k})"
        )

    def _collected(self, geometry: str) -> str:
        return f"ST_Multi(ST_CollectionExtract(ST_Collect({geometry}), {_DIMENSION[self.shape]}))"

    def _united(self, geometry: str) -> str:
        united = f"ST_CollectionExtract(ST_UnaryUnion(ST_Collect({geometry})), {_DIMENSION[self.shape]})"
        # Without corners that are none: repairs would add to them each time.
        straight = "ST_SimplifyPreserveTopology" if self.shape == "area" else "ST_Simplify"
        return f"ST_Multi({straight}({united if self.shape == 'area' else f'ST_LineMerge({united})'}, 0))"


def _number(value: float) -> str:
    """A power of two, written so that nothing of it is lost."""
    return f"({value!r})::float8"
