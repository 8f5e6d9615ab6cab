# SPDX-License-Identifier: EUPL-1.2
"""What commands share: `--data` and `--json`, the database held running for their time, and how they print."""

import functools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from sdi import logs
from sdi.db.database import Database, open_database
from sdi.db.migrate import upgrade
from sdi.settings import Settings, load
from sdi.setup.cluster import Cluster


@dataclass(frozen=True)
class Instance:
    """The gate that a command works on."""

    settings: Settings
    as_json: bool

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database, migrated; a private cluster that does not run is started and stopped again."""
        cluster = None if self.settings.database.url else Cluster(self.settings.data)
        started = cluster is not None and cluster.start()
        database = open_database(self.settings)
        try:
            if cluster is not None and started:
                cluster.ensure_roles_and_database(self.settings.database.name)
            upgrade(self.settings)
            yield database
        finally:
            database.dispose()
            if cluster is not None and started:
                cluster.stop()

    def show(self, result: Mapping[str, Any], text: str) -> None:
        """Print a result: one JSON object with `--json`, else `text`."""
        click.echo(json.dumps(dict(result), ensure_ascii=False, default=str) if self.as_json else text)

    def progress(self, fraction: float, message: str) -> None:
        """Show progress on standard error, in place on a terminal."""
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{fraction:4.0%} {message}", err=True, nl=fraction >= 1)
        elif not self.as_json:
            click.echo(f"{fraction:4.0%} {message}", err=True)


def instance_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--data DIR` and `--json`; its function gets an `instance` first."""

    @click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Folder of the gate's data.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @functools.wraps(function)
    def wrapper(*args: Any, data: Path | None, as_json: bool, **kwargs: Any) -> Any:
        settings = load(data=data)
        logs.configure("warning")  # a command tells its own result; events are for processes
        return function(Instance(settings, as_json), *args, **kwargs)

    return wrapper
