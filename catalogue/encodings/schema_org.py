# SPDX-License-Identifier: EUPL-1.2
"""Records as schema.org datasets (JSON-LD), which search engines read from the record's page."""

from typing import Any

from catalogue.metadata import Metadata, polish
from catalogue.vocabulary import licence, licence_of


def encode(metadata: Metadata, address: str) -> dict[str, Any]:
    """The JSON object of a schema.org Dataset (or WebAPI of a service); `address` is the record's page."""
    title, url = licence(licence_of(metadata))
    texts = {
        "description": polish(metadata.abstract) or polish(metadata.title),
        "license": url or title,
        "temporalCoverage": f"{metadata.begin[:10] or '..'}/{metadata.end[:10] or '..'}"
        if metadata.begin or metadata.end
        else None,
        "dateCreated": metadata.dates.get("creation", "")[:10],
        "datePublished": metadata.dates.get("publication", "")[:10],
        "dateModified": metadata.modified[:10],
        "thumbnailUrl": next(iter(metadata.previews), None),
    }
    made: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "WebAPI" if metadata.type == "service" else "Dataset",
        "@id": address,
        "identifier": metadata.identifier,
        "url": address,
        "name": polish(metadata.title) or metadata.identifier,
        "inLanguage": metadata.language,
        **{name: text for name, text in texts.items() if text},
        "keywords": list(metadata.subjects),
        "isAccessibleForFree": True,
        "publisher": {"@type": "Organization", "name": polish(metadata.publisher)},
    }
    if metadata.bounds:
        west, south, east, north = metadata.bounds
        box = f"{south:.7f} {west:.7f} {north:.7f} {east:.7f}"
        made["spatialCoverage"] = {"@type": "Place", "geo": {"@type": "GeoShape", "box": box}}
    if metadata.type != "service":
        made["distribution"] = [
            {"@type": "DataDownload", "contentUrl": link.href, **_format(link.media_type)} for link in metadata.links
        ]
    return made


def _format(media_type: str) -> dict[str, str]:
    return {"encodingFormat": media_type} if media_type else {}
