# SPDX-License-Identifier: EUPL-1.2
"""SQL of records: statements composed once a kind from registry names; values are bound."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from records.known import kind as known_kind
from records.model import FieldType, Kind, Saved

Values = Mapping[str, Any]
_SAVE = text(
    "SELECT s.id, s.version, s.number FROM jsonb_array_elements(:changes) WITH ORDINALITY AS c(change, position),"
    " LATERAL records.save(c.change) s ORDER BY c.position"
).bindparams(bindparam("changes", type_=JSONB))
_FINISH = text("SELECT records.finish(:ids)")
SORTS = {
    "opened": ("opened", "DESC"),
    "number": ("number", "ASC"),
    "title": ("title", "ASC"),
    "due": ("due", "ASC"),
    "changed": ("updated_at", "DESC"),
}
"""What a list may be sorted by, and which way first."""
_CASTS = {"opened": "date", "number": "text", "title": "text", "due": "date", "changed": "timestamptz"}
GEOJSON = "ST_AsGeoJSON(ST_Transform(geom, 4326), 7, 0)"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list shows, as names of its conditions; their values are bound.

    `own` names the caller's only organisation once more, so that the planner knows how little that is; `part` looks for
    a part of a word where whole beginnings of words found nothing.
    """

    own: bool = False
    words: bool = False
    part: bool = False
    state: bool = False
    commune: bool = False
    late: bool = False
    open: bool = False
    box: bool = False
    parent: bool = False
    choices: tuple[str, ...] = ()


def save(connection: Connection, changes: Sequence[Values]) -> list[Saved]:
    """Write all changes in their order, then bring the public layers and the watchers up to date."""
    rows = connection.execute(_SAVE, {"changes": list(changes)}).all()
    connection.execute(_FINISH, {"ids": [row.id for row in rows]})
    return [Saved(row.id, row.version, row.number) for row in rows]


def read(connection: Connection, kind: Kind, ids: Sequence[UUID], *, public: bool) -> list[RowMapping]:
    """Records of a kind by their ids, whole, each with its geometry as GeoJSON in CRS84."""
    statement = text(f"SELECT *, {GEOJSON} AS shape FROM {relation(kind, public=public)} WHERE id = ANY(:ids)")
    return list(connection.execute(statement, {"ids": list(ids)}).mappings())


def kind_of(connection: Connection, record: UUID, *, public: bool) -> str | None:
    """The kind of a record, by the view that the caller reads."""
    statement = text(f"SELECT kind FROM {'pub' if public else 'app'}.records WHERE id = :id")
    found: str | None = connection.execute(statement, {"id": record}).scalar()
    return found


def relation(kind: Kind, *, public: bool) -> str:
    """The view of a kind for the public or for its organisation."""
    return f"{'pub' if public else 'app'}.kind_{kind.id}"


@cache
def page(kind_id: str, filters: Filter, sort: str, *, falling: bool, after: bool, public: bool) -> str:
    """The statement of a page of a list: columns of tables, the sort value as text; binds `limit`, `after`, `after_id`.

    Records without the value come last, as they do in the index.
    """
    kind = known_kind(kind_id)
    column = SORTS[sort][0]
    way = "DESC" if falling else "ASC"
    nulls = "" if way == "ASC" else " NULLS LAST" if column in ("due", "number") else ""
    wheres = _conditions(filters, public=public)
    if column == "due":
        wheres.append("due IS NOT NULL AND closed IS NULL" if not public else "true")
    if after:
        sign = "<" if falling else ">"
        cast = f"CAST(:after AS {_CASTS[sort]})"
        wheres.append(f"({column}, id) {sign} ({cast}, CAST(:after_id AS uuid))")
    names = ["id", "organisation_id", "organisation_title", "number", "state", "title", "commune", "opened", "closed",
             "version", "updated_at", *([] if public else ["due"]), *listed(kind, public=public)]  # fmt: skip
    order = f"ORDER BY {{}}{column} {way}{nulls}, {{}}id {way}"
    # The page is found in the one table that has the index of its order, and only then joined with its kind's fields.
    inner = (
        f"SELECT id FROM {_narrow(kind, filters, public=public)}{_where(wheres)} {order.format('', '')} LIMIT :limit"
    )
    return (
        f"SELECT {', '.join(f'v.{name}' for name in names)}, v.{column}::text AS sort_value"
        f" FROM ({inner}) p JOIN {relation(kind, public=public)} v ON v.id = p.id {order.format('v.', 'v.')}"
    )


@cache
def count(kind_id: str, filters: Filter, *, public: bool) -> str:
    """The statement that counts a list, up to `most`."""
    source = _narrow(known_kind(kind_id), filters, public=public)
    return f"SELECT count(*) FROM (SELECT 1 FROM {source}{_where(_conditions(filters, public=public))} LIMIT :most) c"


@cache
def column_of_board(kind_id: str, filters: Filter, *, public: bool) -> str:
    """The statement of a state's first records and of how many it has; binds `most`, `counted` and the filter's own."""
    source = f"{_narrow(known_kind(kind_id), filters, public=public)}{_where(_conditions(filters, public=public))}"
    due, order = ("NULL::date", "opened DESC, id DESC") if public else ("due", "due, opened DESC, id")
    return (
        f"SELECT id, number, title, state, {due} AS due,"
        f" (SELECT count(*) FROM (SELECT 1 FROM {source} LIMIT :counted) c) AS total"
        f" FROM {source} ORDER BY {order} LIMIT :most"
    )


def _narrow(kind: Kind, filters: Filter, *, public: bool) -> str:
    """The least that conditions need: the table of all records, unless one is on a field of the kind."""
    if filters.choices:
        return relation(kind, public=public)
    return f"(SELECT * FROM {'pub' if public else 'app'}.records WHERE kind = '{kind.id}') narrow"


def _where(wheres: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(wheres)}" if wheres else ""


@cache
def items(kind_id: str, filters: Filter, *, public: bool) -> str:
    """The statement of a list as a GeoJSON feature collection in one text; binds `limit`."""
    kind = known_kind(kind_id)
    names = ["number", "state", "title", "commune", "opened", *listed(kind, public=public)]
    wheres = [*_conditions(filters, public=public), "geom IS NOT NULL"]
    properties = ", ".join(f"'{name}', {name}" for name in names)
    return (
        'SELECT \'{"type":"FeatureCollection","features":[\' || coalesce(string_agg(json_build_object('
        f"'type', 'Feature', 'id', id, 'geometry', {GEOJSON}::json, 'properties',"
        f" json_build_object({properties}))::text, ','), '') || ']}}'"
        f" FROM (SELECT * FROM {relation(kind, public=public)} WHERE {' AND '.join(wheres)}"
        " ORDER BY opened DESC, id DESC LIMIT :limit) shown"
    )


def listed(kind: Kind, *, public: bool) -> list[str]:
    """Fields of the kind that stand in tables."""
    return [one.name for one in kind.fields if one.listed and (one.public or not public)]


def filterable(kind: Kind, *, public: bool) -> list[str]:
    """Choices of the kind that lists are filtered by."""
    return [one.name for one in kind.fields if one.type is FieldType.CHOICE and (one.public or not public)]


def _conditions(filters: Filter, *, public: bool) -> list[str]:
    wheres = []
    if filters.own and not public:
        wheres.append("organisation_id = :own")
    if filters.words:
        wheres.append("words @@ records.words(:q)")
    if filters.part:
        wheres.append("folded LIKE sdi.fold(:pattern)")
    if filters.state:
        wheres.append("state = :state")
    if filters.commune:
        wheres.append("commune = :commune")
    if filters.late and not public:
        wheres.append("due < current_date AND closed IS NULL")
    if filters.open:
        wheres.append("closed IS NULL")
    if filters.box:
        wheres.append("geom && ST_MakeEnvelope(:west, :south, :east, :north, 2180)")
    if filters.parent:
        wheres.append("parent_id = :parent")
    wheres += [f"{name} = :choice_{name}" for name in filters.choices]
    return wheres


def counts_by(connection: Connection, kind: Kind, column: str, *, public: bool) -> list[RowMapping]:
    """How many records have each value of a column (state, commune, a choice), the most first."""
    statement = text(
        f"SELECT {column} AS value, count(*) AS records FROM {relation(kind, public=public)}"
        f" GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT 500"
    )
    return list(connection.execute(statement).mappings())


def history(connection: Connection, record: UUID) -> list[RowMapping]:
    """Changes of a record, the newest first, each with the snapshot before it."""
    statement = text(
        "SELECT version, at, account_id, action, reason, snapshot,"
        " lead(snapshot) OVER (ORDER BY version DESC) AS before FROM app.records_history"
        " WHERE record_id = :id ORDER BY version DESC LIMIT 500"
    )
    return list(connection.execute(statement, {"id": record}).mappings())


def belongings(connection: Connection, record: UUID) -> dict[str, Any]:
    """What belongs to a record, in one statement: places, parties, links, notes, documents, pauses, children."""
    row = connection.execute(_BELONGINGS, {"id": record}).mappings().one()
    return {name: value or [] for name, value in row.items()}


_SHORT = "SELECT r.id, r.kind, r.number, r.title, r.state FROM app.records r"
_BELONGINGS = text(
    "SELECT"
    " (SELECT jsonb_agg(to_jsonb(p) - 'geom' || jsonb_build_object('shape',"
    "   ST_AsGeoJSON(ST_Transform(p.geom, 4326), 7, 0)::jsonb) ORDER BY p.id) FROM app.records_place p"
    "   WHERE p.record_id = :id) AS places,"
    " (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.id) FROM app.records_party p WHERE p.record_id = :id) AS parties,"
    f" (SELECT jsonb_agg(to_jsonb(o) || jsonb_build_object('role', l.role)) FROM app.records_link l JOIN ({_SHORT}) o"
    "   ON o.id = l.other_id WHERE l.record_id = :id) AS links,"
    " (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.at DESC) FROM (SELECT * FROM app.records_note n WHERE n.record_id = :id"
    "   ORDER BY n.at DESC LIMIT 200) n) AS notes,"
    " (SELECT jsonb_agg(to_jsonb(d) ORDER BY d.at DESC) FROM app.records_document d WHERE d.record_id = :id"
    "   AND NOT EXISTS (SELECT FROM app.records_document n WHERE n.replaces = d.id)) AS documents,"
    " (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.started) FROM app.records_pause p WHERE p.record_id = :id) AS pauses,"
    f" (SELECT jsonb_agg(to_jsonb(c)) FROM ({_SHORT} WHERE r.parent_id = :id ORDER BY r.opened DESC, r.id LIMIT 200) c)"
    " AS children"
)


def escaped(words: str) -> str:
    """Words as a part of a pattern of LIKE."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def as_json(value: Any) -> Any:
    """A row's values ready for JSON."""
    return json.loads(json.dumps(value, default=_plain))


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)


def as_text(value: Any) -> str:
    """JSON as text, Polish letters as they are."""
    return json.dumps(value, ensure_ascii=False, default=str)
