# SPDX-License-Identifier: EUPL-1.2
"""SQL of the register of monuments: statistics, condition over time, sites for INSPIRE."""

from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

_COUNTS = (
    "count(*) AS monuments",
    "count(*) FILTER (WHERE protection = 'register_a') AS register_a",
    "count(*) FILTER (WHERE protection = 'register_b') AS register_b",
    "count(*) FILTER (WHERE protection = 'register_c') AS register_c",
    "count(*) FILTER (WHERE protection = 'gez') AS gez",
    "count(*) FILTER (WHERE protection NOT IN ('register_a', 'register_b', 'register_c', 'gez')) AS other",
    "count(*) FILTER (WHERE condition IN ('poor', 'threatened')) AS threatened",
)


def by_commune(connection: Connection) -> list[RowMapping]:
    """Open monuments by commune and form of protection, as the public sees them; the commune's name where known."""
    statement = text(
        "SELECT m.commune, (SELECT o.title FROM pub.organisation o WHERE o.teryt = m.commune) AS name,"
        f" {', '.join(_COUNTS)} FROM pub.kind_monument m GROUP BY m.commune ORDER BY m.commune NULLS LAST LIMIT 3000"
    )
    return list(connection.execute(statement).mappings())


def conditions(connection: Connection, monument: UUID) -> list[RowMapping]:
    """Inspections of a monument, the oldest first, each with its photos and documents."""
    statement = text(
        "SELECT i.id, i.number, i.state, i.inspected_on, i.inspector, i.condition, i.findings, i.recommendations,"
        " i.carry_out_by, (SELECT jsonb_agg(jsonb_build_object('id', d.id, 'title', d.title, 'dated', d.dated,"
        " 'preview_key', d.preview_key) ORDER BY d.dated, d.id) FROM app.records_document d WHERE d.record_id = i.id)"
        " AS documents FROM app.kind_inspection i WHERE i.parent_id = :id ORDER BY i.inspected_on, i.id LIMIT 200"
    )
    return list(connection.execute(statement, {"id": monument}).mappings())


def sites(connection: Connection, after: UUID | None, limit: int) -> list[RowMapping]:
    """Open monuments with a place, by their ids, each with its geometry as GML 3.2 in ETRS89 (latitude first)."""
    statement = text(
        "SELECT id, version, title, object_type, protection, register_number, decision, decision_date, entered_on,"
        " ST_AsGML(3, ST_Transform(geom, 4258), 7, 17, 'gml', 'geometry.' || id) AS gml FROM pub.kind_monument"
        " WHERE geom IS NOT NULL AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit"
    )
    return list(connection.execute(statement, {"after": after, "limit": limit}).mappings())
