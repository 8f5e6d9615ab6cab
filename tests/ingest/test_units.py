# SPDX-License-Identifier: EUPL-1.2
"""Names, encodings, archives, CSV and binary COPY hold for whatever comes."""

import csv
import datetime as dt
import io
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import copying, formats, names
from ingest.reading import delimited
from ingest.reading.encoding import detect
from ingest.reading.environment import READING
from ingest.reading.model import Format, Refused, Task
from ingest.unpack import unpack
from sdi import features
from sdi.errors import BramaError

TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)


@given(st.lists(TEXTS, max_size=40))
def test_column_names_are_safe_unique_and_in_order(sources: list[str]) -> None:
    found = names.column_names(sources)
    assert len(found) == len(set(found)) == len(sources)
    for name in found:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name)
        assert name not in {"fid", "geom", "ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}


@given(TEXTS, TEXTS)
def test_layer_ids_are_always_valid(prefix: str, name: str) -> None:
    assert names.is_layer_id(names.layer_id(name))
    assert names.is_layer_id(names.prefixed_layer_id(prefix, name))
    assert names.title_of(name)


@pytest.mark.parametrize(
    ("source", "name"),
    [("Powierzchnia użytkowa (m²)", "powierzchnia_uzytkowa_m2"), ("ŻÓŁĆ", "zolc"), ("2024", "c_2024"),
     ("fid", "source_fid"),
     ("", "column"), ("xmin", "source_xmin"), ("ŁĄKA", "laka")],
)  # fmt: skip
def test_polish_and_awkward_names_are_folded(source: str, name: str) -> None:
    assert names.column_names([source]) == [name]


POLISH = st.text("ąćęłńóśźżĄĆĘŁŃÓŚŹŻabc 123", max_size=200)


@given(POLISH, st.sampled_from(["utf-8", "cp1250", "iso8859-2"]), st.integers(1, 50))
def test_polish_text_is_read_in_the_encoding_it_is_in(text: str, encoding: str, size: int) -> None:
    data = text.encode(encoding)
    found = detect((data[start : start + size] for start in range(0, len(data), size)), None).value
    if set(text) & set("ąśźĄŚŹ") or encoding == "utf-8":
        assert data.decode(found) == text or _fits_utf8(data)


def _fits_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


CELLS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(CELLS, st.floats(49, 55), st.floats(14, 24)), min_size=1, max_size=30),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_csv_gives_back_every_cell_that_was_written(table: list[tuple[str, float, float]], delimiter: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(["opis", "lat", "lon"])
    writer.writerows([(cell, repr(lat), repr(lon)) for cell, lat, lon in table])
    batches = _csv(text.getvalue().encode())
    cells = [value for batch in batches for value in batch.column(1).cast(pa.string()).to_pylist()]
    types = {str(batch.column(1).type) for batch in batches}
    if types == {"string"}:
        assert cells == [cell or None for cell, _, _ in table]
    assert sum(batch.num_rows for batch in batches) == len(table)


@settings(max_examples=200)
@given(st.binary(max_size=500))
def test_any_bytes_as_csv_are_read_or_refused(data: bytes) -> None:
    try:
        _csv(b"id,lat,lon\n" + data)
    except Refused as refusal:
        assert str(refusal)


def _csv(data: bytes) -> list[Any]:
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(data)
        file.flush()
        return list(delimited.open_source(Task(file.name, Format.CSV)).batches)


@pytest.mark.parametrize(
    ("values", "kind"),
    [(["1", "20", "-3"], "integer"), (["01", "20"], "text"), (["1,5", "2"], "number"), (["1.5", "2"], "number"),
     (["00-950", "2"], "text"), (["2024-01-31", ""], "date"), (["true", "FALSE"], "boolean"),
     (["99999999999999999999"], "number"), ([""], "text"), (["1e3"], "number"), (["0.5"], "number"),
     (["007.5"], "text")],
)  # fmt: skip
def test_types_of_csv_columns_keep_codes_as_text(values: list[str], kind: str) -> None:
    rows = "\n".join(f"{value};52;21" for value in values)
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(f"v;lat;lon\n{rows}\n".encode())
        file.flush()
        assert delimited.open_source(Task(file.name, Format.CSV)).fields[0].type == kind


@given(st.binary(max_size=3_000))
def test_any_bytes_are_told_or_refused(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            found = formats.tell(Path(file.name))
        except BramaError as refusal:
            assert refusal.status == 422
        else:
            assert found is None or isinstance(found, Format)


@given(st.lists(st.tuples(st.text(max_size=30), st.binary(max_size=200)), max_size=8))
def test_archives_of_any_names_stay_in_their_folder(entries: list[tuple[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        archive, folder = root / "a.zip", root / "out"
        folder.mkdir()
        with zipfile.ZipFile(archive, "w") as opened:
            for entry, data in {entry: data for entry, data in entries if entry.encode("utf-8", "ignore")}.items():
                if entry.isprintable() and "\x00" not in entry:
                    opened.writestr(zipfile.ZipInfo(entry), data)
        try:
            members = unpack(archive, folder, 10_000_000)
        except BramaError as refusal:
            assert refusal.status in (413, 422)
        else:
            assert all(member.path.parent == folder and member.path.is_file() for member in members)
        assert {path.name for path in root.iterdir()} == {"a.zip", "out"}


@given(st.binary(max_size=200), st.integers(0, 150))
def test_damaged_archives_are_refused_or_unpacked(noise: bytes, at: int) -> None:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.csv", "lat,lon\n52,21\n" * 30)
    data = whole.getvalue()
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "a.zip"
        archive.write_bytes(data[:at] + noise + data[at + len(noise) :])
        try:
            unpack(archive, Path(name), 10_000_000)
        except BramaError as refusal:
            assert refusal.status in (413, 422)


ROW = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.floats(allow_nan=False),
    st.none() | st.booleans(),
    st.none() | TEXTS,
    st.none() | st.binary(max_size=40),
    st.none() | st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)),
    st.none() | st.datetimes(timezones=st.just(dt.UTC)),
)
KINDS = (pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.binary(), pa.date32(), pa.timestamp("us", "UTC"))


@given(st.lists(ROW, min_size=1, max_size=20), st.integers(0, 3))
def test_binary_copy_of_arrow_columns_is_what_the_protocol_says(rows: list[Sequence[Any]], cut: int) -> None:
    """Checked against an encoder written value by value; slices have offsets of their own."""
    arrays = [pa.array(column, kind) for column, kind in zip(zip(*rows, strict=True), KINDS, strict=True)]
    start = min(cut, len(rows) - 1)
    encoded = b"".join(bytes(chunk) for chunk in copying.encode([array.slice(start) for array in arrays]))
    assert encoded == b"".join(_tuple(row) for row in rows[start:])


def _tuple(row: Sequence[Any]) -> bytes:
    return struct.pack(">h", len(row)) + b"".join(_field(value) for value in row)


def _field(value: Any) -> bytes:
    if value is None:
        return struct.pack(">i", -1)
    data = _bytes(value)
    return struct.pack(">i", len(data)) + data


def _bytes(value: Any) -> bytes:  # noqa: PLR0911 - one line a type
    if isinstance(value, bool):
        return bytes([value])
    if isinstance(value, int):
        return struct.pack(">q", value)
    if isinstance(value, float):
        return struct.pack(">d", value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    if isinstance(value, dt.datetime):
        return struct.pack(">q", (value - dt.datetime(2000, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1))
    return struct.pack(">i", (value - dt.date(2000, 1, 1)).days)


def test_only_the_drivers_of_our_formats_are_left() -> None:
    program = "from ingest.reading.gdal import check_drivers; check_drivers()"
    environment = {**READING, "PYTHONPATH": str(features.ROOT)}
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, env=environment)
    failed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        check=False,
        env={"PYTHONPATH": str(features.ROOT)},
        capture_output=True,
    )
    assert b"drivers that ingest.reading.gdal does not know" in failed.stderr
