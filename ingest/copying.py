# SPDX-License-Identifier: EUPL-1.2
"""Turns Arrow columns into PostgreSQL's binary COPY format, a batch at a time, without a loop over rows."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = -1
_DAYS_TO_2000 = 10_957
_MICROSECONDS_TO_2000 = _DAYS_TO_2000 * 86_400_000_000
_WRITE = 4 << 20


def encode(columns: Sequence[pa.Array]) -> Iterator[memoryview]:
    """The tuples of one batch: bigint, double, boolean, date, timestamptz, text, and bytes (WKB for a geometry).

    Every row becomes the count of its fields and, field by field, the length in four bytes (-1 for null) and the value;
    Arrow joins these pieces for all rows at once.
    """
    rows = len(columns[0])
    count = pa.array([len(columns).to_bytes(2, "big")], pa.binary())
    pieces = [pa.repeat(count[0], rows)]
    for column in columns:
        pieces.extend(_pieces(column))
    joined = pc.binary_join_element_wise(*pieces, pa.scalar(b"", pa.binary()))
    offsets = np.frombuffer(joined.buffers()[1], dtype=np.int32)[: rows + 1]
    view = memoryview(joined.buffers()[2])[: offsets[-1]]
    for start in range(0, len(view), _WRITE):
        yield view[start : start + _WRITE]


def _pieces(column: pa.Array) -> list[pa.Array]:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        lengths = pc.fill_null(pc.binary_length(column), _NULL).to_numpy().astype(">i4")
        return [_fixed_binary(lengths.tobytes(), len(column), 4), pc.fill_null(column.cast(pa.binary()), b"")]
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    values = _NUMBERS[kind.id](column)
    return [_with_lengths(values, valid)]


def _with_lengths(values: np.ndarray[Any, Any], valid: np.ndarray[Any, Any]) -> pa.Array:
    """Length and value in one piece; a null has no value."""
    width = values.dtype.itemsize
    records = np.empty(len(values), dtype=[("length", ">i4"), ("value", values.dtype)])
    records["length"] = np.where(valid, width, _NULL)
    records["value"] = values
    if valid.all():
        return _fixed_binary(records.tobytes(), len(values), 4 + width)
    kept = np.ones((len(values), 4 + width), dtype=bool)
    kept[~valid, 4:] = False
    data = records.view(np.uint8).reshape(len(values), 4 + width)[kept].tobytes()
    offsets = np.concatenate(([0], np.cumsum(np.where(valid, 4 + width, 4)))).astype(np.int32)
    return pa.Array.from_buffers(pa.binary(), len(values), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _fixed_binary(data: bytes, rows: int, width: int) -> pa.Array:
    offsets = np.arange(0, rows * width + 1, width, dtype=np.int32)
    return pa.Array.from_buffers(pa.binary(), rows, [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def _integers(column: pa.Array) -> np.ndarray[Any, Any]:
    return np.asarray(pc.fill_null(column, 0).to_numpy()).astype(">i8")


def _doubles(column: pa.Array) -> np.ndarray[Any, Any]:
    return np.asarray(pc.fill_null(column, 0.0).to_numpy()).astype(">f8")


def _booleans(column: pa.Array) -> np.ndarray[Any, Any]:
    filled = pc.fill_null(column, fill_value=False)
    return np.asarray(filled.to_numpy(zero_copy_only=False)).astype("u1")


def _dates(column: pa.Array) -> np.ndarray[Any, Any]:
    days = pc.fill_null(column.cast(pa.int32()), _DAYS_TO_2000).to_numpy()
    return np.asarray(days - _DAYS_TO_2000).astype(">i4")


def _timestamps(column: pa.Array) -> np.ndarray[Any, Any]:
    moments = pc.fill_null(column.cast(pa.int64()), _MICROSECONDS_TO_2000).to_numpy()
    return np.asarray(moments - _MICROSECONDS_TO_2000).astype(">i8")


_NUMBERS: dict[int, Callable[[pa.Array], np.ndarray[Any, Any]]] = {
    pa.int64().id: _integers,
    pa.float64().id: _doubles,
    pa.bool_().id: _booleans,
    pa.date32().id: _dates,
    pa.timestamp("us").id: _timestamps,
}
