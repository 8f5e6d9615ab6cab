# SPDX-License-Identifier: EUPL-1.2
"""WFS requests as XML documents (OGC 09-025r2 and 04-094): told as the pairs that would ask for the same."""

from collections.abc import Mapping

from lxml import etree

from layers.wfs.model import OWS_10, OWS_11, QUERIES, WFS_11, WFS_20, Asked, Version
from layers.wfs.pairs import QUERYING, checked_version, known
from sdi import xmlsafe
from sdi.errors import InvalidParameter, MissingParameter, TooLarge, Unreadable
from sdi.filters.gml import children, local
from sdi.web.parameters import Parameters

_SECTIONS = {"acceptversions": "Version", "sections": "Section", "acceptformats": "OutputFormat"}
_LISTS = {"TypeName": "typenames", "StoredQueryId": "storedquery_id"}
_SAME = {"maxfeatures": "count", "typename": "typenames"}
"""What 1.1.0 calls otherwise."""


def read(body: bytes, limit: int) -> Asked:
    """The request that the document makes; raises the refusals of OWS."""
    try:
        root = xmlsafe.parse(body, limit=limit, locator="request")
    except InvalidParameter as error:
        raise Unreadable(error.message, locator="request") from error
    name = etree.QName(root)
    if name.namespace not in (WFS_20, WFS_11):
        raise Unreadable(f"{name.localname[:80]!r} is no request of WFS.", locator=name.localname[:80])
    operation = known(name.localname)
    service = root.get("service")
    if service is None:
        raise MissingParameter("Attribute 'service' is missing.", locator="service")
    if service.upper() != "WFS":
        raise InvalidParameter('This is a WFS; ask with service="WFS".', locator="service")
    if operation == "getcapabilities":
        version: Version = "1.1.0" if name.namespace == WFS_11 else "2.0.0"
        return Asked(operation, version, Parameters(_capabilities(root)))
    version = checked_version(root.get("version"), operation)
    names = [child for child in children(root) if local(child) in _LISTS]
    whole = {**_attributes(root), **_lists(names), "namespaces": namespaces_of(root, *names), "request": operation}
    queries = tuple(_query(child) for child in children(root) if local(child) in ("Query", "StoredQuery", "Lock"))
    if operation in QUERYING and not queries:
        raise MissingParameter("The request has no query.", locator="Query")
    if len(queries) > QUERIES:
        raise TooLarge(f"A request may have {QUERIES} queries.", locator="Query")
    sets = tuple(Parameters({**whole, **query}) for query in queries)
    return Asked(operation, version, Parameters(whole), sets, _again(whole, queries))


def _attributes(element: etree._Element) -> dict[str, str]:
    """Plain attributes with the names of their parameters."""
    plain = {str(key).lower(): str(value) for key, value in element.attrib.items() if not str(key).startswith("{")}
    return {_SAME.get(name, name): value for name, value in plain.items()}


def _capabilities(root: etree._Element) -> dict[str, str]:
    listed = {
        local(child).lower(): ",".join((part.text or "").strip() for part in children(child))
        for child in children(root)
        if etree.QName(child).namespace in (OWS_10, OWS_11) and local(child).lower() in _SECTIONS
    }
    return {**_attributes(root), **listed}


def _lists(names: list[etree._Element]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_LISTS[local(name)], []).append((name.text or "").strip())
    return {name: ",".join(values) for name, values in found.items()}


def _query(element: etree._Element) -> dict[str, str]:
    if local(element) == "StoredQuery":
        return {"storedquery_id": element.get("id") or "", "namespaces": namespaces_of(element), **_arguments(element)}
    pairs = _attributes(element)
    # Aliases and several types stand apart by blanks in XML, by commas in pairs.
    for name in ("typenames", "aliases"):
        if name in pairs:
            pairs[name] = ",".join(pairs[name].split())
    pairs["namespaces"] = namespaces_of(element)
    properties = []
    for child in children(element):
        match local(child):
            case "Filter":
                pairs["filter"] = etree.tostring(child, encoding="unicode", with_tail=False)
            case "PropertyName":
                properties.append((child.text or "").strip())
            case "SortBy":
                pairs["sortby"] = ",".join(_sort(key) for key in children(child))
            case other:
                raise Unreadable(f"A query has no {other[:40]!r}.", locator=other[:40])
    if properties:
        pairs["propertyname"] = ",".join(properties)
    return pairs


def _sort(key: etree._Element) -> str:
    texts = {local(child): (child.text or "").strip() for child in children(key)}
    name = texts.get("ValueReference") or texts.get("PropertyName") or ""
    return f"{name} {texts.get('SortOrder') or 'ASC'}"


def _arguments(element: etree._Element) -> dict[str, str]:
    found = {}
    for child in children(element):
        inner = "".join(etree.tostring(part, encoding="unicode") for part in children(child))
        found[(child.get("name") or "").lower()] = (inner or child.text or "").strip()
    return found


def namespaces_of(*elements: etree._Element) -> str:
    """The prefixes in force, as the parameter NAMESPACES has them."""
    known = {prefix: uri for element in elements for prefix, uri in element.nsmap.items()}
    return ",".join(f"xmlns({prefix},{uri})" if prefix else f"xmlns({uri})" for prefix, uri in known.items())


def _again(whole: Mapping[str, str], queries: tuple[dict[str, str], ...]) -> dict[str, str] | None:
    """The same by pairs: one query as it is; several only if they differ in lists that pairs can hold."""
    if len(queries) != 1:
        return None
    return {**whole, **queries[0]}
