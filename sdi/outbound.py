# SPDX-License-Identifier: EUPL-1.2
"""The one outbound HTTP client: registered hosts only, addresses checked and pinned, limits of size and time."""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from sdi.errors import Forbidden, InvalidParameter, TooLarge, Unreachable
from sdi.settings import Settings

REDIRECTS = 5
CONNECT_SECONDS = 10.0
TOTAL_SECONDS = 1_800.0
_CHUNK = 1 << 18
# Reserved characters (RFC 3986) and escapes stay; letters beyond ASCII are escaped.
_KEPT_IN_PATH = "/%?:@!$&'()*+,;=[]~"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class _Address:
    """A checked address: the URL's parts and the one IP address that the connection goes to."""

    parts: SplitResult
    host: str
    port: int
    ip: str


class Outbound:
    """Fetches files from other servers, as `settings.outbound` allows."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = frozenset(host.lower().rstrip(".") for host in settings.outbound.hosts)
        self._private = settings.outbound.private_addresses

    def fetch(
        self, url: str, target: Path, *, limit: int, seconds: float = TOTAL_SECONDS, is_trusted: bool = False
    ) -> str | None:
        """Write what is at `url` to `target`, at most `limit` bytes within `seconds`; returns its media type.

        `is_trusted` says that an operator typed the URL: its host, and the hosts it redirects to, need not be
        registered; private addresses stay closed to it unless the settings open them. Raises Forbidden,
        InvalidParameter, TooLarge or Unreachable; then `target` is not there.
        """
        deadline = time.monotonic() + seconds
        try:
            for _ in range(REDIRECTS + 1):
                with _request(self._check(url, is_trusted), deadline) as response:
                    if response.status in (301, 302, 303, 307, 308):
                        url = urljoin(url, response.headers.get("Location", ""))
                        continue
                    if response.status != 200:
                        raise Unreachable(f"{urlsplit(url).hostname} answers with status {response.status}.")
                    _save(response, target, limit, deadline)
                    return response.headers.get_content_type()
        except (OSError, http.client.HTTPException) as error:
            target.unlink(missing_ok=True)
            raise Unreachable(f"{urlsplit(url).hostname} cannot be read: {error}.") from error
        raise Unreachable(f"The address redirects more than {REDIRECTS} times.")

    def ask(
        self, url: str, *, form: Mapping[str, str] | None, headers: Mapping[str, str] | None, limit: int, seconds: float
    ) -> bytes:
        """What a service of the settings answers, at most `limit` bytes within `seconds`; with a form it is sent one.

        The operator named the service, so its host need not be registered; it does not lead elsewhere. Raises
        Forbidden, InvalidParameter, TooLarge or Unreachable.
        """
        deadline = time.monotonic() + seconds
        body = None if form is None else urlencode(form).encode()
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        try:
            with _request(self._check(url, is_trusted=True), deadline, body, {**sent, **(headers or {})}) as response:
                answer = b""
                while len(answer) <= limit and (chunk := response.read1(_CHUNK)):
                    _left(deadline)
                    answer += chunk
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{urlsplit(url).hostname} cannot be asked: {error}.") from error
        if response.status != 200:
            raise Unreachable(f"{urlsplit(url).hostname} answers with status {response.status}.")
        if len(answer) > limit:
            raise TooLarge(f"The answer is over {limit:,} bytes.")
        return answer

    def _check(self, url: str, is_trusted: bool) -> _Address:
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError as error:
            raise InvalidParameter(f"The address cannot be understood: {error}.", locator="source") from error
        if parts.scheme not in _PORTS or not host or any(ord(letter) <= 32 for letter in url):
            raise InvalidParameter("Only complete http and https addresses are fetched.", locator="source")
        if parts.username is not None or parts.password is not None:
            raise InvalidParameter("An address with a user's name or password is not fetched.", locator="source")
        if not is_trusted and host.lower() not in self._hosts:
            raise Forbidden(f"The host {host} is not registered (outbound.hosts in config.yml).", locator="source")
        port = port or _PORTS[parts.scheme]
        return _Address(parts, host, port, self._resolve(host, port))

    def _resolve(self, host: str, port: int) -> str:
        """The first of the host's addresses, when all of them may be called."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        if not self._private and any(not _is_public(address) for address in addresses):
            raise Forbidden(f"The host {host} has a private or local address.", locator="source")
        return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    teredo = getattr(ip, "teredo", None)
    candidates = [ip, *([inner] if inner else []), *(teredo or ())]
    # NAT64 (RFC 6052) carries any IPv4 address in its last four bytes.
    if isinstance(ip, ipaddress.IPv6Address) and ip in ipaddress.ip_network("64:ff9b::/96"):
        candidates = [ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)]
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in candidates)


@contextmanager
def _request(
    address: _Address, deadline: float, body: bytes | None = None, more: Mapping[str, str] | None = None
) -> Iterator[http.client.HTTPResponse]:
    """GET, or POST a body, over a connection to the checked IP address, with the host's own name in TLS and request."""
    plain = socket.create_connection((address.ip, address.port), timeout=min(CONNECT_SECONDS, _left(deadline)))
    with plain:
        secure = address.parts.scheme == "https"
        wire = ssl.create_default_context().wrap_socket(plain, server_hostname=address.host) if secure else plain
        with wire:
            connection = http.client.HTTPConnection(address.host, address.port)
            connection.sock = wire
            query = f"?{address.parts.query}" if address.parts.query else ""
            path = quote((address.parts.path or "/") + query, safe=_KEPT_IN_PATH)
            headers = {"User-Agent": "Brama", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
            connection.request("GET" if body is None else "POST", path, body, {**headers, **(more or {})})
            with closing(connection.getresponse()) as response:
                yield response


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("it takes too long")
    return left


def _save(response: http.client.HTTPResponse, target: Path, limit: int, deadline: float) -> None:
    declared = response.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"The file at that address has {int(declared):,} bytes; at most {limit:,} are fetched.")
    try:
        with target.open("xb") as file:
            written = _copy(response, file, limit, deadline)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    if declared.isdigit() and written != int(declared):
        target.unlink()
        raise Unreachable(f"The answer ended after {written:,} of {int(declared):,} bytes.")


def _copy(response: http.client.HTTPResponse, file: IO[bytes], limit: int, deadline: float) -> int:
    written = 0
    while chunk := response.read1(_CHUNK):
        _left(deadline)
        written += len(chunk)
        if written > limit:
            raise TooLarge(f"The file at that address is over {limit:,} bytes.")
        file.write(chunk)
    return written
