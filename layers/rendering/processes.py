# SPDX-License-Identifier: EUPL-1.2
"""The render processes, as `up` starts them."""

import os
import sys

from layers.rendering.service import socket_path
from sdi.db.database import Role
from sdi.settings import Settings
from sdi.setup.model import ProcessSpec


def processes(settings: Settings) -> list[ProcessSpec]:
    """One master that keeps a render process a core; web workers of any number share them."""
    limits = settings.limits
    numbers = {
        "workers": max(2, os.cpu_count() or 1),
        "limit-ms": limits.render_ms,
        "memory-mb": limits.render_mb,
        "recycle-mb": limits.render_mb // 3,
    }
    argv = [sys.executable, "-m", "layers.rendering.server", "--socket", str(socket_path(settings))]
    argv += [text for name, value in numbers.items() for text in (f"--{name}", str(value))]
    if settings.database.url:
        argv += ["--role", Role.PUBLIC.value]
    return [ProcessSpec(name="render", argv=argv)]
