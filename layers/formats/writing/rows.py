# SPDX-License-Identifier: EUPL-1.2
"""Rows of CSV with hexadecimal WKB as Arrow batches, a block at a time."""

import binascii
from collections.abc import Iterator
from io import BufferedReader

import numpy
import pyarrow
from pyarrow import csv

from layers.formats.writing.model import Field

BLOCK_BYTES = 32_000_000
"""Also the longest row, whose geometry is twice its WKB."""
GEOMETRY = "geometry of the row"
"""A name that no column of a layer can have."""
_TYPES = {
    "text": pyarrow.string(),
    "integer": pyarrow.int64(),
    "number": pyarrow.float64(),
    "boolean": pyarrow.bool_(),
    "date": pyarrow.date32(),
    "timestamp": pyarrow.timestamp("us", "UTC"),
}


def schema_of(fields: tuple[Field, ...]) -> pyarrow.Schema:
    """The id, the attributes, the geometry."""
    columns = [(field.name, _TYPES[field.type]) for field in fields]
    return pyarrow.schema([("fid", pyarrow.int64()), *columns, (GEOMETRY, pyarrow.binary())])


def batches(source: BufferedReader, schema: pyarrow.Schema) -> Iterator[pyarrow.RecordBatch]:
    """Batches of what is read; none when nothing is."""
    if not source.peek(1):
        return
    types = {field.name: field.type for field in schema} | {GEOMETRY: pyarrow.string()}
    reader = csv.open_csv(
        source,
        read_options=csv.ReadOptions(column_names=schema.names, block_size=BLOCK_BYTES, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
        ),
    )
    for batch in reader:
        shapes = _unhexed(batch.column(len(schema) - 1))
        yield pyarrow.RecordBatch.from_arrays([*batch.columns[:-1], shapes], schema=schema)


def _unhexed(texts: pyarrow.StringArray) -> pyarrow.BinaryArray:
    """Every value at once: the bytes of a column lie one after the other."""
    if texts.offset:
        texts = pyarrow.concat_arrays([texts])
    validity, offsets, values = texts.buffers()
    ends = numpy.frombuffer(offsets, dtype=numpy.int32)[: len(texts) + 1]
    digits = memoryview(values)[ends[0] : ends[-1]] if values is not None else b""
    halved = ((ends - ends[0]) // 2).astype(numpy.int32)
    made = [validity, pyarrow.py_buffer(halved), pyarrow.py_buffer(binascii.unhexlify(digits))]
    return pyarrow.BinaryArray.from_buffers(pyarrow.binary(), len(texts), made, null_count=texts.null_count)
