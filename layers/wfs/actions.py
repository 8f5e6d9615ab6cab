# SPDX-License-Identifier: EUPL-1.2
"""Transaction documents (OGC 09-025r2, clause 15; OGC 04-094, clause 12) read into actions in their order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from layers.items.statements import GEOMETRY
from layers.model import Layer
from layers.wfs import values
from layers.wfs.documents import namespaces_of
from layers.wfs.model import WFS_11, WFS_20, Asked, Query, Version
from layers.wfs.names import bindings, find
from layers.wfs.pairs import checked_version
from layers.wfs.queries import read_queries
from layers.wfs.values import Content, InvalidValue
from sdi import xmlsafe
from sdi.errors import BramaError, InvalidParameter, MissingParameter, OptionUnsupported, TooLarge, Unreadable
from sdi.filters.fes import property_name
from sdi.filters.gml import children, local
from sdi.web.parameters import Parameters

_ACTIONS = 10_000
_COLLECTIONS = ("FeatureCollection", "member", "featureMember", "featureMembers")
Kind = Literal["Insert", "Update", "Replace", "Delete"]


@dataclass(frozen=True)
class Action:
    """One action: its features, or which features (`query`) get which content."""

    kind: Kind
    handle: str | None
    features: tuple[Content, ...] = ()
    query: Query | None = None


@dataclass(frozen=True)
class Transaction:
    """A document; `release_all` says whether the lock that it brings ends with it."""

    version: Version
    actions: Iterator[Action]
    lock: str | None = None
    release_all: bool = True


def read(body: bytes, limit: int, layers: Mapping[str, Layer]) -> Transaction:
    """The transaction of a document; its actions are read one by one, each when it is asked for."""
    try:
        root = xmlsafe.parse(body, limit=limit, locator="request")
    except InvalidParameter as error:
        raise Unreadable(error.message, locator="request") from error
    name = etree.QName(root)
    if name.localname != "Transaction" or name.namespace not in (WFS_20, WFS_11):
        raise Unreadable(f"{name.text[:80]!r} is no transaction of WFS.", locator="request")
    if (root.get("service") or "WFS").upper() != "WFS":
        raise InvalidParameter('This is a WFS; ask with service="WFS".', locator="service")
    version = checked_version(root.get("version"), "transaction")
    if name.namespace == WFS_11:
        version = "1.1.0"  # GDAL writes documents of 1.1.0 and calls them 2.0.0; it reads the answer as 1.1.0's
    elements = children(root)
    if len(elements) > _ACTIONS:
        raise TooLarge(f"A transaction has at most {_ACTIONS:,} actions.", locator="request")
    lock = root.get("lockId")
    for child in elements:
        if local(child) == "LockId":
            lock = child.text or ""
    release = (root.get("releaseAction") or "ALL").upper()
    if release not in ("ALL", "SOME"):
        raise InvalidParameter("releaseAction is ALL or SOME.", locator="releaseAction")
    reader = _Reader(version, layers, root.get("srsName"))
    return Transaction(version, reader.actions(elements), lock, release == "ALL")


@dataclass(frozen=True)
class _Reader:
    version: Version
    layers: Mapping[str, Layer]
    srs: str | None

    def actions(self, elements: list[etree._Element]) -> Iterator[Action]:
        for element in elements:
            if local(element) in ("LockId", ""):
                continue
            try:
                if (action := self.action(element)) is not None:
                    yield action
            except BramaError as error:
                error.locator = element.get("handle") or error.locator
                raise

    def action(self, element: etree._Element) -> Action | None:
        match local(element):
            case "Insert":
                return self.insert(element)
            case "Update":
                return self.update(element)
            case "Delete":
                return Action("Delete", element.get("handle"), query=self.selected(element, self.named(element)))
            case "Replace" if self.version == "2.0.0":
                return self.replace(element)
            case "Native":
                if (element.get("safeToIgnore") or "").lower() not in ("true", "1"):
                    raise InvalidParameter("No vendor's own actions are done here.", locator="Native")
                return None
            case other:
                raise Unreadable(f"A transaction has no {other[:40]!r}.", locator=other[:40])

    def insert(self, element: etree._Element) -> Action:
        if element.get("idgen", "GenerateNew") == "UseExisting":
            raise OptionUnsupported("Identifiers are given by the server.", locator="idgen")
        srs = element.get("srsName") or self.srs
        found = tuple(values.feature(one, self.layers, srs) for one in _features(element))
        return Action("Insert", element.get("handle"), found)

    def update(self, element: etree._Element) -> Action:
        layer = self.named(element)
        properties = [child for child in children(element) if local(child) == "Property"]
        if not properties:
            raise MissingParameter("An update names no property.", locator="Property")
        made = Content(layer, {}, None)
        for child in properties:
            made = self.with_property(made, child, element.get("srsName") or self.srs)
        return Action("Update", element.get("handle"), (made,), self.selected(element, layer))

    def with_property(self, content: Content, element: etree._Element, srs: str | None) -> Content:
        parts = {local(child): child for child in children(element)}
        reference = parts.get("ValueReference", parts.get("Name"))
        if reference is None or not (reference.text or "").strip():
            raise MissingParameter("A property of an update has no name.", locator="ValueReference")
        action = reference.get("action", "replace")
        if action not in ("replace", "remove"):
            raise OptionUnsupported(f"Properties have one value: there is no {action[:40]!r}.", locator="action")
        path = (reference.text or "").strip()
        name = property_name(path, reference.nsmap)
        given = None if action == "remove" else parts.get("Value")
        if name == GEOMETRY:
            shape = None if given is None else values.shape(given, content.layer, srs)
            if shape is None:
                raise InvalidValue("The geometry of a feature can be replaced, not taken away.", locator=name)
            return Content(content.layer, content.attributes, shape)
        attributes = {**content.attributes, name: values.value(given, content.layer, name)}
        return Content(content.layer, attributes, content.geometry)

    def replace(self, element: etree._Element) -> Action:
        features = [child for child in children(element) if local(child) != "Filter"]
        if len(features) != 1:
            raise MissingParameter("A replacement has one feature.", locator="Replace")
        content = values.feature(features[0], self.layers, element.get("srsName") or self.srs)
        return Action("Replace", element.get("handle"), (content,), self.selected(element, content.layer))

    def named(self, element: etree._Element) -> Layer:
        name = element.get("typeName")
        if name is None:
            raise MissingParameter("Attribute 'typeName' is missing.", locator="typeName")
        return find(name, bindings(namespaces_of(element)), self.layers, "typeName")

    def selected(self, element: etree._Element, layer: Layer) -> Query:
        """Which features; without a filter an update is of all, and anything else is refused."""
        sent = {"typenames": layer.id, "namespaces": namespaces_of(element)}
        found = [child for child in children(element) if local(child) == "Filter"]
        if found:
            sent["filter"] = etree.tostring(found[0], encoding="unicode", with_tail=False)
        elif local(element) != "Update":
            raise MissingParameter(f"{local(element)} needs a filter.", locator="Filter")
        (query,) = read_queries(Asked("transaction", self.version, Parameters({}), (Parameters(sent),)), self.layers)
        return query


def _features(element: etree._Element) -> Iterator[etree._Element]:
    """The features of an insertion, also out of collections."""
    for child in children(element):
        if local(child) in _COLLECTIONS:
            yield from _features(child)
        elif local(child) != "boundedBy":
            yield child
