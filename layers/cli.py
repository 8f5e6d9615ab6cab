# SPDX-License-Identifier: EUPL-1.2
"""`brama layers`: list, change and remove published layers."""

from typing import Any, get_args

import click

from layers import service
from layers.model import Visibility
from sdi.command import Instance, instance_options


@click.group()
def command() -> None:
    """Published layers."""


@command.command("list")
@instance_options
def list_layers(instance: Instance) -> None:
    """List all layers with their versions, counts and visibility."""
    with instance.database() as database, database.owner.connect() as connection:
        layers = service.layers_as_owner(connection)
    rows = [
        {"id": layer.id, "organisation": layer.organisation, "theme": layer.theme, "visibility": layer.visibility,
         "kind": layer.kind, "version": layer.version, "features": layer.feature_count, "title": dict(layer.title)}
        for layer in layers
    ]  # fmt: skip
    lines = [
        f"{row['id']:<32} {row['organisation']:<20} {row['visibility']:<12} {row['features']:>12,}"
        f"  {next(iter(layer.title.values()), '')}"
        for row, layer in zip(rows, layers, strict=True)
    ]
    instance.show({"layers": rows}, "\n".join(lines) or "There are no layers.")


@command.command("set")
@click.argument("layer")
@click.option("--title", help="Title in Polish.")
@click.option("--title-en", help="Title in English.")
@click.option("--theme", help="Id of a theme (geodata/themes.yml).")
@click.option("--visibility", type=click.Choice(get_args(Visibility)))
@instance_options
def set_layer(instance: Instance, layer: str, title: str | None, title_en: str | None, **changes: Any) -> None:
    """Change a layer's title, theme or visibility."""
    titles = {language: text for language, text in (("pl", title), ("en", title_en)) if text}
    with instance.database() as database, database.owner.begin() as connection:
        changed = service.change(connection, layer, title=titles or None, **changes)
    instance.show({"layer": changed.id, "visibility": changed.visibility}, f"{changed.id} changed.")


@command.command()
@click.argument("layer")
@instance_options
def remove(instance: Instance, layer: str) -> None:
    """Unpublish a layer; its data are dropped once nobody reads them."""
    with instance.database() as database, database.owner.begin() as connection:
        service.remove(connection, layer)
    instance.show({"removed": layer}, f"{layer} removed.")
