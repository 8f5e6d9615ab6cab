# SPDX-License-Identifier: EUPL-1.2
"""Publishes a raster: a cloud-optimized GeoTIFF as an immutable object, and its registry row."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import catalogue.service
import layers.service
from ingest import reader, store
from ingest.loading import Target, described
from ingest.model import LayerReport, LoadRequest
from ingest.reading.model import Decision, Task
from layers.model import Extent, GeometryType, Layer, Publication
from sdi.errors import Unprocessable
from sdi.objects import Objects
from sdi.settings import Settings


@dataclass(frozen=True, slots=True)
class Converted:
    """A raster ready to be stored, and what is in it."""

    path: Path
    facts: dict[str, Any]


def convert(task: Task, folder: Path) -> Converted:
    """Make the cloud-optimized file; Unprocessable when the source is none that is taken."""
    target = folder / f"{Path(task.path).parent.name}-{Path(task.path).stem}.cog.tif"
    return Converted(target, reader.convert_raster(replace(task, target=str(target))))


def over(layer: Layer | None, task: Task, settings: Settings) -> Task:
    """The task with its rasters laid over what the layer has; Unprocessable without such a layer."""
    if layer is None or layer.object_key is None:
        raise Unprocessable("There is no raster layer of that id to append to; load it first.")
    return replace(task, path=str(Objects(settings).path(layer.object_key)), more=(task.path, *task.more))


def publish(
    connection: Connection, settings: Settings, converted: Converted, request: LoadRequest, target: Target,
    report: LayerReport,
) -> Layer:  # fmt: skip
    """Publish the layer's next version in the caller's transaction.

    The object is stored first, under the digest of its content; after a failed transaction nobody names it,
    and the daily sweep removes it.
    """
    store.lock(connection, target.layer_id)
    old = layers.service.layer_as_owner(connection, target.layer_id)
    if old is not None and old.kind != "raster":
        raise Unprocessable(f"The layer {target.layer_id} has features; a raster needs another --layer.")
    if request.update == "upsert":
        raise Unprocessable("A raster has no keys to upsert by: replace it, or append to it.")
    facts = converted.facts
    report.decisions += [Decision(**decision) for decision in facts.pop("decisions")]
    report.version = layers.service.next_version(connection, target.layer_id)
    report.read = report.loaded = len(facts["bands"])
    publication = Publication(
        id=target.layer_id, organisation_id=target.organisation_id, kind="raster", srid=facts["srid"],
        geometry_type=GeometryType.RASTER, extent=_extent(facts.pop("extent")), bbox=_extent(facts.pop("bbox")),
        version=report.version, object_key=Objects(settings).put(converted.path, ".tif"), raster=facts,
        **described(request, old, target),
    )  # fmt: skip
    layer = layers.service.publish(connection, publication)
    catalogue.service.write_record(connection, layer)
    store.note_load(connection, report, target.source, target.sha256, request.account_id)
    return layer


def _extent(values: list[float]) -> Extent:
    minx, miny, maxx, maxy = values
    return (minx, miny, maxx, maxy)
