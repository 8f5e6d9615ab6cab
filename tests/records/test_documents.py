# SPDX-License-Identifier: EUPL-1.2
"""Documents: kept by content, sniffed, limited, scanned, previewed, in versions, under rights (records 7)."""

import io
import os
import socket
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text

from ingest.jobs import tasks
from records.documents import service
from records.documents.service import Upload
from records.model import Saved
from records.service import InvalidRecord
from sdi.db.database import Database
from sdi.errors import Forbidden, NotFound, TooBusy, TooLarge, Unprocessable
from sdi.jobs.model import JobContext
from sdi.objects import Objects
from sdi.people.model import Principal
from sdi.settings import Settings

Person = Callable[..., Principal]
SignIn = Callable[..., tuple[Principal, dict[str, str]]]
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def _png(width: int = 800) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, 600), "green").save(made, "PNG")
    return made.getvalue()


def _docx() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    return made.getvalue()


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Upload]:
    def make(name: str, content: bytes) -> Upload:
        path = tmp_path / "received"
        path.write_bytes(content)
        return Upload(path, name)

    return make


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [("a.png", _png(), "image/png"), ("a.PDF", b"%PDF-1.7\n1 0 obj\n", "application/pdf"),
     ("a.docx", _docx(), service.ACCEPTED[".docx"]), ("a.txt", "Zażółć".encode(), "text/plain"),
     ("a.csv", b"a;b\n1;2", "text/csv")],
)  # fmt: skip
def test_what_a_file_is_its_bytes_say(
    write: Callable[[str, bytes], Upload], name: str, content: bytes, media_type: str
) -> None:
    assert service.sniffed(write(name, content).path, name) == media_type


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.png", b"%PDF-1.7\n"), ("a.pdf", _png()), ("a.exe", b"MZ"), ("a.svg", b"<svg/>"), ("a.html", b"<html>"),
     ("a.txt", b"a\0b"), ("png", _png()), ("a" * 300 + ".png", _png()), ("a.pdf", b""), ("a.docx", b"<html>")],
)  # fmt: skip
def test_what_is_not_what_its_name_says_is_refused(
    write: Callable[[str, bytes], Upload], name: str, content: bytes
) -> None:
    with pytest.raises(InvalidRecord):
        service.sniffed(write(name, content).path, name)


def test_a_picture_is_kept_with_a_preview_and_survives_the_sweep(
    database: Database, settings: Settings, person: Person, add_monument: Callable[..., Saved],
    write: Callable[[str, bytes], Upload],
) -> None:  # fmt: skip
    made = add_monument(person())
    document = service.add(database, settings, person(), made.id, write("wieza.png", _png(3000)))
    row = service.read(database, person(), made.id, document)
    store = Objects(settings)
    assert store.path(row["object_key"]).read_bytes() == _png(3000)
    with Image.open(store.path(row["preview_key"])) as preview:
        assert max(preview.size) == 640
    for key in (row["object_key"], row["preview_key"]):
        os.utime(store.path(key), (1_700_000_000, 1_700_000_000))
    context = JobContext(made.id, settings, database, lambda _f, _m: None, None, None)
    sweep = next(task for task in tasks if task.name == "ingest.sweep")
    assert sweep.run(context, {})["objects"] == []
    assert store.path(row["object_key"]).exists()


def test_versions_follow_each_other_and_strangers_add_none(
    database: Database, settings: Settings, person: Person, add_monument: Callable[..., Saved],
    write: Callable[[str, bytes], Upload],
) -> None:  # fmt: skip
    made = add_monument(person())
    first = service.add(database, settings, person(), made.id, write("a.txt", b"one"))
    upload = write("a.txt", b"two")
    second = service.add(database, settings, person(), made.id, Upload(upload.path, "a.txt", replaces=first))
    assert [row["id"] for row in service.listed(database, person(), made.id, public=False)] == [second]
    assert service.read(database, person(), made.id, first)["bytes"] == 3
    for nobody in (person("stranger"), person(scopes=frozenset({"monuments:read"}))):
        with pytest.raises(Forbidden):
            service.add(database, settings, nobody, made.id, write("a.txt", b"x"))
    for nobody in (person("stranger"), None):
        with pytest.raises(NotFound):
            service.read(database, nobody, made.id, first)


def test_limits_are_kept(
    database: Database, settings: Settings, person: Person, add_monument: Callable[..., Saved],
    write: Callable[[str, bytes], Upload],
) -> None:  # fmt: skip
    made = add_monument(person())
    small = settings.model_copy(update={"documents": settings.documents.model_copy(update={"bytes": 10})})
    with pytest.raises(TooLarge):
        service.add(database, small, person(), made.id, write("a.txt", b"12345678901"))
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack("!I4sIIBBBBB", 13, b"IHDR", 60_000, 60_000, 8, 2, 0, 0, 0) + b"\0" * 4
    document = service.add(database, settings, person(), made.id, write("bomb.png", bomb))
    assert service.read(database, person(), made.id, document)["preview_key"] is None


def test_a_form_without_a_file_says_so(
    client: FlaskClient, person: Person, add_monument: Callable[..., Saved], sign_in: SignIn
) -> None:
    made = add_monument(person())
    head = sign_in("clerk", "monuments:read", "monuments:write")[1]
    none = client.post(f"/registers/monuments/{made.id}/documents", data={"title": "x"}, headers=head)
    assert none.status_code == 422


@pytest.fixture
def clamd(tmp_path: Path) -> Iterator[str]:
    """A daemon that speaks INSTREAM as clamd does, and knows the one test virus."""
    path = str(tmp_path / "clamd.sock")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as sent:
                assert sent.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack("!L", sent.read(4))[0]:
                    content += sent.read(size)
                connection.sendall(b"stream: Eicar FOUND\0" if EICAR in content else b"stream: OK\0")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield path
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(5)


def test_a_virus_is_refused_and_an_absent_daemon_lets_nothing_in(
    database: Database, settings: Settings, person: Person, add_monument: Callable[..., Saved],
    write: Callable[[str, bytes], Upload], clamd: str,
) -> None:  # fmt: skip
    made = add_monument(person())
    scanning = settings.model_copy(update={"documents": settings.documents.model_copy(update={"scanner": clamd})})
    service.add(database, scanning, person(), made.id, write("a.txt", b"clean" * 50_000))
    with pytest.raises(Unprocessable, match="Eicar"):
        service.add(database, scanning, person(), made.id, write("a.txt", EICAR))
    absent = settings.model_copy(update={"documents": settings.documents.model_copy(update={"scanner": "/nowhere"})})
    with pytest.raises(TooBusy):
        service.add(database, absent, person(), made.id, write("a.txt", b"clean"))
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM records.document")).scalar() == 1
