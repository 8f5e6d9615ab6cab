# SPDX-License-Identifier: EUPL-1.2
"""What a list is asked for: conditions, order and place in it, read from the address and held to limits."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from records import store
from records.model import Kind
from records.store import Filter
from sdi.crs import CRS84, by_srid, parse_bbox
from sdi.errors import InvalidParameter
from sdi.web.parameters import Parameters

PAGE = 50
MOST = 500
_KNOWN = ("q", "state", "commune", "late", "open", "bbox", "parent", "sort", "order", "after", "limit", "f", "lang")
_TOKEN = 2_000


@dataclass(frozen=True, slots=True)
class Query:
    """A list as asked: `values` are bound, `filters` and `sort` decide the statement's text."""

    kind: Kind
    filters: Filter
    values: Mapping[str, Any]
    sort: str
    falling: bool
    after: tuple[str, UUID] | None
    limit: int


def parse(kind: Kind, sent: Mapping[str, str], *, public: bool) -> Query:
    """The query of an address; InvalidParameter names what cannot be used."""
    choices = store.filterable(kind, public=public)
    asked = Parameters(sent, known=(*_KNOWN, *choices))
    values: dict[str, Any] = {}
    chosen = tuple(name for name in choices if name in asked)
    for name in chosen:
        values[f"choice_{name}"] = asked.choice(name, list(kind.by_name[name].choices), "")
    if words := asked.text("q", 200):
        values |= {"q": words, "pattern": f"%{store.escaped(words)}%"}
    if commune := asked.text("commune", 6):
        values["commune"] = commune
    if "state" in asked:
        values["state"] = asked.choice("state", list(kind.state), "")
    if box := asked.text("bbox", 200):
        bounds = parse_bbox(box, CRS84).to(by_srid(2180)).bounds
        values |= dict(zip(("west", "south", "east", "north"), bounds, strict=True))
    if parent := asked.text("parent", 40):
        values["parent"] = _uuid(parent, "parent")
    filters = Filter(
        words="q" in values, state="state" in values, commune="commune" in values, late="late" in asked,
        open="open" in asked, box="west" in values, parent="parent" in values, choices=chosen,
    )  # fmt: skip
    sort = asked.choice("sort", [name for name in store.SORTS if name != "due" or not public], "opened")
    order = asked.choice("order", ("asc", "desc"), store.SORTS[sort][1].lower())
    token = asked.text("after", _TOKEN)
    limit = asked.integer("limit", PAGE, 1, MOST)
    return Query(kind, filters, values, sort, order == "desc", _after(token) if token else None, limit)


def token(row: RowMapping) -> str:
    """What the next page begins after."""
    return base64.urlsafe_b64encode(json.dumps([row["sort_value"], str(row["id"])]).encode()).decode().rstrip("=")


def _after(text: str) -> tuple[str, UUID]:
    try:
        value, record = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return str(value), UUID(record)
    except (ValueError, TypeError, AttributeError) as error:
        raise InvalidParameter("Parameter 'after' is none that this list gave.", locator="after") from error


def _uuid(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidParameter(f"Parameter {name!r} is no identifier.", locator=name) from error
