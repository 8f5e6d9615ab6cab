# SPDX-License-Identifier: EUPL-1.2
"""`brama ingest`: load a file, a folder or an address."""

import sys
from typing import Any

import click

from ingest import report as reports
from ingest import service
from ingest.model import LoadRequest
from sdi.command import Instance, instance_options


@click.command()
@click.argument("source")
@click.option("--layer", help="Id of the layer: a letter a-z, then up to 47 of a-z, 0-9 and _.")
@click.option("--source-layer", help="Layer of the file, where it has several; all are loaded otherwise.")
@click.option("--title", help="Title in Polish.")
@click.option("--title-en", help="Title in English.")
@click.option("--theme", help="Id of a theme (geodata/themes.yml).")
@click.option("--organisation", help="Slug of the organisation whose layer it is; the site's own otherwise.")
@click.option("--crs", help="CRS of the coordinates, such as EPSG:2180; the file's own otherwise.")
@click.option("--encoding", help="Encoding of texts: utf-8, windows-1250, iso-8859-2; found otherwise.")
@click.option("--key", help="Column that identifies a feature; found by its name and values otherwise.")
@click.option("--label", help="Column that names a feature; found by its name otherwise.")
@click.option("--time", "times", help="Column of the feature's time, or two with a comma: start,end.")
@click.option("--update", type=click.Choice(["replace", "append", "upsert"]), default="replace", show_default=True)
@click.option("--visibility", type=click.Choice(["public", "organisation", "private"]))
@click.option("--searchable/--not-searchable", default=None, help="Whether features are found by their label.")
@instance_options
def command(
    instance: Instance, source: str, times: str | None, title: str | None, title_en: str | None, **options: Any
) -> None:
    """Load SOURCE (a file, a folder or an http address) and publish its layers.

    Formats: zipped Shapefile, GeoPackage, GeoJSON, GML, KML, CSV with lat and lon, x and y or WKT, FlatGeobuf, GeoTIFF.
    """
    titles = {language: text for language, text in (("pl", title), ("en", title_en)) if text}
    request = LoadRequest(
        source=source,
        title=titles or None,
        time=tuple(name.strip() for name in times.split(",")) if times else (),
        is_address_trusted=True,
        **options,
    )
    with instance.database() as database:
        try:
            report = service.load(database, instance.settings, request, instance.progress)
        except service.LoadRefused as refusal:
            report = refusal.report
    instance.show(report.as_dict(), reports.as_text(report))
    if not report.is_complete:
        sys.exit(1)
