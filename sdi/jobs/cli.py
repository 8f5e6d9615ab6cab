# SPDX-License-Identifier: EUPL-1.2
"""`brama jobs`: the worker process."""

import click

from sdi import logs
from sdi.command import Instance, instance_options
from sdi.db.database import open_database
from sdi.jobs import worker


@click.group()
def command() -> None:
    """Background work."""


@command.command()
@instance_options
def work(instance: Instance) -> None:
    """Run queued jobs until stopped; `up` starts this by itself."""
    logs.configure(instance.settings.log)
    worker.run(instance.settings, open_database(instance.settings))
