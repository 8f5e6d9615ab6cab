# SPDX-License-Identifier: EUPL-1.2
"""Records as the JSON that the portal and other programs read."""

from collections.abc import Mapping
from typing import Any

from catalogue import service
from catalogue.metadata import to_json
from catalogue.model import Publisher, Record
from sdi.web.i18n import localised


def short(record: Record, base: str) -> dict[str, Any]:
    """A record in a list."""
    return {
        "id": str(record.id),
        "identifier": record.identifier,
        "layer": record.layer_id,
        "type": record.type,
        "title": localised(record.title) or record.layer_id or record.identifier,
        "theme": record.theme,
        "bbox": record.bbox,
        "href": f"{base}/catalogue/{record.id}",
    }


def whole(record: Record, publisher: Publisher) -> dict[str, Any]:
    """All that a record says; what belongs to layers alone is null in others."""
    facts = record.facts
    said = service.metadata(record, publisher)
    made: dict[str, Any] = {
        "id": str(record.id),
        "identifier": record.identifier,
        "layer": record.layer_id,
        "type": record.type,
        "title": record.title,
        "abstract": record.abstract,
        "notice": facts.notice if facts else None,
        "keywords": record.keywords,
        "theme": {
            "id": record.theme,
            "title": facts.theme_title if facts else None,
            "inspire": facts.inspire if facts else None,
            "topic": facts.topic if facts else next(iter(said.topics), None),
        },
        "organisation": {"id": record.organisation, "title": record.organisation_title},
        "visibility": record.visibility,
        "created": record.created.isoformat(),
        "modified": record.modified.isoformat(),
        "bbox": record.bbox,
        "time": [facts.time_start, facts.time_end] if facts else [said.begin or None, said.end or None],
        "licence": record.licence,
        "links": [
            {"href": link.href, "title": localised(link.title), "type": link.media_type, "protocol": link.protocol}
            for link in (*said.links, *service.encodings(record, publisher.base))
        ],
    }
    if facts is None:
        return {**made, "metadata": to_json(said)}
    return {
        **made,
        "bbox": facts.bbox,
        "crs": f"http://www.opengis.net/def/crs/EPSG/0/{facts.srid}",
        "kind": facts.kind,
        "geometryType": facts.geometry_type,
        "features": facts.feature_count,
        "columns": [_column(column) for column in facts.columns],
        "attribution": facts.attribution,
        "lineage": facts.lineage,
    }


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": column["name"], "type": column["type"], "title": column["title"]}
