# SPDX-License-Identifier: EUPL-1.2
"""`brama sample`: the sample region of a fresh machine, and official shapes in its place."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from ingest import report as reports
from ingest.model import LoadReport, LoadRequest
from ingest.sample import service
from ingest.sample.region import SampleLayer
from ingest.service import load as load_source
from sdi.command import Instance, instance_options
from sdi.db.database import Database
from sdi.errors import SetupError
from sdi.outbound import Outbound
from sdi.people.service import add_organisations


@click.group()
def command() -> None:
    """The sample region."""


@command.command()
@instance_options
def load(instance: Instance) -> None:
    """Build the sample region from packages, and publish its layers."""
    instance.progress(0.0, "building the sample region")
    region = service.build(instance.settings.data, lambda step: instance.progress(0.1, step))
    _publish(instance, region)


@command.command()
@click.argument("source", required=False)
@instance_options
def official(instance: Instance, source: str | None) -> None:
    """Replace approximate shapes by official ones from SOURCE, a file or an address (the state register's if none)."""
    address = source or service.official_url()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(address)
        if address.startswith(("http://", "https://")):
            instance.progress(0.0, f"fetching {address}")
            path = Path(folder) / "official.zip"
            limit = instance.settings.limits.upload_bytes
            Outbound(instance.settings).fetch(address, path, limit=limit, is_trusted=True)
        region = service.official(instance.settings.data, path, lambda step: instance.progress(0.1, step))
    _publish(instance, region)


def _publish(instance: Instance, region: service.SampleRegion) -> None:
    with instance.database() as database:
        with database.owner.begin() as connection:
            add_organisations(connection, region.organisations)
        loaded = _load_all(instance, database, region.layers, region.region.slug)
    layers = tuple(layer for report in loaded for layer in report.layers)
    whole = LoadReport("sample region", None, layers)
    instance.show({"layers": [asdict(layer) for layer in layers]}, reports.as_text(whole))
    if not whole.is_complete:
        raise SetupError("Some layers of the sample region were not published; the report says why.")


def _load_all(
    instance: Instance, database: Database, layers: Sequence[SampleLayer], organisation: str
) -> list[LoadReport]:
    loaded = []
    for index, layer in enumerate(layers):
        instance.progress(0.2 + 0.8 * index / len(layers), f"loading {layer.definition.id}")
        request = _request(layer, organisation)
        loaded.append(load_source(database, instance.settings, request, lambda _fraction, _message: None))
    instance.progress(1.0, "published")
    return loaded


def _request(layer: SampleLayer, organisation: str) -> LoadRequest:
    known = layer.definition
    return LoadRequest(
        source=str(layer.path),
        layer=known.id,
        source_layer=known.source_layer,
        organisation=organisation,
        key=known.key,
        label=known.label,
        title=known.title.model_dump(),
        abstract=known.abstract.model_dump(),
        # An empty notice takes away the one of the version before; None would keep it.
        notice=known.notice.model_dump() if known.notice else {},
        theme=known.theme,
        keywords=known.keywords.pl,
        position=known.order,
        searchable=known.searchable,
        licence=known.licence,
        attribution=known.attribution,
        lineage=known.source.pl,
        column_titles={name: title.model_dump() for name, title in known.columns.items()},
    )
