# SPDX-License-Identifier: EUPL-1.2
"""A GetRecords as a search of the catalogue: its constraint, and what OpenSearch adds to it in CSW 3.0."""

from sqlalchemy import ColumnElement

from catalogue import service, terms
from catalogue.constraint import condition, of_xml, order
from catalogue.csw.cql import to_cql2
from catalogue.csw.model import GetRecords, Schema
from catalogue.model import Found
from catalogue.store import RECORD, Search
from sdi.filters.parse import from_text


def search(asked: GetRecords) -> Found:
    """The page of records that the request asks for, or the number alone."""
    limit = 0 if asked.hits else asked.limit
    keys = tuple((key.name, key.descending) for key in asked.order)
    by = order(keys)
    if asked.words and not keys:
        by = (service.rank(asked.words).desc(), *by)
    whole = asked.elements != "brief" or asked.schema not in (Schema.RECORD, Schema.RECORD3) or asked.atom
    return service.search(Search(tuple(conditions(asked)), by, asked.start - 1, limit, whole))


def conditions(asked: GetRecords) -> list[ColumnElement[bool]]:
    """What the records have to meet."""
    found: list[ColumnElement[bool]] = []
    if asked.constraint is not None:
        found.append(constrained(asked.constraint))
    if asked.words:
        found.append(service.words(asked.words))
    if asked.box:
        found.append(terms.box(asked.box))
    if asked.time:
        found.append(terms.interval(asked.time, "time"))
    if asked.ids:
        found.append(RECORD.c.identifier.in_(asked.ids))
    return found


def constrained(said: object) -> ColumnElement[bool]:
    """The condition of CQL text or of a Filter element; raises the refusals of `sdi.filters`."""
    if isinstance(said, str):
        return condition(from_text(to_cql2(said), locator="constraint"))
    return condition(of_xml(said))  # type: ignore[arg-type]
