# SPDX-License-Identifier: EUPL-1.2
"""`brama catalogue`: upkeep of metadata records."""

import click

from catalogue import service
from sdi.command import Instance, instance_options


@click.group()
def command() -> None:
    """Metadata records."""


@command.command()
@instance_options
def refresh(instance: Instance) -> None:
    """Write the records of all layers anew."""
    with instance.database() as database, database.owner.begin() as connection:
        count = service.refresh(connection)
    instance.show({"records": count}, f"{count} records written.")
