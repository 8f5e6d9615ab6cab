# SPDX-License-Identifier: EUPL-1.2
"""Sealing, once a minute."""

from collections.abc import Mapping
from typing import Any

from sdi.audit import service
from sdi.jobs.model import JobContext, Task


def _seal(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"batches": len(service.seal(context.database))}


tasks = [Task("audit.seal", _seal, every="* * * * *")]
