# SPDX-License-Identifier: EUPL-1.2
"""Letting personal data go once their time is up, every night."""

from collections.abc import Mapping
from typing import Any

from sdi.jobs.model import JobContext, Task
from sdi.privacy import service


def _let_go(context: JobContext, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    return service.let_go(context.database)


tasks = [Task("privacy.let_go", _let_go, every="41 2 * * *")]
