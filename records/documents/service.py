# SPDX-License-Identifier: EUPL-1.2
"""Documents and photos of records: checked, kept by their content, in versions, pictures with a small preview."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import puremagic
from PIL import Image, ImageOps
from sqlalchemy import RowMapping, text

from records import service
from records.documents import scanning
from records.schema import InvalidRecord
from sdi.db.database import Database
from sdi.errors import NotFound, TooLarge
from sdi.objects import Objects
from sdi.people.model import Principal
from sdi.settings import Settings
from sdi.web.i18n import gettext

ACCEPTED: Mapping[str, str] = MappingProxyType(
    {
        ".pdf": "application/pdf",
        ".png": "image/png",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".webp": "image/webp",
        ".tif": "image/tiff",
        ".tiff": "image/tiff",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".odt": "application/vnd.oasis.opendocument.text",
        ".ods": "application/vnd.oasis.opendocument.spreadsheet",
        ".zip": "application/zip",
        ".txt": "text/plain",
        ".csv": "text/csv",
    }
)
"""Suffixes taken, with the type that each is served as; what a file is, its first bytes say."""
_SIGNS = MappingProxyType(
    {
        "application/pdf": (".pdf",),
        "image/png": (".png",),
        "image/jpeg": (".jpg", ".jpeg"),
        "image/webp": (".webp",),
        "image/tiff": (".tif", ".tiff"),
        "application/zip": (".zip", ".docx", ".xlsx", ".odt", ".ods"),
    }
)
_PICTURES = ("image/png", "image/jpeg", "image/webp", "image/tiff")
_MOST_PIXELS = 200_000_000
_PREVIEW = (640, 480)
_NAME = 200
_STATEMENT = text(
    "INSERT INTO app.records_document_write (id, record_id, replaces, title, name, media_type, bytes, object_key,"
    " preview_key, dated, is_public) VALUES (sdi.uuid7(), :record, :replaces, :title, :name, :media_type, :bytes,"
    " :object_key, :preview_key, :dated, :is_public) RETURNING id"
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file with what its sender says of it."""

    path: Path
    name: str
    title: str = ""
    dated: date | None = None
    is_public: bool = False
    replaces: UUID | None = None


def add(database: Database, settings: Settings, caller: Principal, record: UUID, upload: Upload) -> UUID:
    """Keep a file with a record. Raises InvalidRecord for what is not taken, TooLarge, Unprocessable for a virus."""
    size = upload.path.stat().st_size
    if size > settings.documents.bytes:
        raise TooLarge(f"A document has at most {settings.documents.bytes:,} bytes.", locator="file")
    media_type = sniffed(upload.path, upload.name)
    if settings.documents.scanner:
        scanning.scan(upload.path, settings.documents.scanner)
    objects = Objects(settings)
    suffix = Path(upload.name).suffix.lower()
    preview = _preview(upload.path, objects) if media_type in _PICTURES else None
    values: dict[str, Any] = {
        "record": record,
        "replaces": upload.replaces,
        "title": (upload.title.strip() or upload.name)[:300],
        "name": upload.name,
        "media_type": media_type,
        "bytes": size,
        "object_key": objects.put(upload.path, suffix),
        "preview_key": preview,
        "dated": upload.dated,
        "is_public": upload.is_public,
    }
    with service.refusals(), database.write(caller) as connection:
        return UUID(str(connection.execute(_STATEMENT, values).scalar_one()))


def sniffed(path: Path, name: str) -> str:
    """The type of a file by its first bytes; InvalidRecord when it is none that is taken, or not what its name says."""
    suffix = Path(name).suffix.lower()
    if len(name) > _NAME or suffix not in ACCEPTED:
        taken = ", ".join(sorted(one.removeprefix(".") for one in ACCEPTED))
        raise InvalidRecord({"file": gettext("Files of these types are taken: %(types)s.") % {"types": taken}})
    head = _head(path)
    if not (b"\0" not in head if suffix in (".txt", ".csv") else suffix in _suffixes(head)):
        raise InvalidRecord({"file": gettext("The file is not what its name says.")})
    return ACCEPTED[suffix]


def read(database: Database, caller: Principal | None, record: UUID, document: UUID) -> RowMapping:
    """A document's row as the caller may see it: of its organisation, or open to all; NotFound otherwise."""
    statement = "SELECT * FROM {}.records_document WHERE record_id = :record AND id = :id"
    values = {"record": record, "id": document}
    for asker in (caller, None) if caller is not None else (None,):
        with database.read(asker) as connection:
            source = statement.format("pub" if asker is None else "app")
            row = connection.execute(text(source), values).mappings().one_or_none()
        if row is not None:
            return row
    raise NotFound(gettext("There is no such document, or it is not open to you."))


def listed(database: Database, caller: Principal | None, record: UUID, *, public: bool) -> list[RowMapping]:
    """The newest version of each document of a record, the newest first."""
    source = "pub.records_document" if public else "app.records_document"
    statement = text(
        f"SELECT d.* FROM {source} d WHERE d.record_id = :record"
        f" AND NOT EXISTS (SELECT FROM {source} n WHERE n.replaces = d.id)"
        " ORDER BY coalesce(d.dated, d.at::date) DESC, d.id"
    )
    with database.read(None if public else caller) as connection:
        return list(connection.execute(statement, {"record": record}).mappings())


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8_192)


def _suffixes(head: bytes) -> set[str]:
    """Suffixes that fit a file's first bytes."""
    try:
        found = {one.mime_type for one in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()
    found |= {"application/zip"} if head.startswith(b"PK\x03\x04") else set()
    return {suffix for mime, suffixes in _SIGNS.items() if mime in found for suffix in suffixes}


def _preview(path: Path, objects: Objects) -> str | None:
    """A small picture; none of what cannot be read or has too many pixels."""
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP", "TIFF")) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            picture.draft("RGB", _PREVIEW)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail(_PREVIEW)
            with tempfile.NamedTemporaryFile(suffix=".jpg") as made:
                upright.save(made, "JPEG", quality=80)
                made.flush()
                return objects.put(Path(made.name), ".jpg")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return None
