# SPDX-License-Identifier: EUPL-1.2
"""Executions as background work: one job each, its result an object that expires."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from layers import store as registry
from layers.model import Layer
from layers.processes import store
from layers.processes.engine import execute
from layers.processes.model import GEOJSON, JSON
from sdi.db.database import Database
from sdi.errors import NotFound
from sdi.jobs.model import Cancelled, JobContext, Task
from sdi.objects import Objects
from sdi.people.model import Principal
from sdi.settings import Settings

_SUFFIXES = {GEOJSON: ".geojson", JSON: ".json"}


@dataclass(frozen=True)
class _Run:
    """A run in the job worker, with the rights of who started it."""

    context: JobContext
    caller: Principal | None
    target: Path

    @property
    def settings(self) -> Settings:
        return self.context.settings

    @property
    def database(self) -> Database:
        return self.context.database

    def progress(self, fraction: float, message: str) -> None:
        self.context.progress(fraction, message)

    def layers(self) -> list[Layer]:
        return self._layers

    def layer(self, layer_id: str) -> Layer:
        for layer in self._layers:
            if layer.id == layer_id:
                return layer
        raise NotFound(f"There is no layer {layer_id[:80]!r}.", locator="collection")

    @cached_property
    def _layers(self) -> list[Layer]:
        with self.database.read(self.caller) as connection:
            return registry.read_layers(connection, public=self.caller is None)


def _execute(context: JobContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    execution = UUID(args["execution"])
    with context.database.owner.connect() as connection:
        order = store.order(connection, execution)
    if order is None:
        raise Cancelled
    context.progress(0.05, "started")
    objects = Objects(context.settings)
    with tempfile.TemporaryDirectory(prefix="brama-process-") as folder:
        run = _Run(context, _caller(order), Path(folder) / "result")
        media_type = execute(run, order.process, order.inputs)
        size = run.target.stat().st_size
        key = objects.put(run.target, _SUFFIXES.get(media_type, ".tif"))
    with context.database.owner.begin() as connection:
        store.finish(connection, execution, media_type, key)
    return {"bytes": size}


def _caller(order: Row[Any]) -> Principal | None:
    if order.account_id is None:
        return None
    organisations = tuple(order.organisations)
    return Principal(order.account_id, "", organisations[0], organisations, frozenset(order.scopes))


def _sweep(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    with context.database.owner.begin() as connection:
        keys = store.expire(connection)
    objects = Objects(context.settings)
    for key in keys:
        objects.remove(key)
    return {"removed": len(keys)}


tasks = [Task("processes.run", _execute, attempts=2), Task("processes.sweep", _sweep, every="*/10 * * * *")]
