# SPDX-License-Identifier: EUPL-1.2
"""A load in a process of its own that kills itself, as power cuts and the kernel do, at a given moment."""

import os
import signal
import sys
from pathlib import Path

from ingest.model import LoadRequest
from ingest.service import load
from sdi.db.database import Database
from sdi.settings import load as load_settings

conninfo, data, source, moment = sys.argv[1:]


def progress(fraction: float, _message: str) -> None:
    """Kill this very process once the load is that far."""
    if fraction >= float(moment):
        os.kill(os.getpid(), signal.SIGKILL)


load(
    Database(lambda role: conninfo.replace("ROLE", role.value)),
    load_settings(Path(data) / "none.yml", {}, data=Path(data)),
    LoadRequest(source, layer="units", key="id"),
    progress,
)
