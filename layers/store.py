# SPDX-License-Identifier: EUPL-1.2
"""SQL of the layer registry."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, Range
from sqlalchemy.types import Float, Text

from layers.model import Column, ColumnType, GeometryType, Layer, Publication
from sdi.db.sql import quote

TEXTS = ("title", "abstract", "notice", "theme", "keywords", "position", "licence", "attribution", "searchable")
"""What a new version keeps of the old one unless it says otherwise."""

_ALWAYS = (
    "version", "relation", "object_key", "srid", "geometry_type", "columns", "key_column", "label_column",
    "time_start", "time_end", "feature_count", "extent", "bbox", "time_extent", "lineage", "raster",
)  # fmt: skip
_TYPES: dict[str, Any] = {
    "title": JSONB(none_as_null=True),
    "abstract": JSONB(none_as_null=True),
    "notice": JSONB(none_as_null=True),
    "columns": JSONB,
    "raster": JSONB(none_as_null=True),
    "keywords": ARRAY(Text),
    "extent": ARRAY(Float),
    "bbox": ARRAY(Float),
    "time_extent": TSTZRANGE,
}
_DEFAULTS = {"abstract": "'{}'", "keywords": "'{}'", "position": "1000", "searchable": "false"}


def read_layers(connection: Connection, *, public: bool) -> list[Layer]:
    """Every layer the connection's role and settings let through, in the portal's order."""
    schema = "pub" if public else "app"
    rows = connection.execute(text(f"SELECT * FROM {schema}.layer ORDER BY position, id"))
    return [_layer(row) for row in rows]


def read_some(connection: Connection, ids: Iterable[str], *, public: bool) -> list[Layer]:
    """As `read_layers`, of these ids only."""
    schema = "pub" if public else "app"
    rows = connection.execute(text(f"SELECT * FROM {schema}.layer WHERE id = ANY(:ids)"), {"ids": list(ids)})
    return [_layer(row) for row in rows]


def read_layer(connection: Connection, layer_id: str) -> Layer | None:
    """One layer, as the owner."""
    statement = text(
        "SELECT l.*, o.slug AS organisation FROM layers.layer l JOIN sdi.organisation o ON o.id = l.organisation_id"
        " WHERE l.id = :id"
    )
    row = connection.execute(statement, {"id": layer_id}).one_or_none()
    return _layer(row) if row else None


def read_all(connection: Connection) -> list[Layer]:
    """Every layer, as the owner."""
    statement = text(
        "SELECT l.*, o.slug AS organisation FROM layers.layer l JOIN sdi.organisation o ON o.id = l.organisation_id"
        " ORDER BY l.position, l.id"
    )
    return [_layer(row) for row in connection.execute(statement)]


def update_texts(connection: Connection, layer: Layer) -> None:
    """Write a layer's title, theme and visibility, as the owner."""
    statement = text(
        "UPDATE layers.layer SET title = :title, theme = :theme, visibility = :visibility, updated_at = now()"
        " WHERE id = :id"
    ).bindparams(bindparam("title", type_=JSONB))
    values = {"id": layer.id, "title": dict(layer.title), "theme": layer.theme, "visibility": layer.visibility}
    connection.execute(statement, values)


def next_version(connection: Connection, layer_id: str) -> int:
    """The number of the next version, also after loads that never finished (their tables may be there still)."""
    statement = text(
        "SELECT greatest(coalesce((SELECT max(version) FROM layers.version WHERE layer_id = :id), 0),"
        " coalesce((SELECT max(substring(relname FROM '_(\\d+)$')::int) FROM pg_class"
        " WHERE relnamespace = 'data'::regnamespace AND relname ~ ('^' || :id || '_\\d+$')), 0)) + 1"
    )
    return int(connection.execute(statement, {"id": layer_id}).scalar_one())


def write_layer(connection: Connection, publication: Publication) -> None:
    """Point the registry row at a new version (or make the row) and note the version."""
    values = _values(publication)
    columns = list(values)
    inserted = [f"coalesce(:{c}, {_DEFAULTS[c]})" if c in _DEFAULTS else f":{c}" for c in columns]
    inserted[columns.index("visibility")] = "coalesce(:visibility, 'public')"
    updated = [f"{c} = excluded.{c}" for c in _ALWAYS]
    updated += [f"{c} = coalesce(:{c}, layer.{c})" for c in (*TEXTS, "visibility")]
    statement = text(
        f"INSERT INTO layers.layer ({', '.join(columns)}) VALUES ({', '.join(inserted)})"
        f" ON CONFLICT (id) DO UPDATE SET {', '.join(updated)}, revision = 0, updated_at = now()"
    ).bindparams(*(bindparam(name, type_=kind) for name, kind in _TYPES.items()))
    connection.execute(statement, values)
    note = text(
        "INSERT INTO layers.version (layer_id, version, relation, object_key, feature_count, lineage)"
        " VALUES (:id, :version, :relation, :object_key, :feature_count, :lineage)"
    )
    connection.execute(note, values)
    connection.execute(
        text("UPDATE layers.version SET retired_at = now() WHERE layer_id = :id AND version < :version"
             " AND retired_at IS NULL"),
        values,
    )  # fmt: skip


def make_view(connection: Connection, publication: Publication) -> None:
    """The owner's views through which the application reads and writes this version's table (decision 14)."""
    relation = quote(publication.relation or "")
    connection.exec_driver_sql(
        f"CREATE VIEW data_app.{relation} AS SELECT * FROM data.{relation} WHERE ("
        "SELECT sdi.may_read(l.visibility, l.organisation_id, l.account_id) FROM layers.layer l"
        f" WHERE l.id = '{publication.id}')"
    )
    connection.exec_driver_sql(f"GRANT SELECT ON data_app.{relation} TO brama_app")
    opened = text("SELECT layers.open_to_changes(:layer, :relation)")
    connection.execute(opened, {"layer": publication.id, "relation": publication.relation})


def last_fid(connection: Connection, layer_id: str) -> int:
    """The highest feature id the layer ever had; 0 for a new one."""
    statement = text("SELECT last_fid FROM layers.sequence WHERE layer_id = :id")
    return int(connection.execute(statement, {"id": layer_id}).scalar() or 0)


def note_last_fid(connection: Connection, layer_id: str, fid: int) -> None:
    """Remember the highest id."""
    statement = text(
        "INSERT INTO layers.sequence (layer_id, last_fid) VALUES (:id, :fid)"
        " ON CONFLICT (layer_id) DO UPDATE SET last_fid = greatest(sequence.last_fid, excluded.last_fid)"
    )
    connection.execute(statement, {"id": layer_id, "fid": fid})


def write_style(connection: Connection, layer_id: str, name: str, definition: dict[str, Any]) -> None:
    """Store a style unless the layer has one of that name; its first style is its default."""
    statement = text(
        "INSERT INTO layers.style (layer_id, name, title, definition, is_default) VALUES (:id, :name, :title,"
        " :definition, NOT EXISTS (SELECT 1 FROM layers.style WHERE layer_id = :id AND is_default))"
        " ON CONFLICT (layer_id, name) DO NOTHING"
    ).bindparams(bindparam("definition", type_=JSONB), bindparam("title", type_=JSONB))
    title = {"pl": "domyślny", "en": "default"} if name == "default" else {"en": name}
    connection.execute(statement, {"id": layer_id, "name": name, "title": title, "definition": definition})


def read_styles(connection: Connection, *, public: bool) -> dict[str, list[Row[Any]]]:
    """Styles of every visible layer by layer id, the default one first."""
    schema = "pub" if public else "app"
    statement = text(f"SELECT * FROM {schema}.style ORDER BY layer_id, is_default DESC, name")
    styles: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(statement):
        styles.setdefault(row.layer_id, []).append(row)
    return styles


def delete_layer(connection: Connection, layer_id: str) -> None:
    """Take the layer out of the registry with its history; its tables are dropped by `drop_retired`."""
    connection.execute(text("DELETE FROM layers.change WHERE layer_id = :id"), {"id": layer_id})
    connection.execute(text("DELETE FROM layers.layer WHERE id = :id"), {"id": layer_id})


def orphaned_relations(connection: Connection, seconds: int) -> list[str]:
    """Tables in schema `data` that no registry row points to and nobody was shown for `seconds`."""
    statement = text(
        "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'data'::regnamespace AND c.relkind = 'r'"
        " AND NOT EXISTS (SELECT 1 FROM layers.layer l WHERE l.relation = c.relname)"
        " AND NOT EXISTS (SELECT 1 FROM layers.version v WHERE v.relation = c.relname"
        "   AND coalesce(v.retired_at, now()) > now() - make_interval(secs => :seconds))"
    )
    return list(connection.execute(statement, {"seconds": seconds}).scalars())


def drop_relation(connection: Connection, relation: str) -> None:
    """Drop a table and its views; gives up after two seconds when a reader holds it (the next round takes it)."""
    name = quote(relation)
    connection.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
    connection.exec_driver_sql(f"DROP VIEW IF EXISTS data_app.{name}, data_write.{name}")
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS data.{name}")
    connection.execute(text("SELECT layers.drop_levels(:name)"), {"name": relation})
    connection.execute(text("UPDATE layers.version SET relation = NULL WHERE relation = :name"), {"name": relation})


def _values(publication: Publication) -> dict[str, Any]:
    values = asdict(publication)
    values["columns"] = [json.loads(json.dumps(asdict(column))) for column in publication.columns]
    values["geometry_type"] = publication.geometry_type.value
    for name in ("extent", "bbox"):
        values[name] = list(values[name])
    values["keywords"] = None if publication.keywords is None else list(publication.keywords)
    values["time_extent"] = Range(*publication.time_extent, bounds="[]") if publication.time_extent else None
    return values


def _layer(row: Row[Any]) -> Layer:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values["columns"] = tuple(_column(column) for column in values["columns"])
    values["geometry_type"] = GeometryType(values["geometry_type"])
    values["keywords"] = tuple(values["keywords"])
    values["extent"] = tuple(values["extent"])
    values["bbox"] = tuple(values["bbox"])
    span = values["time_extent"]
    values["time_extent"] = (span.lower, span.upper) if span else None
    return Layer(**values)


def _column(values: dict[str, Any]) -> Column:
    return Column(
        values["name"], ColumnType(values["type"]), values["source"], values["title"], values.get("indexed", False)
    )
