# SPDX-License-Identifier: EUPL-1.2
"""The worker process, as the supervisor starts it."""

import sys

from sdi.settings import Settings
from sdi.setup.model import ProcessSpec


def processes(settings: Settings) -> list[ProcessSpec]:
    """One worker; tasks of one machine run one after another."""
    return [ProcessSpec("jobs", [sys.executable, "-m", "sdi.cli", "jobs", "work", "--data", str(settings.data)], {})]
