# SPDX-License-Identifier: EUPL-1.2
"""Makes what a download sends: text as it is read, or a file that is sent when it is whole."""

import contextlib
import itertools
import os
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog
from sqlalchemy import ColumnElement, FromClause

from layers.formats import files, text
from layers.formats.model import Format
from layers.formats.writing.model import Field, Job
from layers.items import statements
from layers.items.model import ItemQuery
from layers.items.service import Items
from layers.model import Layer
from sdi.db.sql import quote
from sdi.errors import BramaError

_log = structlog.get_logger()
_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True)
class Order:
    """What to make: `limit` features of `query` (all for None), read by `reader`, titled in the caller's language."""

    reader: Items
    layer: Layer
    query: ItemQuery
    format: Format
    limit: int | None
    title: str
    description: str

    @property
    def whole(self) -> bool:
        """Whether it asks for all of a public layer, as anybody gets it."""
        query = self.query
        asks = query.selects or query.sort or query.properties is not None or query.after or self.limit is not None
        return not asks and self.layer.visibility == "public"


def text_body(order: Order) -> Iterator[bytes]:
    """GeoJSON or CSV, read as it is taken; the reading is begun before this returns."""
    layer, query = order.layer, order.query
    if order.format.name == "csv":
        head, joint, tail = text.csv_header(layer, query).encode(), b"", b""
    else:
        head, joint, tail = text.geojson_head(query).encode(), b",\n", b"\n]}\n"

    def encode(row: FromClause) -> ColumnElement[object]:
        return (text.csv_line if order.format.name == "csv" else text.geojson)(layer, query, row)

    rows = order.reader.stream(layer, query, encode, joint=joint, limit=order.limit)
    return _told(itertools.chain((head,), rows, (tail,)), rows)


def file_body(order: Order, data: Path, size: int, keep: Path | None) -> Iterator[bytes]:
    """The file's bytes after empty chunks that only wait; `keep` is where a whole file stays for the next caller.

    What goes wrong within some seconds is raised here, before an answer has begun.
    """
    making = _made(order, files.folder(data), size, keep)
    end = time.monotonic() + _PATIENCE_SECONDS
    for chunk in making:
        if chunk or time.monotonic() > end:
            return _told(itertools.chain((chunk,), making), making)
    return iter(())


def write(order: Order, path: Path, size: int) -> None:
    """Write the order to `path`, to its end; raises what reading and writing raise."""
    if order.format.written:
        for _ in files.written(_job(order, path), _rows(order), size):
            pass
        return
    with path.open("wb") as out:
        for chunk in text_body(order):
            out.write(chunk)


def _told(chunks: Iterator[bytes], source: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks; what breaks them off is said at their end, for the server has no other way to tell of it.

    Text broken off so is no valid GeoJSON, and a file no valid file.
    """
    try:
        yield from chunks
    except (BramaError, psycopg.Error) as error:
        _log.warning("formats.broken", error=str(error))
        message = error.message if isinstance(error, BramaError) else "Reading the layer broke off."
        yield f"\n!! The download is not whole: {message}\n".encode()
    finally:
        if close := getattr(source, "close", None):
            close()


def _made(order: Order, folder: Path, size: int, keep: Path | None) -> Generator[bytes, None, None]:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        path = Path(own) / f"{order.layer.id}.{order.format.extension.rpartition('.')[2]}"
        yield from files.written(_job(order, path), _rows(order), size)
        if keep is not None:
            with contextlib.suppress(FileExistsError):
                os.link(path, keep)
        yield from files.content(path)


def _rows(order: Order) -> Iterator[bytes]:
    columns = statements.chosen(order.layer, order.query.properties)

    def encode(row: FromClause) -> ColumnElement[object]:
        return text.exchange_line(order.layer, columns, order.query.crs, row)

    return order.reader.stream(order.layer, order.query, encode, limit=order.limit)


def _job(order: Order, path: Path) -> Job:
    layer, crs = order.layer, order.query.crs
    return Job(
        format=order.format.name,
        path=str(path),
        layer=layer.id,
        title=order.title,
        description=order.description,
        geometry=layer.geometry_type.value,
        crs=f"{crs.authority}:{crs.code or crs.srid}",
        missing=order.format.name == "fgb" and _has_missing(order),
        fields=tuple(Field(c.name, c.type.value) for c in statements.chosen(layer, order.query.properties)),
    )


def _has_missing(order: Order) -> bool:
    """Whether some feature of the layer has no geometry."""
    source = f"{order.reader.schema(order.layer)}.{quote(order.layer.relation or '')}"
    with order.reader.cursor(order.layer) as cursor:
        found = cursor.execute(f"SELECT EXISTS (SELECT FROM {source} WHERE geom IS NULL OR ST_IsEmpty(geom))")
        row = found.fetchone()
    return bool(row and row[0])
