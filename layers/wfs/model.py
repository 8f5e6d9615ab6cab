# SPDX-License-Identifier: EUPL-1.2
"""What a WFS request asks for: pairs as they were sent, then typed queries of layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from layers.items.model import ItemQuery
from layers.model import Layer
from sdi.crs import Crs
from sdi.web.parameters import Parameters

Version = Literal["2.0.0", "1.1.0"]

WFS_20 = "http://www.opengis.net/wfs/2.0"
WFS_11 = "http://www.opengis.net/wfs"
FES_20 = "http://www.opengis.net/fes/2.0"
OGC = "http://www.opengis.net/ogc"
OWS_11 = "http://www.opengis.net/ows/1.1"
OWS_10 = "http://www.opengis.net/ows"

GML_32 = "http://www.opengis.net/gml/3.2"
GML_31 = "http://www.opengis.net/gml"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

QUERIES = 20
"""Queries in one request."""
DOWNLOAD = 10_000_000
"""Most features of one answer, of one query."""
HUGE = 10**15
"""Numbers of features that may be asked for; what is over the server's own limits means those."""
SORT_KEYS = 5


@dataclass(frozen=True)
class Asked:
    """A request, whether it came as key-value pairs or as XML: names in lower case, one set of pairs a query.

    `again` are the pairs that ask for the same by GET; None when pairs cannot say it.
    """

    operation: str
    version: Version
    sent: Parameters
    queries: tuple[Parameters, ...] = ()
    again: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Srs:
    """The reference system of an answer: its axis order, and its name as the answer writes it."""

    crs: Crs
    name: str


@dataclass(frozen=True)
class Query:
    """A query of one layer; `items` without limit and place, which belong to the request."""

    layer: Layer
    items: ItemQuery
    srs: Srs


@dataclass(frozen=True)
class Window:
    """Which of the features that match are asked for."""

    start: int
    limit: int


@dataclass(frozen=True)
class Page:
    """Features, encoded; `matched` None is unknown."""

    body: bytes
    matched: int | None
    returned: int
