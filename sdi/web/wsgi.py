# SPDX-License-Identifier: EUPL-1.2
"""What the web server loads in each worker."""

import os
from pathlib import Path

from sdi import logs
from sdi.settings import load
from sdi.web.app import create_app, warm

# The supervisor hands the settings it was started with to its children through the environment.
_path = os.environ.get("BRAMA_CONFIG")
_settings = load(Path(_path) if _path else None, {k: v for k, v in os.environ.items() if k != "BRAMA_CONFIG"})
logs.configure(_settings.log)
app = create_app(_settings)
warm(app)
