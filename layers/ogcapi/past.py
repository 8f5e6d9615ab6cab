# SPDX-License-Identifier: EUPL-1.2
"""What a feature went through, version by version."""

from datetime import UTC, datetime
from typing import Any

from flask import Response, render_template

from layers.changes.model import Version
from layers.changes.past import versions
from layers.ogcapi.common import COLLECTION, FORMAT, LANGUAGE
from layers.ogcapi.features import feature_number, vector_layer
from layers.ogcapi.links import GEOJSON, HTML, JSON, as_json, here, link, root
from layers.ogcapi.query import parameters
from sdi.errors import NotFound
from sdi.web.context import principal, services
from sdi.web.negotiation import COMMON, negotiate
from sdi.web.openapi import Operation, operation
from sdi.web.rights import public


@public
@operation(
    Operation(
        "What a feature went through",
        "Features",
        (FORMAT, LANGUAGE),
        {JSON: {"type": "object"}, HTML: {"type": "string"}},
        path={**COLLECTION, "feature_id": "Id of a feature"},
    )
)
def show_versions(collection_id: str, feature_id: str) -> Response | str:
    """The versions of a feature since the layer's last load, the newest first (relations of RFC 5829)."""
    parameters()
    layer = vector_layer(collection_id)
    fid = feature_number(layer, feature_id)
    found = versions(services().database, principal(), layer, fid)
    if not found:
        raise NotFound(f"Layer {layer.id!r} has no feature {fid}.", locator="featureId")
    own = f"{root()}/collections/{layer.id}/items/{fid}"
    if negotiate(COMMON) == "html":
        return render_template("ogcapi/versions.html", layer=layer, fid=fid, versions=found, own=own, moment=_moment)
    listed = [_version(version, own) for version in found]
    links = [*here(JSON, html=HTML), link(f"{root()}/collections/{layer.id}?f=json", "collection", JSON)]
    if found[0].operation != "delete":
        links.append(link(f"{own}?f=json", "latest-version", GEOJSON))
    answer = as_json({"layer": layer.id, "feature": fid, "versions": listed, "links": links})
    answer.headers["Cache-Control"] = f"{'public' if principal() is None else 'private'}, no-cache"
    answer.headers["Vary"] = "Accept, Accept-Language, Authorization"
    return answer


def _version(version: Version, own: str) -> dict[str, Any]:
    told = {
        "operation": version.operation,
        "from": _moment(version.at),
        "until": _moment(version.until) if version.until else None,
        "revision": version.revision,
        "changeSet": str(version.change_set) if version.change_set else None,
        "account": version.account,
    }
    made: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    if version.operation != "delete":
        made["links"] = [link(f"{own}?f=json&asOf={_moment(version.at)}", "version", GEOJSON)]
    return made


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
