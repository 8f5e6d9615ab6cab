# SPDX-License-Identifier: EUPL-1.2
"""GetFeature and GetPropertyValue: requests into pages, streams, counts and single features (clauses 10 and 11)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from flask import Response

from layers.formats import service as formats
from layers.formats.model import Format
from layers.items.service import items
from layers.items.statements import FID, GEOMETRY
from layers.service import visible_layers
from layers.wfs import answers, stored
from layers.wfs.answers import GML_TYPES, Counts, counted
from layers.wfs.model import DOWNLOAD, HUGE, Asked, Page, Query, Window
from layers.wfs.names import bindings
from layers.wfs.pairs import text_of
from layers.wfs.queries import read_queries
from layers.wfs.service import Features
from layers.wfs.statements import Form
from sdi.crs import CRS84
from sdi.errors import InvalidParameter, MissingParameter, NotFound, OptionUnsupported
from sdi.filters.fes import ABSENT, property_name
from sdi.filters.parse import make_filter
from sdi.web.context import services
from sdi.web.parameters import Parameters
from sdi.web.streaming import streamed

_AT_ONCE = 1_000
"""Features up to this number are answered whole, by one statement; more are streamed."""
_GML = ("application/gml+xml;version=3.2", "text/xml;subtype=gml/3.2", "text/xml;subtype=gml/3.2.1", "gml32")
_FORMATS = {
    "2.0.0": ("application/gml+xml", *_GML, "text/xml", "application/xml"),
    "1.1.0": ("text/xml;subtype=gml/3.1.1", "text/xml;subtype=gml/3.1.1/base/gml.xsd", "gml3", "text/xml"),
}
_HEADERS = {"Cache-Control": "no-cache", "Vary": "Authorization"}


def get_feature(asked: Asked) -> Response:
    """GetFeature: a collection, a stream, a count, a file, or the one feature that GetFeatureById asks for."""
    wanted = formats.by_name(asked.sent.text("outputformat", 200) or "")
    if wanted is not None and not _hits(asked):
        return _file(_expanded(asked), wanted)
    if wanted is None:
        _check(asked)
    if (alone := _by_id(asked)) is not None:
        return _single(asked, alone)
    queries = read_queries(_expanded(asked), visible_layers())
    member = "wfs:member" if asked.version == "2.0.0" else "gml:featureMember"
    return _collection(asked, queries, "FeatureCollection", lambda query: _form(query, member))


def get_property_value(asked: Asked) -> Response:
    """GetPropertyValue (clause 10): the values of one property; features without one are left out."""
    _check(asked)
    path = _value_reference(asked.sent)
    if len(asked.queries) != 1:
        raise OptionUnsupported("GetPropertyValue answers one query.", locator="Query")
    queries = read_queries(_expanded(asked), visible_layers())
    names = {query.layer.id: _property(query, path, asked.sent) for query in queries}
    present = tuple(_with_value(query, names[query.layer.id]) for query in queries)
    return _collection(
        asked,
        present,
        "ValueCollection",
        lambda query: replace(_form(query, "wfs:member"), value=names[query.layer.id]),
    )


def _file(asked: Asked, wanted: Format) -> Response:
    """All that one query selects in a format other than GML; where no count is given nothing is cut off."""
    queries = read_queries(asked, visible_layers())
    if len(queries) != 1 or asked.sent.integer("startindex", 0, 0, HUGE):
        message = f"As {wanted.name} the features of one query are served from the first on; take GML for pages."
        raise OptionUnsupported(message, locator="outputFormat")
    given = "count" in asked.sent or "maxfeatures" in asked.sent
    limit = _window(asked).limit if given else None
    said = asked.queries[0].text("srsname", 200)
    items_ = queries[0].items
    if wanted.name == "geojson":  # easting comes first, whatever the authority says (RFC 7946, 3.1.1)
        items_ = replace(items_, crs=CRS84 if said is None else replace(items_.crs, northing_first=False))
    return formats.download(queries[0].layer, items_, wanted, limit=limit)


def _check(asked: Asked) -> None:
    """Refuse formats and ways of resolving that are not served."""
    wanted = (asked.sent.text("outputformat", 200) or GML_TYPES[asked.version]).lower().replace("; ", ";")
    if wanted.strip() not in _FORMATS[asked.version]:
        served = GML_TYPES[asked.version]
        raise InvalidParameter(
            f"Features are not served as {wanted[:80]!r}; served is {served}.", locator="outputFormat"
        )
    asked.sent.choice("resolve", ("none", "local"), "none")


def _by_id(asked: Asked) -> str | None:
    """The feature of a request that is GetFeatureById and nothing else."""
    if len(asked.queries) != 1 or _hits(asked):
        return None
    return stored.feature_id(asked.queries[0])


def _expanded(asked: Asked) -> Asked:
    """The request with its stored queries told as queries by identifier."""

    def plain(sent: Parameters) -> Parameters:
        found = stored.feature_id(sent)
        return sent if found is None else Parameters({"resourceid": found})

    return replace(asked, queries=tuple(plain(sent) for sent in asked.queries))


def _single(asked: Asked, rid: str) -> Response:
    """The feature itself as the root (7.9.3.6); NotFound without it (11.3.5)."""
    sent = {"resourceid": rid, "srsname": asked.queries[0].text("srsname", 200) or ""}
    queries = read_queries(replace(asked, queries=(Parameters(sent),)), visible_layers())
    page = (
        _features().page(queries[0], Window(0, 1), replace(_form(queries[0], ""), before="", after=""))
        if queries
        else None
    )
    if page is None or not page.returned:
        raise NotFound(f"There is no feature {rid[:80]!r}.", locator="id")
    names = answers.written(answers.prefixes(asked.version))
    body = page.body.replace(b" gml:id=", f"{names} gml:id=".encode(), 1)
    head = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return Response(head + body + b"\n", headers=_HEADERS, content_type=GML_TYPES[asked.version])


def _collection(asked: Asked, queries: Sequence[Query], root: str, form: Callable[[Query], Form]) -> Response:
    window = _window(asked)
    layers = [query.layer for query in queries]
    if _hits(asked):
        limit = services().settings.limits.statement_ms
        found = [_features().matched(query, limit) for query in queries]
        total = None if None in found else sum(number or 0 for number in found)
        counts = counted(asked, window, total, 0, hits=True)
        if asked.version == "1.1.0":
            counts = Counts(total, total or 0)
        body = answers.start(root, asked.version, layers, counts) + answers.end(root)
        return Response(body, headers=_HEADERS, content_type=GML_TYPES[asked.version])
    if len(queries) == 1 and window.limit > _AT_ONCE and _many(queries[0], window):
        return _streamed(asked, queries[0], window, root, form(queries[0]))
    return _whole(asked, queries, window, root, form)


def _many(query: Query, window: Window) -> bool:
    """Whether the answer may be long; a small layer's is not, however much is asked for."""
    return query.layer.feature_count - window.start > _AT_ONCE


def _whole(
    asked: Asked, queries: Sequence[Query], window: Window, root: str, form: Callable[[Query], Form]
) -> Response:
    """Queries answered one after the other; several of 2.0 have a collection each (11.3.2)."""
    limit = min(window.limit, services().settings.limits.items)
    pages = list(_pages(queries, replace(window, limit=limit), form))
    matched = None if any(page.matched is None for page in pages) else sum(page.matched or 0 for page in pages)
    returned = sum(page.returned for page in pages)
    counts = counted(asked, replace(window, limit=limit), matched, returned)
    parts = [page.body for page in pages]
    if len(pages) > 1 and asked.version == "2.0.0":
        parts = [_nested(page, root) for page in pages]
    start = answers.start(root, asked.version, [query.layer for query in queries], counts)
    body = b"".join((start, *parts, answers.end(root)))
    return Response(body, headers=_HEADERS, content_type=GML_TYPES[asked.version])


def _pages(queries: Sequence[Query], window: Window, form: Callable[[Query], Form]) -> Iterator[Page]:
    """A page of each query, as if their features stood in one row."""
    start, left = window.start, window.limit
    for query in queries:
        if left and not (len(queries) > 1 and start and start >= (_features().matched(query) or 0)):
            page = _features().page(query, Window(start, left), form(query))
        else:
            page = Page(b"", _features().matched(query), 0)
        yield page
        left -= page.returned
        start = max(0, start - (page.matched or 0))


def _nested(page: Page, root: str) -> bytes:
    numbers = answers.written(answers.numbers("2.0.0", Counts(page.matched, page.returned)))
    start = f"<wfs:member><wfs:{root}{numbers}>\n".encode()
    return b"".join((start, page.body, f"</wfs:{root}></wfs:member>\n".encode()))


def _streamed(asked: Asked, query: Query, window: Window, root: str, form: Form) -> Response:
    matched = _features().matched(query)
    reader = _features()

    def make() -> Iterator[bytes]:
        returned, stream = reader.stream(query, window, form)
        counts = counted(asked, window, matched, returned)
        start = answers.start(root, asked.version, [query.layer], counts)
        return stream.within(start, answers.end(root))

    return streamed(make, GML_TYPES[asked.version], _HEADERS)


def _features() -> Features:
    return Features(items())


def _form(query: Query, member: str) -> Form:
    return Form(query.srs, query.items.properties, f"<{member}>", f"</{member}>\n")


def _hits(asked: Asked) -> bool:
    return asked.sent.choice("resulttype", ("results", "hits"), "results") == "hits"


def _window(asked: Asked) -> Window:
    """COUNT (MAXFEATURES in 1.1.0) and STARTINDEX; without a count the one that capabilities declare."""
    sent = asked.sent
    default = services().settings.limits.items
    name = "maxfeatures" if "maxfeatures" in sent and "count" not in sent else "count"
    limit = sent.integer(name, default, 0 if asked.version == "2.0.0" else 1, HUGE)
    return Window(sent.integer("startindex", 0, 0, HUGE), min(limit, DOWNLOAD))


def _value_reference(sent: Parameters) -> str:
    path = sent.text("valuereference", 500)
    if path is None and "valuereference" in sent.names():
        raise InvalidParameter("The valueReference is empty.", locator="valueReference")
    if path is None:
        raise MissingParameter("Parameter 'valueReference' is missing.", locator="valueReference")
    return path


def _property(query: Query, path: str, sent: Parameters) -> str:
    """The column, geometry or identifier that a path means."""
    found = property_name(path.strip(), bindings(text_of(sent, "namespaces", "namespace")))  # type: ignore[arg-type]
    if found == f"{ABSENT}id" or path.strip().lstrip("@") == "gml:id":
        return FID
    if found != GEOMETRY and found not in query.layer.by_name:
        message = f"Features of {query.layer.id!r} have no property {path[:80]!r}."
        raise InvalidParameter(message, locator="valueReference")
    return found


def _with_value(query: Query, name: str) -> Query:
    if name == FID:
        return query
    has = {"op": "not", "args": [{"op": "isNull", "args": [{"property": name}]}]}
    old = query.items.filter
    kept = make_filter(has) if old is None else make_filter({"op": "and", "args": [old.tree, has]}, old.crs)
    return replace(query, items=replace(query.items, filter=kept))
