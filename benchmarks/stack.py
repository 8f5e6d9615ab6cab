# SPDX-License-Identifier: EUPL-1.2
"""The whole server on a throw-away cluster, run as `up` runs it, for one benchmark run."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sdi.db.database import Database, open_database
from sdi.db.migrate import upgrade_engine
from sdi.features import ROOT
from sdi.people.model import Organisation
from sdi.people.service import add_organisations
from sdi.settings import Settings, load
from sdi.setup import up
from sdi.setup.cluster import Cluster

_START_SECONDS = 60


@dataclass
class Stack:
    """A running server. `started` is how long its processes took to the first answer, in seconds."""

    settings: Settings
    cluster: Cluster
    database: Database
    started: float = 0.0

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.settings.public_url

    @contextmanager
    def serving(
        self, application: str = "sdi.web.wsgi:app", environment: Mapping[str, str] = MappingProxyType({})
    ) -> Iterator[None]:
        """Run the web and render processes for a block; `application` replaces what the web workers load.

        `environment` holds settings of theirs (`BRAMA_SECTION__KEY`).
        """
        environment = {
            **os.environ,
            **environment,
            "BRAMA_DATA": str(self.settings.data),
            "BRAMA_SERVER__PORT": str(self.settings.server.port),
        }
        (self.settings.data / "run").mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        processes = []
        for spec in up.specs(self.settings):
            if spec.name in ("web", "render"):
                for folder in spec.fresh_folders:
                    shutil.rmtree(folder, ignore_errors=True)
                    folder.mkdir(parents=True)
                argv = [application if part == "sdi.web.wsgi:app" else part for part in spec.argv]
                processes.append(subprocess.Popen(argv, cwd=ROOT, env={**environment, **spec.env}))
        try:
            self._wait()
            self.started = time.perf_counter() - begun
            yield
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise TimeoutError("the server does not answer")


@contextmanager
def stack() -> Iterator[Stack]:
    """Make a cluster and a migrated database with one organisation; all is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="brama-bench-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        Path(folder).chmod(0o755)
        settings = load(data=Path(folder) / "data", server__port=port)
        cluster = Cluster(settings.data, durable=False)
        cluster.start()
        try:
            cluster.ensure_roles_and_database(settings.database.name)
            database = open_database(settings)
            upgrade_engine(database.owner)
            with database.owner.begin() as connection:
                region = Organisation("mazowieckie", "region", {"pl": "województwo mazowieckie"}, "14")
                add_organisations(connection, [region])
            yield Stack(settings, cluster, database)
            database.dispose()
        finally:
            cluster.stop()
