# SPDX-License-Identifier: EUPL-1.2
"""Long answers are few at once, refused properly, and give their place back however they end."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from sdi.errors import InvalidParameter
from sdi.web.rights import public
from sdi.web.streaming import streamed

_SERVED = """
import time
from pathlib import Path
import sdi.web.streaming
sdi.web.streaming.IDLE_SECONDS = 2
from flask import Flask
from sdi.settings import load
app = Flask("x")
sdi.web.streaming.install(app, load(Path("none.yml"), {}))
log = Path(__file__).with_name("log")

def said(word):
    with log.open("a") as out:
        out.write(word + chr(10))

def endless(chunk, pause):
    try:
        while True:
            time.sleep(pause)
            yield chunk
    finally:
        said("closed")

@app.get("/data")
def data():
    return sdi.web.streaming.streamed(lambda: endless(b"x" * 500_000, 0), "text/plain", {})

@app.get("/waiting")
def waiting():
    return sdi.web.streaming.streamed(lambda: endless(b"", 0.05), "text/plain", {})
"""


@pytest.fixture
def taken(app: Flask) -> list[str]:
    """What closed streams said."""
    said: list[str] = []

    def body() -> Iterator[bytes]:
        try:
            yield from (b"one", b"", b"two")
        finally:
            said.append("closed")

    def begun() -> Iterator[bytes]:
        chunks = body()
        first = next(chunks)

        def rest() -> Iterator[bytes]:
            yield first
            yield from chunks

        return rest()

    def refused() -> Iterator[bytes]:
        raise InvalidParameter("no")

    @app.get("/test/stream")
    @public
    def stream() -> Response:
        return streamed(begun, "text/plain", {"X-Test": "1"})

    @app.get("/test/refused")
    @public
    def refuse() -> Response:
        return streamed(refused, "text/plain", {})

    return said


def test_a_stream_ends_and_gives_its_place_back(client: FlaskClient, taken: list[str]) -> None:
    for _ in range(10):
        answer = client.get("/test/stream")
        assert (answer.data, answer.headers["X-Test"]) == (b"onetwo", "1")
        assert client.head("/test/stream").data == b""
    assert len(taken) == 20


def test_more_streams_than_places_are_refused(client: FlaskClient, taken: list[str], app: Flask) -> None:
    running = [app.test_client().get("/test/stream", buffered=False) for _ in range(3)]
    refused = client.get("/test/stream")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]
    running.pop().close()
    assert client.get("/test/stream").data == b"onetwo"
    for answer in running:
        answer.close()


def test_a_refusal_before_the_first_byte_is_a_proper_answer(client: FlaskClient, taken: list[str]) -> None:
    for _ in range(5):
        assert client.get("/test/refused").status_code == 400
    assert client.get("/test/stream").data == b"onetwo"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """The web server itself with endless answers: its port and the file that tells what closed."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "endless.py").write_text(_SERVED)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1"]
    argv += ["--blocking-threads", "8", "--no-ws", "--log-level", "warning", "endless:app"]
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(argv, cwd=folder, env={"PYTHONPATH": f"{folder}:{root}", "PATH": ""})
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    yield port, folder / "log"
    process.terminate()
    process.wait(20)


def _asking(port: int, path: str) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def _closed(log: Path, wanted: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if log.exists() and log.read_text().count("closed") == wanted:
            return True
        time.sleep(0.05)
    return False


def test_a_client_that_leaves_or_stays_away_ends_its_stream(served: tuple[int, Path]) -> None:
    port, log = served
    reading = _asking(port, "/data")
    assert len(reading.recv(10_000)) > 0
    reading.close()
    assert _closed(log, 1, 5), "a client that leaves while it is sent data"
    waiting = _asking(port, "/waiting")
    assert b"200" in waiting.recv(100)
    waiting.close()
    assert _closed(log, 2, 5), "a client that leaves while nothing is there to send"
    asleep = _asking(port, "/data")
    assert len(asleep.recv(100)) == 100
    assert _closed(log, 3, 20), "a client that reads nothing any more"
    asleep.close()
