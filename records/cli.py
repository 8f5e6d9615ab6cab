# SPDX-License-Identifier: EUPL-1.2
"""`brama records`: make the public layers of kinds anew."""

import click

from records import publishing
from records.known import kinds
from sdi.command import Instance, instance_options


@click.group()
def command() -> None:
    """Records and their public layers."""


@command.command()
@click.argument("kind", type=click.Choice(sorted(kinds())))
@instance_options
def publish(instance: Instance, kind: str) -> None:
    """Make the public layer of KIND anew from its open records."""
    with instance.database() as database, database.owner.begin() as connection:
        count = publishing.publish(connection, kind, instance.settings.site.organisation)
    instance.show({"kind": kind, "features": count}, f"{count} features.")
