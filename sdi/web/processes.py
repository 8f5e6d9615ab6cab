# SPDX-License-Identifier: EUPL-1.2
"""The web server's process, as the supervisor starts it."""

import sys

from sdi.settings import Settings
from sdi.setup.model import ProcessSpec


def processes(settings: Settings) -> list[ProcessSpec]:
    """One Granian with its workers; a worker that dies is replaced."""
    server = settings.server
    argv = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", server.host, "--port", str(server.port)]
    argv += ["--workers", str(server.workers), "--blocking-threads", str(server.threads), "--respawn-failed-workers"]
    argv += ["--workers-kill-timeout", "10", "--no-ws", "--log-level", "warning", "sdi.web.wsgi:app"]
    metrics = settings.data / "run" / "metrics"
    return [ProcessSpec("web", argv, {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}, fresh_folders=(metrics,))]
