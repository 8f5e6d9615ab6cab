# SPDX-License-Identifier: EUPL-1.2
"""What a Shapefile cannot hold, made to fit in ways that can be foretold, and told in a file beside it."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow
import pyarrow.compute as pc

from layers.formats.writing.model import Field, Job

_NAME_BYTES = 10
_TEXT_BYTES = 254
_FILE_BYTES = 2**31 - 1
_TYPES = {"timestamp": pyarrow.string()}
PARTS = ("shp", "shx", "dbf", "prj", "cpg")


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Names of at most ten bytes by names: cut, and numbered where two became one (`long_colum`, `long_col_2`)."""
    short: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        made, number = _cut(name, _NAME_BYTES), 1
        while made.lower() in taken:
            number += 1
            made = f"{_cut(name, _NAME_BYTES - 1 - len(str(number)))}_{number}"
        taken.add(made.lower())
        short[name] = made
    return short


class Fitting:
    """Batches with what a Shapefile has no type or room for changed: instants to text, texts to 254 bytes."""

    def __init__(self, fields: tuple[Field, ...]) -> None:
        self.fields = fields
        self.names = short_names(field.name for field in fields)
        self.cut: dict[str, int] = {}

    def schema(self, schema: pyarrow.Schema) -> pyarrow.Schema:
        """The schema of what `fit` gives."""
        columns = [
            pyarrow.field(self.names[field.name], _TYPES.get(field.type, schema.field(field.name).type))
            for field in self.fields
        ]
        return pyarrow.schema([schema.field(0), *columns, schema.field(len(schema) - 1)])

    def fit(self, schema: pyarrow.Schema, batches: Iterable[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        """The batches as they fit."""
        for batch in batches:
            columns = [self._column(field, batch.column(field.name)) for field in self.fields]
            yield pyarrow.RecordBatch.from_arrays(
                [batch.column(0), *columns, batch.column(batch.num_columns - 1)], schema=schema
            )

    def _column(self, field: Field, values: pyarrow.Array) -> pyarrow.Array:
        if field.type == "timestamp":
            return pc.strftime(values, "%Y-%m-%dT%H:%M:%SZ")
        if field.type != "text":
            return values
        long = pc.greater(pc.binary_length(values), _TEXT_BYTES)
        count = pc.sum(long).as_py() or 0
        if not count:
            return values
        self.cut[field.name] = self.cut.get(field.name, 0) + count
        return pyarrow.array([None if text is None else _cut(text, _TEXT_BYTES) for text in values.to_pylist()])

    def told(self) -> str:
        """What was changed, for people; empty when nothing was."""
        lines = [f"{short} = {name}" for name, short in self.names.items() if short != name]
        lines += [f"{self.names[name]}: {count} texts cut to {_TEXT_BYTES} bytes" for name, count in self.cut.items()]
        return "\n".join(lines)


def zipped(job: Job, folder: Path, told: str) -> None:
    """Pack the parts of the Shapefile in `folder` into the file that is sent; ValueError when one is too large."""
    too_large = [part for part in PARTS if _size(folder / f"{job.layer}.{part}") > _FILE_BYTES]
    if too_large:
        raise ValueError("A file of a Shapefile holds at most 2 GB; take a GeoPackage or a part of the layer.")
    with zipfile.ZipFile(job.path, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        for part in PARTS:
            path = folder / f"{job.layer}.{part}"
            if path.exists():
                archive.write(path, path.name)
        if told:
            archive.writestr(f"{job.layer}.txt", told + "\n")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _cut(text: str, size: int) -> str:
    """At most `size` bytes of UTF-8, no letter cut in two."""
    return text.encode()[:size].decode(errors="ignore")
