# SPDX-License-Identifier: EUPL-1.2
"""Stored queries (OGC 09-025r2, clause 14 and 7.9.3): the one that every WFS has, GetFeatureById."""

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

from layers.model import Layer
from layers.wfs.model import WFS_20, XSI
from layers.wfs.names import PREFIX, namespace
from sdi.errors import InvalidParameter, MissingParameter
from sdi.web.i18n import language, localised
from sdi.web.parameters import Parameters

BY_ID = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
_BY_ID_URI = "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById"
"""The name of the same query since the corrigendum 2.0.2."""
IDS = (BY_ID, _BY_ID_URI)
_TITLE = {"pl": "Obiekt o podanym identyfikatorze", "en": "A feature by its identifier"}
_LANGUAGE = "urn:ogc:def:queryLanguage:OGC-WFS::WFS_QueryExpression"


def feature_id(sent: Parameters) -> str | None:
    """The feature asked for by GetFeatureById; None for a query that is not stored.

    Raises InvalidParameter for a stored query that is not here, MissingParameter without its argument.
    """
    stored = sent.text("storedquery_id", 500)
    if stored is None:
        return None
    if stored.strip() not in IDS:
        raise InvalidParameter(f"There is no stored query {stored[:200]!r}.", locator="STOREDQUERY_ID")
    found = sent.text("id", 500)
    if found is None:
        raise MissingParameter("The query GetFeatureById needs the parameter 'id'.", locator="id")
    return found


def listed(layers: Iterable[Layer]) -> bytes:
    """ListStoredQueriesResponse."""
    types = "".join(f"<wfs:ReturnFeatureType>{PREFIX}:{layer.id}</wfs:ReturnFeatureType>" for layer in layers)
    queries = "".join(f'<wfs:StoredQuery id="{name}">{_title()}{types}</wfs:StoredQuery>\n' for name in IDS)
    return _document("ListStoredQueriesResponse", queries)


def described(names: Sequence[str], layers: Iterable[Layer]) -> bytes:
    """DescribeStoredQueriesResponse for these queries, or for all; InvalidParameter for one that is not here."""
    for name in names:
        if name not in IDS:
            raise InvalidParameter(f"There is no stored query {name[:200]!r}.", locator="STOREDQUERY_ID")
    types = " ".join(f"{PREFIX}:{layer.id}" for layer in layers)
    return _document("DescribeStoredQueriesResponse", "".join(_description(name, types) for name in names or IDS))


def _description(name: str, types: str) -> str:
    return (
        f'<wfs:StoredQueryDescription id="{name}">{_title()}'
        '<wfs:Parameter name="id" type="xsd:string"/>'
        f'<wfs:QueryExpressionText returnFeatureTypes="{types}" language="{_LANGUAGE}" isPrivate="true"/>'
        "</wfs:StoredQueryDescription>\n"
    )


def _title() -> str:
    return f'<wfs:Title xml:lang="{language()}">{escape(localised(_TITLE))}</wfs:Title>'


def _document(root: str, body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<wfs:{root} xmlns:wfs="{WFS_20}" xmlns:{PREFIX}="{namespace()}"'
        f' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="{XSI}"'
        f' xsi:schemaLocation="{WFS_20} http://schemas.opengis.net/wfs/2.0/wfs.xsd">\n{body}</wfs:{root}>\n'
    ).encode()
