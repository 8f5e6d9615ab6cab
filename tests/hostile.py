# SPDX-License-Identifier: EUPL-1.2
"""Hostile requests: a good request of each service, broken in some ways by a seeded chance.

A new service joins by a line in SERVICES: a path, its parameters (or None and a body) and what it may take besides.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Service:
    """One kind of good request."""

    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    media_type: str = "application/json"
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()


_ITEMS = "/ogc/collections/squares/items"
_BOX = "20.8,52.1,21.1,52.3"
SERVICES = (
    Service(_ITEMS, {"bbox": _BOX, "limit": "5", "crs": "EPSG:2180", "datetime": "2020-01-01/..",
                     "filter": "people > 1", "sortby": "-people", "properties": "name", "people": "10",
                     "f": "json", "lang": "pl"}),
    Service(_ITEMS, {"filter": '{"op":"=","args":[{"property":"people"},1]}', "filter-lang": "cql2-json", "next": "x"}),
    Service(f"{_ITEMS}/1", {"crs": "EPSG:2180", "f": "html"}),
    Service(_ITEMS, {"asOf": "2026-05-01T12:00:00Z", "limit": "5", "bbox": _BOX, "filter": "people > 1", "f": "csv"}),
    Service(f"{_ITEMS}/1", {"asOf": "2026-05-01T12:00:00Z", "crs": "EPSG:2180", "f": "jsonfg"}),
    Service(f"{_ITEMS}/1/versions", {"f": "html", "lang": "en"}),
    Service("/api/changes/01a22297-aab5-745a-9ab3-ce828cd87cc8/undo", method="POST"),
    Service("/ogc/collections/squares/tiles/EPSG2180/5/2/3", {"datetime": "2020-01-01/..", "v": "1.0"}),
    Service("/ogc/map/tiles/EPSG2180/5/2/3", {"collections": "squares", "datetime": "2020-01-01/..", "f": "png"}),
    Service("/ogc/collections/squares/map", {"f": "tiff", "bbox": _BOX, "width": "64", "datetime": "2020-01-01",
                                             "bgcolor": "0xff0000", "transparent": "false", "crs": "EPSG:2180"}),
    Service("/ogc/processes/transform-coordinates/execution", method="POST",
            body='{"inputs": {"coordinates": [[21, 52]], "target": "EPSG:2180"}, "response": "document",'
                 ' "outputs": {"result": {"transmissionMode": "reference"}}}',
            headers=(("Prefer", "respond-async"),)),
    Service("/ogc/jobs/01a22297-aab5-745a-9ab3-ce828cd87cc8/results/result", {"lang": "pl"}),
    Service("/atom/files/squares.tif", headers=(("Range", "bytes=0-99"),)),
    Service("/wfs", {"SERVICE": "WFS", "VERSION": "2.0.0", "REQUEST": "GetFeature", "TYPENAMES": "squares",
                     "FILTER": '<Filter xmlns="http://www.opengis.net/ogc"><PropertyIsEqualTo><PropertyName>people'
                               "</PropertyName><Literal>10</Literal></PropertyIsEqualTo></Filter>"}),
    Service("/ogc/collections", {"q": "kwadraty", "bbox": _BOX, "limit": "10", "theme": "nature", "f": "html"}),
    Service("/ogc/collections/squares/queryables", {"lang": "en"}),
    Service("/ogc/collections/squares/tiles/EPSG2180/5/2/3", {"f": "mvt"}),
    Service("/ogc/processes/transform-coordinates", {"f": "html"}),
    Service("/ogc/processes/transform-coordinates/execution", method="POST",
            body='{"inputs": {"coordinates": [[21, 52]], "target": "EPSG:2180"}}',
            headers=(("Prefer", "respond-async"),)),
    Service("/ogc/processes/buffer/execution", {"lang": "pl"}, "features=squares&distance=5",
            "application/x-www-form-urlencoded", "POST"),
    Service("/ogc/jobs", {"limit": "5", "status": "failed", "datetime": "2020-01-01/..", "minDuration": "5"}),
    Service("/wms", {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": "squares", "STYLES": "",
                     "CRS": "EPSG:2180", "BBOX": "480000,630000,482000,632000", "WIDTH": "64", "HEIGHT": "64",
                     "FORMAT": "image/png"}),
    Service("/wms", {"SERVICE": "WMS", "REQUEST": "GetCapabilities"}),
    Service("/wms", {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetFeatureInfo", "LAYERS": "squares",
                     "QUERY_LAYERS": "squares", "CRS": "EPSG:2180", "BBOX": "480000,630000,482000,632000",
                     "WIDTH": "64", "HEIGHT": "64", "I": "5", "J": "5", "INFO_FORMAT": "application/json"}),
    Service("/wfs", {"SERVICE": "WFS", "VERSION": "2.0.0", "REQUEST": "GetFeature", "TYPENAMES": "squares",
                     "COUNT": "5", "STARTINDEX": "1", "BBOX": "480000,630000,482000,632000"}),
    Service("/wfs", {}, '<GetFeature xmlns="http://www.opengis.net/wfs/2.0" service="WFS" version="2.0.0">'
            '<Query typeNames="squares"/></GetFeature>', "application/xml", "POST"),
    Service("/wmts", {"SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0", "LAYER": "squares",
                      "STYLE": "default", "TILEMATRIXSET": "EPSG2180", "TILEMATRIX": "5", "TILEROW": "2",
                      "TILECOL": "3",
                      "FORMAT": "image/png"}),
    Service("/csw", {"SERVICE": "CSW", "VERSION": "2.0.2", "REQUEST": "GetRecords", "TYPENAMES": "csw:Record",
                     "CONSTRAINTLANGUAGE": "CQL_TEXT", "CONSTRAINT": "AnyText LIKE '%x%'", "MAXRECORDS": "5"}),
    Service("/atom", {"lang": "pl"}),
    Service("/catalogue", {"q": "woda", "theme": "wody", "inspire": "hy", "bbox": _BOX, "datetime": "2020-01-01/..",
                           "sort": "title", "page": "2", "limit": "5", "f": "ttl"}),
    Service("/api/catalogue/suggestions", {"q": "wod"}),
    Service("/ogc/collections/metadata-records/items",
            {"q": "woda,las", "bbox": _BOX, "datetime": "../2020-01-01", "sortby": "-title", "ids": "a,b", "limit": "5",
             "externalIds": "x:y", "type": "dataset", "filter": "title LIKE 'a%'", "offset": "1", "title": "a"}),
    Service("/oai", {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2020-01-01", "set": "organisation:x"}),
    Service("/csw", {"service": "CSW", "version": "3.0.0", "request": "GetRecords", "q": "woda", "bbox": _BOX,
                     "time": "2020-01-01/..", "recordIds": "a", "outputFormat": "application/atom+xml"}),
    Service("/api/search", {"q": "Kwadrat", "limit": "5"}),
)  # fmt: skip

VALUES = (
    "", " ", "0", "-1", "1e309", "NaN", "inf", "9" * 400, "9223372036854775808", "-9223372036854775809", "1,2,3", "٣",
    "'; DROP TABLE sdi.account; --", "1 OR 1=1", "' UNION SELECT hash FROM sdi.token --", "\\'; SELECT pg_sleep(9) --",
    "%s%(x)s%%", "{{7*7}}", "${jndi:ldap://127.0.0.1/x}", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "\x00",
    "a\r\nSet-Cookie: x=1", "<script>alert(1)</script>", "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
    "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "(" * 5_000, "NOT " * 5_000, "[" * 5_000,
    "a" * 100_000, "ł" * 3_000, "\u202e\u0000", "\ud7ff\uffff", "null", "true", "[]", "{}", '{"a":1}', "POINT(1 1)",
    "POLYGON((0 0,1 1,1 0,0 1,0 0))", "BBOX(1,2,3", "T_AFTER(x,", "2020-13-45", "0000-00-00", "../..", "P99999Y",
    "-180,-90,180,90", "1e308,1e308,1e308,1e308", "EPSG:999999", "urn:ogc:def:crs:EPSG::0", "*", "%", "_", "name" * 50,
    "pg_sleep(5) = 1", "area(geom) > 0", "name LIKE '" + "%a" * 300 + "'", "65536", "100000000",
)  # fmt: skip
HEADERS = (
    ("Accept", "application/xml;q=0.1, */*;q=nan"), ("Accept", "x" * 5_000), ("Accept-Language", "tlh,;;;q=9"),
    ("Authorization", "Bearer " + "x" * 500), ("Authorization", "Basic !!!"), ("If-None-Match", '"' * 300),
    ("If-Modified-Since", "yesterday"), ("Range", "bytes=0-1,2-3,5-"), ("Prefer", "wait=-1, respond-async;;;"),
    ("X-Request-Id", "x\ty" * 50), ("Content-Type", "multipart/form-data"), ("Content-Type", "text/xml; charset=u-99"),
    ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("Cookie", "a=" + "b" * 3_000),
)  # fmt: skip
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE")
BODIES = (
    b"", b"\x00\xff\xfe", b"{", b"[" * 20_000, b'{"inputs":' * 3_000, b"<" * 5_000, b"<a>" * 5_000, b"=" * 5_000,
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><l>&b;</l>',
    b'{"inputs": {"coordinates": [[1e400, NaN]], "target": "EPSG:2180"}}', b"x" * 300_000,
)  # fmt: skip


def requests(count: int, seed: int = 2180) -> Iterator[dict[str, Any]]:
    """Arguments of so many requests for a Flask client, the same ones for the same seed."""
    chance = random.Random(seed)
    for number in range(count):
        yield _broken(SERVICES[number % len(SERVICES)], chance)


def _broken(service: Service, chance: random.Random) -> dict[str, Any]:
    query = list(service.query.items())
    request: dict[str, Any] = {"path": service.path, "method": service.method, "headers": [*service.headers]}
    body: bytes | None = service.body.encode() if service.body is not None else None
    for _ in range(chance.randint(1, 3)):
        harm = chance.randrange(8)
        if harm <= 3 and query:
            place = chance.randrange(len(query))
            query[place] = (query[place][0], chance.choice(VALUES))
        elif harm == 4 and query:
            name, _value = query.pop(chance.randrange(len(query)))
            query += [(name, chance.choice(VALUES))] * chance.randint(0, 3)
        elif harm == 5:
            request["headers"].append(chance.choice(HEADERS))
        elif harm == 6:
            parts = request["path"].split("/")
            parts[chance.randrange(1, len(parts))] = chance.choice(VALUES)[:2_000].replace("?", "").replace("#", "")
            request["path"] = "/".join(parts)
        elif body is not None:
            body = chance.choice(BODIES)
        else:
            request["method"] = chance.choice(METHODS)
    request["query_string"] = query
    if body is not None:
        request |= {"data": body, "content_type": service.media_type}
    return request
