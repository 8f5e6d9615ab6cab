# SPDX-License-Identifier: EUPL-1.2
"""Collections of features and of values as XML: their start with counts and links, their end (OGC 09-025r2, 7.7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode
from xml.sax.saxutils import quoteattr

from layers.model import Layer
from layers.wfs.model import GML_31, GML_32, WFS_11, WFS_20, XSI, Asked, Version, Window
from layers.wfs.names import PREFIX, namespace
from sdi.web.context import base_url

GML_TYPES: Mapping[Version, str] = {
    "2.0.0": "application/gml+xml; version=3.2",
    "1.1.0": "text/xml; subtype=gml/3.1.1",
}
_SCHEMAS: Mapping[Version, str] = {
    "2.0.0": f"{WFS_20} http://schemas.opengis.net/wfs/2.0/wfs.xsd",
    "1.1.0": f"{WFS_11} http://schemas.opengis.net/wfs/1.1.0/wfs.xsd",
}
_ADDRESS_LIMIT = 8_000
"""Characters of a link: what browsers and proxies still take."""


@dataclass(frozen=True)
class Counts:
    """What the start of a collection says; `matched` None is unknown."""

    matched: int | None
    returned: int
    next: str | None = None
    previous: str | None = None


def prefixes(version: Version) -> dict[str, str]:
    """The namespaces that features need."""
    return {f"xmlns:{PREFIX}": namespace(), "xmlns:gml": GML_32 if version == "2.0.0" else GML_31}


def start(root: str, version: Version, layers: Iterable[Layer], counts: Counts) -> bytes:
    """The declaration and the start tag of a collection: FeatureCollection or ValueCollection."""
    described = ",".join(dict.fromkeys(f"{PREFIX}:{layer.id}" for layer in layers))
    types = "typeNames" if version == "2.0.0" else "typeName"
    ours = f"{base_url()}/wfs?service=WFS&version={version}&request=DescribeFeatureType&{types}={described}"
    attributes = {
        "xmlns:wfs": WFS_20 if version == "2.0.0" else WFS_11,
        **prefixes(version),
        "xmlns:xsi": XSI,
        "xsi:schemaLocation": f"{_SCHEMAS[version]} {namespace()} {quote(ours, safe=':/?&=,%#')}",
        **numbers(version, counts),
    }
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:{root}{written(attributes)}>\n'.encode()


def end(root: str) -> bytes:
    """The end tag of a collection."""
    return f"</wfs:{root}>\n".encode()


def numbers(version: Version, counts: Counts) -> dict[str, str]:
    """The attributes that tell when, how many, and where the pages beside are."""
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if version == "1.1.0":
        return {"timeStamp": moment, "numberOfFeatures": str(counts.returned)}
    found = {
        "timeStamp": moment,
        "numberMatched": "unknown" if counts.matched is None else str(counts.matched),
        "numberReturned": str(counts.returned),
    }
    links = {"next": counts.next, "previous": counts.previous}
    return {**found, **{name: link for name, link in links.items() if link}}


def written(attributes: Mapping[str, str]) -> str:
    """Attributes of a start tag."""
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


def counted(asked: Asked, window: Window, matched: int | None, returned: int, *, hits: bool = False) -> Counts:
    """Counts with the links to the pages before and after (7.7.4.4); hits lead to the first page."""
    if hits:
        following = Window(window.start, window.limit) if matched != 0 else None
        return Counts(matched, 0, _link(asked, following))
    reached = window.start + returned
    more = reached < matched if matched is not None else returned == window.limit
    following = Window(reached, window.limit) if more and returned else None
    before = min(window.limit, window.start)
    previous = Window(window.start - before, before) if before else None
    return Counts(matched, returned, _link(asked, following), _link(asked, previous))


def _link(asked: Asked, window: Window | None) -> str | None:
    """The address of the same request at another place; None where pairs cannot say it."""
    if window is None or asked.again is None or asked.version != "2.0.0":
        return None
    kept = {name: value for name, value in asked.again.items() if name not in ("startindex", "count", "resulttype")}
    pairs = {"service": "WFS", **kept, "startindex": str(window.start), "count": str(window.limit)}
    address = f"{base_url()}/wfs?{urlencode(pairs)}"
    return address if len(address) <= _ADDRESS_LIMIT else None
