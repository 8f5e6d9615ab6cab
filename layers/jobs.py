# SPDX-License-Identifier: EUPL-1.2
"""Background upkeep of layers."""

from collections.abc import Mapping
from typing import Any

from layers import service
from sdi.jobs.model import JobContext, Task


def _drop_retired(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"dropped": service.drop_retired(context.database)}


tasks = [Task("layers.drop_retired", _drop_retired, every="* * * * *")]
