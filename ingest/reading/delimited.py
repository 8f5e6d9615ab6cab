# SPDX-License-Identifier: EUPL-1.2
"""Reads CSV: encoding, delimiter, types of columns, and points from two columns or geometries from WKT."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import shapely

from ingest.reading.encoding import detect
from ingest.reading.model import Decision, Field, Refused, Source, Task

_HEADER_BYTES = 1_000_000
_BLOCK = 8 << 20
_COLUMNS = 1_000
_DELIMITERS = ",;\t|"
_LATITUDE = re.compile(r"lat|latitude|szer|szerokosc|szerokosc_geo\w*|szerokość|szerokość_geo\w*", re.IGNORECASE)
_LONGITUDE = re.compile(
    r"lon|lng|long|longitude|dlug|dlugosc|dlugosc_geo\w*|dług|długość|długość_geo\w*", re.IGNORECASE
)
_X = re.compile(r"x|easting|coord_?x|wsp_?x|x_?\d{4}", re.IGNORECASE)
_Y = re.compile(r"y|northing|coord_?y|wsp_?y|y_?\d{4}", re.IGNORECASE)
_WKT = re.compile(r"wkt|geom|geometry|the_geom|geometria|shape", re.IGNORECASE)
_WKT_START = r"(?i)^\s*(SRID=\d+;)?\s*(MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\b"
# A code such as 0412 or 00-950 is text: only numbers written the one canonical way are numbers.
_INTEGER = r"^-?(0|[1-9][0-9]{0,17})$"
_NUMBER = r"^[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?$"
_LEADING_ZERO = r"^-?0[0-9]"
_DATE = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_TRUTH = r"^(true|false|TRUE|FALSE|True|False)$"


@dataclass(frozen=True)
class _Place:
    """Where the geometry is: one WKT column, or two columns of coordinates."""

    columns: tuple[str, ...]
    crs: str | None
    decision: Decision


@dataclass(frozen=True)
class _Dialect:
    encoding: str
    delimiter: str
    names: tuple[str, ...]


def open_source(task: Task) -> Source:
    """The table of a CSV file; Refused when it has no place or cannot be parsed."""
    path = Path(task.path)
    encoding = detect(_chunks(path), task.encoding)
    dialect = _dialect(path, encoding.value)
    types = _types(path, dialect)
    place = _place(dialect, _first_rows(path, dialect), asked_crs=task.crs)
    names = [name for name in dialect.names if name not in place.columns or len(place.columns) == 2]
    fields = tuple(Field(name.split("\0")[0], types[name].kind) for name in names)
    batches = (_finished(batch, place, names, types) for batch in _stream(path, dialect))
    delimiter = Decision("delimiter", repr(dialect.delimiter), "most frequent in the header")
    why = f"the columns {place.decision.value} hold degrees"
    return Source(fields, place.crs, batches, crs_why=why, decisions=(encoding, delimiter, place.decision))


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_BLOCK):
            yield chunk


def _dialect(path: Path, encoding: str) -> _Dialect:
    with path.open("rb") as file:
        head = file.read(_HEADER_BYTES)
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    if not first.strip():
        raise Refused("The file is empty: a CSV file begins with a line of column names.")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        names = [name.strip() for name in next(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))]
    except csv.Error as error:
        raise Refused(f"The line of column names cannot be parsed: {error}.") from error
    if len(names) > _COLUMNS:
        raise Refused(f"The file has {len(names)} columns; at most {_COLUMNS} are taken.")
    # Names that come twice are told apart here by what no CSV name holds; the report and the layer number them.
    unique = [name if name not in names[:index] else f"{name}\0{index}" for index, name in enumerate(names)]
    return _Dialect(encoding, delimiter, tuple(unique))


def _stream(path: Path, dialect: _Dialect) -> Iterator[pa.RecordBatch]:
    try:
        reader = pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(
                column_names=list(dialect.names), skip_rows=1, encoding=dialect.encoding, block_size=_BLOCK
            ),
            parse_options=pa_csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(dialect.names, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
        yield from reader
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise Refused(f"The CSV file cannot be parsed: {str(error).splitlines()[0][:300]}.") from error


def _first_rows(path: Path, dialect: _Dialect) -> pa.RecordBatch:
    for batch in _stream(path, dialect):
        if batch.num_rows:
            return batch
    raise Refused("The file has column names and no rows.")


@dataclass
class _Guess:
    """What the values of a column still can be."""

    integer: bool = True
    number: bool = True
    date: bool = True
    truth: bool = True
    seen: bool = False

    def look(self, values: pa.Array) -> None:
        values = values.drop_null()
        if not len(values):
            return
        self.seen = True
        self.integer = self.integer and _all(values, _INTEGER)
        self.number = self.number and _all(values, _NUMBER) and not _any(values, _LEADING_ZERO)
        self.date = self.date and _all(values, _DATE)
        self.truth = self.truth and _all(values, _TRUTH)

    @property
    def kind(self) -> str:
        if not self.seen:
            return "text"
        for kind, fits in (("integer", self.integer), ("number", self.number), ("date", self.date),
                           ("boolean", self.truth)):  # fmt: skip
            if fits:
                return kind
        return "text"


def _all(values: pa.Array, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())


def _any(values: pa.Array, pattern: str) -> bool:
    return bool(pc.any(pc.match_substring_regex(values, pattern)).as_py())


def _types(path: Path, dialect: _Dialect) -> dict[str, _Guess]:
    """Types that fit every row of the file: the whole file is read for that."""
    guesses = {name: _Guess() for name in dialect.names}
    for batch in _stream(path, dialect):
        for name, column in zip(dialect.names, batch.columns, strict=True):
            guesses[name].look(column)
    return guesses


def _place(dialect: _Dialect, rows: pa.RecordBatch, asked_crs: str | None) -> _Place:
    for index, name in enumerate(dialect.names):
        if _WKT.fullmatch(name) and _any(rows.column(index).drop_null(), _WKT_START):
            return _Place((name,), None, Decision("geometry", name, "a column of WKT"))
    latitude, longitude = _named(dialect, _LATITUDE), _named(dialect, _LONGITUDE)
    if latitude and longitude:
        # Planar coordinates under these names would be refused row by row; --crs then says what they are.
        why = "columns named so hold degrees" if not asked_crs else "columns named so"
        return _Place((longitude, latitude), "EPSG:4326", Decision("geometry", f"{longitude}, {latitude}", why))
    x, y = _named(dialect, _X), _named(dialect, _Y)
    if x and y:
        return _Place((x, y), None, Decision("geometry", f"{x}, {y}", "columns named so; x is taken as the easting"))
    listed = ", ".join(name.split("\0")[0] for name in dialect.names[:20])
    raise Refused(
        "The CSV file has no place: columns lat and lon, x and y (with --crs), or wkt are needed; it has: "
        + listed
        + "."
    )


def _named(dialect: _Dialect, pattern: re.Pattern[str]) -> str | None:
    found = [name for name in dialect.names if pattern.fullmatch(name)]
    return found[0] if len(found) == 1 else None


def _finished(batch: pa.RecordBatch, place: _Place, names: list[str], types: dict[str, _Guess]) -> pa.RecordBatch:
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    if len(place.columns) == 1:
        wkb = _from_wkt(columns[place.columns[0]])
    else:
        x, y = (_floats(columns[name]) for name in place.columns)
        wkb = shapely.to_wkb(shapely.points(x, y))
        wkb[np.isnan(x) & np.isnan(y)] = None
    values = [_CASTS[types[name].kind](columns[name]) for name in names]
    labels = [f"c{index}" for index in range(len(names))]
    return pa.RecordBatch.from_arrays([pa.array(wkb, pa.binary()), *values], names=["geom", *labels])


def _from_wkt(column: pa.Array) -> Any:
    bare = pc.replace_substring_regex(column, r"(?i)^\s*SRID=\d+;", "")
    geometries = shapely.from_wkt(bare.to_numpy(zero_copy_only=False), on_invalid="ignore")
    return shapely.to_wkb(geometries)


def _floats(column: pa.Array) -> Any:
    """Numbers of a text column; what is not one becomes NaN and is refused with its row."""
    trimmed = pc.utf8_trim_whitespace(column)
    plain = pc.replace_substring(trimmed, ",", ".")
    good = pc.fill_null(pc.match_substring_regex(trimmed, _NUMBER), fill_value=False)
    cleaned = pc.if_else(good, plain, pa.scalar(None, pa.string()))
    return pc.cast(cleaned, pa.float64()).to_numpy(zero_copy_only=False)


_CASTS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "text": lambda column: column,
    "integer": lambda column: pc.cast(column, pa.int64()),
    "number": lambda column: pa.array(_floats(column), from_pandas=True),
    "date": lambda column: pc.cast(column, pa.date32()),
    "boolean": lambda column: pc.equal(pc.ascii_lower(column), "true"),
}
