# SPDX-License-Identifier: EUPL-1.2
"""The outbound client calls registered hosts only, never private addresses, and keeps to its limits."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdi.errors import BramaError, Forbidden, InvalidParameter, TooLarge, Unreachable
from sdi.outbound import Outbound, _is_public
from sdi.settings import Settings, load

BODY = b"x" * 50_000


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            self._head(200, 10)
            for _ in range(10):
                time.sleep(0.1)
                self.wfile.write(b"x")
                self.wfile.flush()
        elif self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(100):
                self.wfile.write(BODY)
        elif self.path == "/short":
            self._head(200, len(BODY) + 10)
            self.wfile.write(BODY)
        elif self.path == "/missing":
            self._head(404, 0)
        else:
            self._head(200, len(BODY))
            self.wfile.write(BODY)

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/geo+json")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            return


@pytest.fixture
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _settings(tmp_path: Path, *hosts: str, private: bool = True) -> Settings:
    return load(tmp_path / "none.yml", {}, outbound__hosts=hosts, outbound__private_addresses=private)


def test_a_registered_host_is_fetched_to_a_file(tmp_path: Path, server: str) -> None:
    target = tmp_path / "f"
    kind = Outbound(_settings(tmp_path, "localhost")).fetch(f"{server}/a", target, limit=100_000)
    assert (kind, target.read_bytes()) == ("application/geo+json", BODY)


@pytest.mark.parametrize(
    "url", ["ftp://localhost/a", "file:///etc/passwd", "http://", "gopher://x", "http://a b/", "http://u:p@localhost/",
            "http://localhost:99999/", "http://[::1", "//localhost/a", "http://localhost/\r\nX: y"]
)  # fmt: skip
def test_other_addresses_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises((InvalidParameter, Forbidden)):
        Outbound(_settings(tmp_path, "localhost")).fetch(url, tmp_path / "f", limit=10)
    assert not (tmp_path / "f").exists()


def test_a_host_that_is_not_registered_is_refused_unless_an_operator_typed_it(tmp_path: Path, server: str) -> None:
    client = Outbound(_settings(tmp_path, "example.org"))
    with pytest.raises(Forbidden, match="not registered"):
        client.fetch(f"{server}/a", tmp_path / "f", limit=100_000)
    client.fetch(f"{server}/a", tmp_path / "f", limit=100_000, is_trusted=True)


@pytest.mark.parametrize("is_trusted", [False, True])
def test_private_addresses_are_refused_even_when_registered_or_typed(
    tmp_path: Path, server: str, is_trusted: bool
) -> None:
    client = Outbound(_settings(tmp_path, "localhost", private=False))
    with pytest.raises(Forbidden, match="private or local"):
        client.fetch(f"{server}/a", tmp_path / "f", limit=100_000, is_trusted=is_trusted)


def test_the_connection_goes_to_the_address_that_was_checked(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    known = socket.getaddrinfo

    def resolve(host: str, *args: object, **kwargs: object) -> object:
        asked.append(host)
        return known(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    Outbound(_settings(tmp_path, "localhost")).fetch(f"{server}/a", tmp_path / "f", limit=100_000)
    assert asked.count("localhost") == 1


def test_redirects_are_checked_again(tmp_path: Path, server: str) -> None:
    client = Outbound(_settings(tmp_path, "localhost"))
    client.fetch(f"{server}/to//a", tmp_path / "f", limit=100_000)
    for number, location in enumerate(("http://127.0.0.2:1/x", "file:///etc/passwd", "http://example.org/")):
        with pytest.raises(BramaError) as refused:
            client.fetch(f"{server}/to/{location}", tmp_path / f"r{number}", limit=100_000)
        assert refused.value.status in (400, 403)
    with pytest.raises(Unreachable, match="redirects more than"):
        client.fetch(f"{server}/to/" + "/to/" * 20, tmp_path / "loop", limit=10)


@pytest.mark.parametrize("path", ["/a", "/endless"])
def test_more_than_the_limit_is_refused_and_nothing_kept(tmp_path: Path, server: str, path: str) -> None:
    with pytest.raises(TooLarge):
        Outbound(_settings(tmp_path, "localhost")).fetch(server + path, tmp_path / "f", limit=49_999)
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(("path", "words"), [("/short", "ended after|cannot be read"), ("/missing", "status 404")])
def test_incomplete_and_missing_files_are_refused(tmp_path: Path, server: str, path: str, words: str) -> None:
    with pytest.raises(Unreachable, match=words):
        Outbound(_settings(tmp_path, "localhost")).fetch(server + path, tmp_path / "f", limit=100_000)
    assert not (tmp_path / "f").exists()


def test_a_slow_server_is_left(tmp_path: Path, server: str) -> None:
    with pytest.raises(Unreachable, match="too long|timed out"):
        Outbound(_settings(tmp_path, "localhost")).fetch(f"{server}/slow", tmp_path / "f", limit=100, seconds=0.3)
    assert not (tmp_path / "f").exists()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
     "64:ff9b::7f00:1", "2002:7f00:1::", "192.0.2.1", "198.18.0.1"],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not _is_public(address)


@given(st.ip_addresses())
def test_public_addresses_are_global(address: object) -> None:
    if _is_public(str(address)):
        assert getattr(address, "is_global", False) or str(address).startswith("64:ff9b:")
