# SPDX-License-Identifier: EUPL-1.2
"""Query parameters of records (OGC 20-004r1, record core query parameters, sorting; 19-079r2) as a search."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, or_

from catalogue import service, terms
from catalogue.constraint import condition, order
from catalogue.queryables import SCHEMA
from catalogue.store import RECORD, Search
from sdi import crs as crss
from sdi.crs import CRS84
from sdi.errors import InvalidParameter
from sdi.filters import scan
from sdi.filters.parse import Filter, from_json, from_text, make_filter
from sdi.filters.schema import Kind
from sdi.web.parameters import Parameters

MOST, PAGE = 1_000, 10
_OWN = ("f", "lang", "limit", "offset", "bbox", "bbox-crs", "datetime", "q", "type", "ids", "externalIds", "sortby",
        "filter", "filter-lang", "filter-crs")  # fmt: skip
EQUALS = tuple(name for name, one in SCHEMA.items() if one.kind is Kind.TEXT and name not in (*_OWN, "anytext"))
"""Queryables that are parameters too: records with this value of theirs."""
_HUGE = 10**15


def read(values: Mapping[str, str]) -> Search:
    """The search of a request's parameters; raises the refusals of `Parameters` and of `sdi.filters`."""
    sent = Parameters(dict(values), known=(*_OWN, *EQUALS))
    limit = min(sent.integer("limit", PAGE, 1, _HUGE), MOST)
    words = sent.text("q", 200)
    return Search(tuple(_conditions(sent)), _order(sent, words), sent.integer("offset", 0, 0, _HUGE), limit)


def _conditions(sent: Parameters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if box := sent.text("bbox", 1_000):
        axes = crss.parse(text, locator="bbox-crs") if (text := sent.text("bbox-crs", 200)) else CRS84
        found.append(terms.box(box, axes))
    if moment := sent.text("datetime", 200):
        found.append(terms.interval(moment))
    if said := [term for term in (sent.text("q", 200) or "").split(",") if term.strip()]:
        found.append(or_(*map(_term, said)))
    if "type" in sent:
        found.append(func.lower(RECORD.c.type).in_([kind.lower() for kind in sent.words("type", 50)]))
    if "ids" in sent:
        found.append(RECORD.c.identifier.in_(sent.words("ids", 200)))
    if "externalIds" in sent:
        found.append(or_(*(_external(one) for one in sent.words("externalIds", 50))))
    for name in EQUALS:
        if value := sent.text(name):
            asked = make_filter({"op": "=", "args": [{"property": name}, value]}, locator=name)
            found.append(condition(asked, name))
    if (text := sent.text("filter", scan.BYTES)) is not None:
        found.append(condition(_filter(sent, text), "filter"))
    return found


def _filter(sent: Parameters, text: str) -> Filter:
    axes = crss.parse(name, locator="filter-crs") if (name := sent.text("filter-crs", 200)) else CRS84
    written = sent.choice("filter-lang", ("cql2-text", "cql2-json"), "cql2-text")
    return (from_json if written == "cql2-json" else from_text)(text, crs=axes)


def _term(term: str) -> ColumnElement[bool]:
    """One term of `q`: its word in any form; several words stand in this order (q-response, C)."""
    if len(term.split()) == 1:
        return service.words(term)
    phrase = func.phraseto_tsquery("simple", func.sdi.fold(term.strip()))
    return RECORD.c.fulltext.op("@@")(phrase)


def _external(said: str) -> ColumnElement[bool]:
    """An identifier of the resource: `scheme:value`, the value alone, or the scheme alone (externalIds-response)."""
    known = RECORD.c.queryable["externalids"].astext
    ways = (f"|{said}|", f":{said}|", f"|{said}:")
    return or_(*(known.contains(way, autoescape=True) for way in ways))


def _order(sent: Parameters, words: str | None) -> tuple[ColumnElement[object], ...]:
    """As asked; where there are words the best first, else by title (defaultSortOrder)."""
    keys = tuple((word[1:] if word[:1] in ("+", "-") else word, word[:1] == "-") for word in sent.words("sortby", 5))
    if len({name for name, _ in keys}) < len(keys):
        raise InvalidParameter("Parameter 'sortby' names a property twice.", locator="sortby")
    by = order(keys, "sortby")
    return (service.rank(words.replace(",", " ")).desc(), *by) if words and not keys else by
