# SPDX-License-Identifier: EUPL-1.2
"""Filter Encoding 1.1 (OGC 04-095) and 2.0 (OGC 09-026r2) into `Filter`: the XML of WFS and CSW becomes CQL2 JSON."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from sdi.crs import CRS84, Crs
from sdi.errors import InvalidParameter, Unsupported
from sdi.filters import gml
from sdi.filters.functions import FARTHEST
from sdi.filters.gml import children, local
from sdi.filters.parse import DIGITS, Filter, make_filter
from sdi.filters.schema import Kind, Schema

_COMPARISONS = {
    "PropertyIsEqualTo": "=",
    "PropertyIsNotEqualTo": "<>",
    "PropertyIsLessThan": "<",
    "PropertyIsGreaterThan": ">",
    "PropertyIsLessThanOrEqualTo": "<=",
    "PropertyIsGreaterThanOrEqualTo": ">=",
}
_SPATIAL = {
    name: f"s_{name.lower()}"
    for name in ("Intersects", "Within", "Contains", "Disjoint", "Equals", "Touches", "Crosses", "Overlaps")
} | {"BBOX": "s_intersects"}
_TEMPORAL = {
    "After": "t_after",
    "Before": "t_before",
    "Begins": "t_starts",
    "BegunBy": "t_startedby",
    "TContains": "t_contains",
    "During": "t_during",
    "TEquals": "t_equals",
    "TOverlaps": "t_overlaps",
    "Meets": "t_meets",
    "OverlappedBy": "t_overlappedby",
    "MetBy": "t_metby",
    "Ends": "t_finishes",
    "EndedBy": "t_finishedby",
    "AnyInteracts": "t_intersects",
}
_SPANS = frozenset(_TEMPORAL) - {"After", "Before", "TEquals", "AnyInteracts"}
"""Relations that FES also lets an instant have (ISO 19108, 5.2.3.5), and CQL2 intervals only."""
_DISTANT = {"DWithin": "s_dwithin", "Beyond": "s_beyond"}
_METRES = {
    **dict.fromkeys(("", "m", "metre", "metres", "meter", "meters", "epsg::9001", "epsg/0/9001"), 1),
    **dict.fromkeys(("km", "kilometre", "kilometres", "kilometer", "kilometers"), 1000),
}
_ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
ABSENT = "gml:"
"""How names of GML's own properties (`gml:name`) begin here; a schema lacks them where features never have them."""
_BOXES = (f"{ABSENT}boundedBy", "BoundingBox")
_STEP = re.compile(r"@?(?:(?P<prefix>[^\W\d][\w.-]*):)?(?P<name>[^\W\d][\w.-]*)(?:\[1\])?")
_IDS = {"ResourceId": "rid", "FeatureId": "fid", "GmlObjectId": "{http://www.opengis.net/gml}id"}
_NULLS = ("PropertyIsNull", "PropertyIsNil")
_PROPERTIES = ("PropertyName", "ValueReference")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}

Node = Any


def from_xml(
    element: etree._Element,
    schema: Schema,
    *,
    names: Mapping[str, str] | None = None,
    crs: Crs = CRS84,
    identify: Callable[[str], Node] | None = None,
) -> Filter:
    """An `ogc:Filter` or `fes:Filter` element, already parsed by `sdi.xmlsafe`.

    `schema` gives literals their kind. `names` maps names as clients write them (`csw:AnyText`, `apiso:title`) to
    queryables; what it lacks is reduced to the last step of the path without prefix. Geometry without srsName is in
    `crs` with its axis order. `identify` makes a condition of an identifier among conditions (OGC 09-026r2, 7.11).
    Raises InvalidParameter, Unsupported and TooLarge.
    """
    inner = children(element)
    ids = tuple(_identifier(child) for child in inner if local(child) in _IDS)
    if local(element) != "Filter" or not inner or (ids and len(ids) != len(inner)) or (not ids and len(inner) != 1):
        raise InvalidParameter("A Filter has one condition or identifiers only.", locator="filter")
    if ids:
        return make_filter(tree=True, ids=ids, locator="filter")
    translator = _Translator(schema, names or {}, crs, identify)
    tree = translator.condition(inner[0])
    return make_filter(tree, translator.found or crs.xy, locator="filter")


def _identifier(element: etree._Element) -> str:
    value = element.get(_IDS[local(element)]) or element.get("id")  # GDAL leaves the prefix of gml:id out
    if not value:
        raise InvalidParameter(f"{local(element)} has no identifier.", locator="filter")
    return value


class _Translator:
    def __init__(
        self, schema: Schema, names: Mapping[str, str], crs: Crs, identify: Callable[[str], Node] | None
    ) -> None:
        self.schema = schema
        self.names = names
        self.crs = crs
        self.identify = identify
        self.found: Crs | None = None

    def condition(self, element: etree._Element) -> Node:
        name = local(element)
        inner = children(element)
        if name in ("And", "Or") and len(inner) > 1:
            return {"op": name.lower(), "args": [self.condition(child) for child in inner]}
        if name == "Not" and len(inner) == 1:
            return {"op": "not", "args": [self.condition(inner[0])]}
        if name in _IDS and self.identify:
            return self.identify(_identifier(element))
        return self.relation(element, inner)

    def relation(self, element: etree._Element, inner: list[etree._Element]) -> Node:
        name = local(element)
        if name in _SPATIAL and 1 <= len(inner) <= 2:
            return {"op": _SPATIAL[name], "args": self.spatial(inner)}
        if name in _DISTANT and 2 <= len(inner) <= 3:
            return {"op": _DISTANT[name], "args": [*self.spatial(inner[:-1]), _metres(inner[-1])]}
        if self.is_absent(inner):
            return name in _NULLS
        return self.predicate(element, inner)

    def predicate(self, element: etree._Element, inner: list[etree._Element]) -> Node:
        name = local(element)
        if name in _NULLS and len(inner) == 1:
            return {"op": "isNull", "args": [self.property(inner[0])]}
        if name in _COMPARISONS and len(inner) == 2:
            return self.comparison(element, inner)
        if name == "PropertyIsLike" and len(inner) == 2:
            return self.like(element, inner)
        return self.range_or_relation(element, inner)

    def range_or_relation(self, element: etree._Element, inner: list[etree._Element]) -> Node:
        name = local(element)
        if name == "PropertyIsBetween" and len(inner) == 3:
            ends = [child for boundary in inner[1:] for child in children(boundary)]
            return {"op": "between", "args": self.operands([inner[0], *ends], 3)}
        if name in _TEMPORAL and len(inner) == 2:
            times = [self.time(child) for child in inner]
            return {"op": _TEMPORAL[name], "args": [_interval(one) for one in times] if name in _SPANS else times}
        if name in {"And", "Or", "Not", "PropertyIsLike", *_COMPARISONS, *_SPATIAL, *_DISTANT, *_TEMPORAL}:
            raise InvalidParameter(f"{name} has operands that do not fit.", locator="filter")
        raise Unsupported(f"The filter operator {name[:40]!r} is not supported here.", locator="filter")

    def is_absent(self, inner: list[etree._Element]) -> bool:
        """Whether a property of GML's own is asked for that features never have: it has no value to compare."""
        names = [self.name(child) for child in inner if local(child) in _PROPERTIES]
        return any(name.startswith(ABSENT) and name not in self.schema for name in names)

    def name(self, element: etree._Element) -> str:
        """The queryable that a PropertyName or ValueReference means."""
        text = (element.text or "").strip()
        return self.names.get(text) or property_name(text, element.nsmap, self.names)

    def property(self, element: etree._Element) -> Node:
        if local(element) not in _PROPERTIES:
            raise InvalidParameter(f"A property is needed, not {local(element)[:40]!r}.", locator="filter")
        return {"property": self.name(element)}

    def comparison(self, element: etree._Element, inner: list[etree._Element]) -> Node:
        operands = self.operands(inner, 2)
        if element.get("matchCase") == "false" and any(isinstance(operand, str) for operand in operands):
            operands = [{"op": "casei", "args": [operand]} for operand in operands]
        return {"op": _COMPARISONS[local(element)], "args": operands}

    def operands(self, inner: list[etree._Element], count: int) -> list[Node]:
        """Expressions with each literal in the kind of the property it meets."""
        if len(inner) != count:
            raise InvalidParameter(f"A comparison has {count} operands.", locator="filter")
        kind = self.kind(inner)
        return [self.expression(child, kind) for child in inner]

    def kind(self, inner: list[etree._Element]) -> Kind:
        if any(local(child) in _ARITHMETIC for child in inner):
            return Kind.NUMBER
        for child in inner:
            if local(child) in _PROPERTIES and self.name(child) in self.schema:
                return self.schema[self.name(child)].kind
        return Kind.TEXT

    def expression(self, element: etree._Element, kind: Kind) -> Node:
        name = local(element)
        if name == "Literal":
            return _literal(element, kind)
        if name in _ARITHMETIC:
            inner = children(element)
            if len(inner) != 2:
                raise InvalidParameter(f"{name} has two operands.", locator="filter")
            return {"op": _ARITHMETIC[name], "args": [self.expression(child, Kind.NUMBER) for child in inner]}
        if name == "Function":
            raise Unsupported("Functions of filters are not supported here.", locator="filter")
        return self.property(element)

    def like(self, element: etree._Element, inner: list[etree._Element]) -> Node:
        value: Node = self.property(inner[0])
        pattern: Node = _pattern(inner[1].text or "", element)
        if element.get("matchCase") == "false":
            value, pattern = {"op": "casei", "args": [value]}, {"op": "casei", "args": [pattern]}
        return {"op": "like", "args": [value, pattern]}

    def spatial(self, inner: list[etree._Element]) -> list[Node]:
        inner = [_bare(child) for child in inner]
        operands = [self.geometry(child) if local(child) in gml.TYPES else self.place(child) for child in inner]
        return operands if len(operands) == 2 else [self.only_geometry(), *operands]

    def place(self, element: etree._Element) -> Node:
        """A geometry property; GML's box of a feature is that of its geometry, and OWSLib has its own name for it."""
        found = self.property(element)
        boxed = found["property"] in _BOXES and found["property"] not in self.schema
        return self.only_geometry() if boxed else found

    def only_geometry(self) -> Node:
        geometries = (name for name, queryable in self.schema.items() if queryable.kind is Kind.GEOMETRY)
        names = [name for name in geometries if not name.startswith(ABSENT)]
        if len(names) != 1:
            raise InvalidParameter("The filter must name its geometry property.", locator="filter")
        return {"property": names[0]}

    def geometry(self, element: etree._Element) -> Node:
        crs = gml.read_crs(element, self.crs)
        if self.found and self.found.srid != crs.srid:
            raise Unsupported("All geometry of a filter has one reference system.", locator="filter")
        self.found = crs.xy
        return gml.read_geometry(element, crs)

    def time(self, element: etree._Element) -> Node:
        if local(element) in _PROPERTIES:
            return self.property(element)
        found = [_instant(child) for child in element.iter() if local(child) in _POSITIONS]
        if local(element) == "Literal" and not found:
            found = [_instant(element)]
        if len(found) not in (1, 2):
            raise InvalidParameter("A time of the filter is an instant or a period.", locator="filter")
        return found[0] if len(found) == 1 else {"interval": found}


def property_name(text: str, prefixes: Mapping[str | None, str], names: Mapping[str, str] | None = None) -> str:
    """The local name of the last step of a path (OGC 09-026r2, 7.4.4); GML's own begin with `ABSENT`."""
    last = text.rpartition("/")[2]
    found = _STEP.fullmatch(last)
    if found is None:
        return last.lstrip("@").rpartition(":")[2]
    if prefixes.get(found["prefix"]) in (gml.GML_31, gml.GML_32) and found["prefix"]:
        return f"{ABSENT}{found['name']}"
    return (names or {}).get(found["name"]) or found["name"]


def _metres(element: etree._Element) -> float:
    """A distance with its unit, metres unless said (OGC 09-026r2, 7.8.3.3); raises InvalidParameter."""
    unit = (element.get("uom") or element.get("units") or "").lower().rpartition("uom/")[2].rpartition("uom:")[2]
    if local(element) != "Distance" or unit not in _METRES:
        raise InvalidParameter(f"A distance is a number of metres or kilometres, not {unit[:40]!r}.", locator="filter")
    metres = _number((element.text or "").strip()) * _METRES[unit]
    if not 0 <= metres <= FARTHEST:
        raise InvalidParameter(f"A distance is at most {FARTHEST:,} metres.", locator="filter")
    return metres


def _bare(element: etree._Element) -> etree._Element:
    """The geometry in a Literal."""
    inner = children(element)
    return inner[0] if local(element) == "Literal" and len(inner) == 1 else element


_POSITIONS = frozenset({"timePosition", "beginPosition", "endPosition"})


def _interval(time: Node) -> Node:
    """The interval, or that of one instant."""
    return time if isinstance(time, dict) and "interval" in time else {"interval": [time, time]}


def _instant(element: etree._Element) -> str:
    text = (element.text or "").strip()
    return ".." if element.get("indeterminatePosition") and not text else text


def _literal(element: etree._Element, kind: Kind) -> str | float | bool:
    if children(element):
        raise Unsupported("A literal of the filter holds a plain value only.", locator="filter")
    text = element.text or ""
    if kind is Kind.BOOLEAN and text.strip().lower() in _BOOLEANS:
        return _BOOLEANS[text.strip().lower()]
    if kind.is_numeric:
        return _number(text.strip())
    return text.strip() if kind.is_temporal else text


def _number(text: str) -> float:
    found = _NUMBER.fullmatch(text)
    if not found:
        raise InvalidParameter(f"{text[:40]!r} is not a number.", locator="filter")
    return float(text) if found[1] or found[2] or len(text) > DIGITS else int(text)


def _pattern(text: str, element: etree._Element) -> str:
    """The pattern with the wildcards of CQL2; characters that are wildcards there and not here are escaped."""
    many, one = element.get("wildCard", "%"), element.get("singleChar", "_")
    escape = element.get("escapeChar") or element.get("escape") or "\\"
    if not (len(many) == len(one) == len(escape) == 1) or len({many, one, escape}) != 3:
        raise InvalidParameter("PropertyIsLike needs three different single characters.", locator="filter")
    made: list[str] = []
    quoted = False
    for character in text:
        if character == escape and not quoted:
            quoted = True
            continue
        wild = {many: "%", one: "_"}.get(character) if not quoted else None
        made.append(wild or (f"\\{character}" if character in "%_\\" else character))
        quoted = False
    return "".join(made)
