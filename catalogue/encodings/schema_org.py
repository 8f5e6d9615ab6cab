# SPDX-License-Identifier: EUPL-1.2
"""Records as schema.org datasets (JSON-LD), which search engines read from the record's page."""

from typing import Any

from catalogue import service
from catalogue.model import Publisher, Record, polish


def encode(record: Record, publisher: Publisher) -> dict[str, Any]:
    """The JSON object of a schema.org Dataset."""
    facts = record.facts
    west, south, east, north = facts.bbox
    title, url = service.licence(facts.licence)
    texts = {
        "description": polish(record.abstract) or polish(record.title),
        "license": url or title,
        "creditText": facts.attribution,
        "temporalCoverage": f"{(facts.time_start or '..')[:10]}/{(facts.time_end or '..')[:10]}"
        if facts.time_start or facts.time_end
        else None,
    }
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"urn:uuid:{record.id}",
        "url": f"{publisher.base}/catalogue/{record.id}",
        "name": polish(record.title) or record.layer_id,
        "inLanguage": "pl",
        **{name: text for name, text in texts.items() if text},
        "keywords": [*record.keywords, *(polish(term) for term in (facts.theme_title, facts.inspire) if term)],
        "dateCreated": record.created.date().isoformat(),
        "dateModified": record.modified.date().isoformat(),
        "isAccessibleForFree": True,
        "publisher": {"@type": "Organization", "name": polish(record.organisation_title)},
        "spatialCoverage": {
            "@type": "Place",
            "geo": {"@type": "GeoShape", "box": f"{south:.7f} {west:.7f} {north:.7f} {east:.7f}"},
        },
        "distribution": [
            {"@type": "DataDownload", "contentUrl": link.href, "encodingFormat": link.media_type}
            for link in service.links(record, publisher.base)
        ],
    }
