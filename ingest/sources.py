# SPDX-License-Identifier: EUPL-1.2
"""From a path, a folder, an archive or an address to plain files whose format is known by their content."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ingest import formats
from ingest.model import LoadRequest
from ingest.reading.model import Format, Task
from ingest.unpack import unpack
from sdi.errors import InvalidParameter, TooLarge, Unprocessable
from sdi.outbound import Outbound
from sdi.settings import Settings

FILES = 1_000
_SIDECARS = frozenset((".dbf", ".shx", ".prj", ".cpg", ".qpj", ".sbn", ".sbx", ".qix", ".xml", ".txt", ".pdf", ".html"))
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SUFFIXES = {
    Format.SHAPEFILE: ".shp", Format.GEOPACKAGE: ".gpkg", Format.GEOJSON: ".geojson", Format.GML: ".gml",
    Format.KML: ".kml", Format.CSV: ".csv", Format.FLATGEOBUF: ".fgb", Format.GEOTIFF: ".tif",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """One file to read, in the load's own folder. `stem` is what its layer is named after."""

    path: Path
    format: Format
    name: str
    stem: str
    sha256: str
    more: tuple[Path, ...] = ()
    """Rasters of the same mosaic, each over those before it."""

    def task(self, request: LoadRequest | None = None) -> Task:
        """The reading of it, with the CRS and the encoding that were asked for."""
        if request is None:
            return Task(str(self.path), self.format)
        more = tuple(map(str, self.more))
        return Task(str(self.path), self.format, crs=request.crs, encoding=request.encoding, more=more)


@dataclass(frozen=True, slots=True)
class Collected:
    """What a source holds: files to read, and names of those left aside."""

    name: str
    sha256: str | None
    pieces: tuple[Piece, ...]
    ignored: tuple[str, ...]


def collect(settings: Settings, request: LoadRequest, folder: Path) -> Collected:
    """Bring a source into `folder`; Unprocessable when nothing in it can be read."""
    if urlsplit(request.source).scheme in ("http", "https"):
        path = folder / "fetched"
        Outbound(settings).fetch(
            request.source, path, limit=settings.limits.upload_bytes, is_trusted=request.is_address_trusted
        )
        name = request.name or unquote(urlsplit(request.source).path.rpartition("/")[2]) or "download"
    else:
        path = Path(request.source).expanduser().resolve()
        name = request.name or path.name
    if path.is_dir():
        return _folder(settings, path, folder)
    if not path.is_file():
        raise InvalidParameter(f"There is no file {request.source}.", locator="source")
    return _file(settings, path, name, folder)


def _folder(settings: Settings, path: Path, folder: Path) -> Collected:
    pieces: list[Piece] = []
    ignored: list[str] = []
    files = sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith("."))
    if len(files) > FILES:
        raise TooLarge(f"The folder has {len(files):,} files; at most {FILES:,} are loaded at once.")
    for index, file in enumerate(files):
        inner = folder / f"file{index}"
        inner.mkdir()
        try:
            found = _file(settings, file, file.name, inner)
        except Unprocessable as refusal:
            ignored.append(f"{file.name}: {refusal.message}")
            continue
        pieces += found.pieces
        ignored += found.ignored
    if not pieces:
        raise Unprocessable("The folder holds no file that can be read. " + " ".join(ignored[:5]))
    return Collected(path.name, None, tuple(pieces), tuple(ignored))


def _file(settings: Settings, path: Path, name: str, folder: Path) -> Collected:
    formats.refuse_empty(path, name)
    digest = _sha256(path)
    if formats.is_zip(path):
        return _archive(settings, path, name, digest, folder)
    kind = formats.tell(path)
    if kind is None:
        raise Unprocessable(f"{name} is of no format that is read; these are: {formats.LISTED}.")
    linked = folder / f"source{_SUFFIXES[kind]}"
    linked.symlink_to(path)
    if kind is Format.SHAPEFILE:
        _link_parts(path, linked)
        _check_shapefile(linked, name)
    return Collected(name, digest, (Piece(linked, kind, name, _stem(name), digest),), ())


def _link_parts(path: Path, linked: Path) -> None:
    for sibling in path.parent.glob(f"{_escaped(path.stem)}.*"):
        suffix = sibling.suffix.lower()
        if suffix in _PARTS[1:] and not linked.with_suffix(suffix).exists():
            linked.with_suffix(suffix).symlink_to(sibling)


def _escaped(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _archive(settings: Settings, path: Path, name: str, digest: str, folder: Path) -> Collected:
    inner = folder / "unpacked"
    inner.mkdir()
    pieces, ignored = [], []
    for member in unpack(path, inner, settings.limits.unpacked_bytes):
        kind = None if _is_sidecar(member.path) or member.path.stat().st_size == 0 else formats.tell(member.path)
        if kind is None:
            if not _is_sidecar(member.path):
                ignored.append(f"{member.name}: no format that is read")
            continue
        proper = member.path.with_suffix(_SUFFIXES[kind])
        if proper != member.path:
            member.path.rename(proper)
        if kind is Format.SHAPEFILE:
            _check_shapefile(proper, member.name)
        pieces.append(Piece(proper, kind, name, _stem(member.name), digest))
    if not pieces:
        raise Unprocessable(f"The ZIP archive holds no file of a format that is read; these are: {formats.LISTED}.")
    only = [Piece(p.path, p.format, p.name, _stem(name), p.sha256) for p in pieces] if _is_doc(pieces) else pieces
    return Collected(name, digest, tuple(only), tuple(ignored))


def _is_doc(pieces: list[Piece]) -> bool:
    """A KMZ's only document is always called doc.kml, which says nothing."""
    return len(pieces) == 1 and pieces[0].stem == "doc"


def _is_sidecar(path: Path) -> bool:
    return path.suffix in _SIDECARS and path.suffix != ".xml"


def _check_shapefile(path: Path, name: str) -> None:
    if not path.with_suffix(".shx").exists() or not path.with_suffix(".dbf").exists():
        raise Unprocessable(f"The Shapefile {name} lacks its .shx or .dbf part; send all parts in one ZIP archive.")


def _stem(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    return last.rpartition(".")[0].removesuffix(".shp") or last


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(path):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk
