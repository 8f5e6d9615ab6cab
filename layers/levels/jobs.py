# SPDX-License-Identifier: EUPL-1.2
"""Background work of levels: queued by the registry's triggers, with a look round for what was missed."""

from collections.abc import Mapping
from typing import Any

from layers.levels import service
from sdi.jobs.model import JobContext, Task


def _update(context: JobContext, args: Mapping[str, Any]) -> Mapping[str, Any]:
    return service.update(context.database, str(args["layer"]), context.progress)


def _keep(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    return service.keep(context.database)


tasks = [Task(service.UPDATE, _update), Task("layers.levels.keep", _keep, every="* * * * *")]
