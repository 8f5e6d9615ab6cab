# SPDX-License-Identifier: EUPL-1.2
"""Unpacks ZIP archives that nobody vouches for."""

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sdi.errors import TooLarge, Unprocessable

ENTRIES = 10_000
RATIO = 200
_RATIO_FROM = 10 << 20
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its name there, and where it lies now under a name of our own."""

    name: str
    path: Path


def unpack(archive: Path, folder: Path, limit: int) -> list[Member]:
    """Write the files of `archive` into `folder`, at most `limit` bytes in all.

    Raises Unprocessable for what is damaged or tries to get out of the folder, TooLarge over a limit. Files of one
    stem in one folder keep a common stem, as the parts of a Shapefile need it.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            _check(entries, limit)
            _check_places(entries, archive.stat().st_size)
            stems: dict[str, str] = {}
            return [_extract(opened, entry, folder, stems) for entry in entries]
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        OverflowError,
        ValueError,
    ) as error:
        raise Unprocessable(f"The ZIP archive is damaged or incomplete: {error}.") from error
    except RuntimeError as error:
        raise Unprocessable("The ZIP archive is encrypted.") from error


def _check(entries: list[zipfile.ZipInfo], limit: int) -> None:
    if len(entries) > ENTRIES:
        raise TooLarge(f"The ZIP archive has {len(entries):,} files; at most {ENTRIES:,} are unpacked.")
    for entry in entries:
        _check_name(entry)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Unprocessable(f"The ZIP archive holds a symbolic link ({entry.filename[:80]!r}).")
    total = sum(entry.file_size for entry in entries)
    if total > limit:
        raise TooLarge(f"The ZIP archive unpacks to {total:,} bytes; at most {limit:,} are unpacked.")
    packed = sum(entry.compress_size for entry in entries)
    if total > _RATIO_FROM and total > RATIO * max(packed, 1):
        raise TooLarge(f"The ZIP archive unpacks to over {RATIO} times its size; that is a bomb, not data.")


def _check_places(entries: list[zipfile.ZipInfo], size: int) -> None:
    """A directory that points outside the file would make the reader seek there."""
    if any(not 0 <= entry.header_offset < size for entry in entries):
        raise Unprocessable("The ZIP archive is damaged or incomplete: its directory points outside it.")


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0] or "\x00" in name:
        raise Unprocessable(f"The ZIP archive holds a name that leads out of its folder: {name[:80]!r}.")


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, stems: dict[str, str]) -> Member:
    stem, suffix = _split(entry.filename)
    number = stems.setdefault(stem.lower(), f"part{len(stems)}")
    target = folder / f"{number}{suffix}"
    written = 0
    with opened.open(entry) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > entry.file_size:
                raise Unprocessable("The ZIP archive says less than it holds.")
            file.write(chunk)
    return Member(entry.filename, target)


def _split(name: str) -> tuple[str, str]:
    """Stem with its folder, and a suffix of plain letters only."""
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix.isascii() and suffix.isalnum() and len(suffix) <= 8:
        return stem, f".{suffix.lower()}"
    return name, ""
