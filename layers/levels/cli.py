# SPDX-License-Identifier: EUPL-1.2
"""`brama levels`: what levels layers have, and making them now."""

import click

from layers import service as layers
from layers.levels import service
from sdi.command import Instance, instance_options


@click.group()
def command() -> None:
    """Generalised levels of large layers."""


@command.command("list")
@instance_options
def list_levels(instance: Instance) -> None:
    """List levels with their rows and the room they take."""
    with instance.database() as database, database.owner.connect() as connection:
        found = [
            {"layer": layer.id, **told}
            for layer in layers.layers_as_owner(connection)
            for told in service.described(connection, layer)
        ]
    lines = [
        f"{row['layer']:<32} {row['name']:<40} {'ready' if row['ready'] else 'being made':<12}"
        f" {row['bytes']:>14,} B  levels {', '.join(str(level['level']) for level in row['levels'])}"
        for row in found
    ]
    instance.show({"levels": found}, "\n".join(lines) or "No layer has levels.")


@command.command()
@click.argument("layer")
@instance_options
def build(instance: Instance, layer: str) -> None:
    """Bring the levels of a layer up to date; the job does the same after each load and change."""
    with instance.database() as database:
        done = service.update(database, layer, instance.progress)
    instance.show(dict(done), f"{layer}: levels {', '.join(map(str, done['levels'])) or 'none'}.")
