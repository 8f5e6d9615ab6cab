# SPDX-License-Identifier: EUPL-1.2
"""Starts real render processes for tests."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from layers.rendering.model import MapRequest
from layers.rendering.service import RenderClient


@dataclass(frozen=True)
class Pool:
    """A running master and its socket."""

    master: subprocess.Popen[bytes]
    socket: Path

    def client(self, **options: float) -> RenderClient:
        """A client of this pool."""
        return RenderClient(self.socket, **options)

    def picture(self, request: MapRequest) -> Image.Image:
        """The map, decoded, with its transparency."""
        return Image.open(BytesIO(self.client().render(request))).convert("RGBA")

    def workers(self) -> list[int]:
        """Process ids of the render processes."""
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in children.split()]


@contextlib.contextmanager
def run_pool(folder: Path, **options: int) -> Iterator[Pool]:
    """A pool with `options` such as `limit_ms=500`; stopped at the end."""
    path = folder / "render.sock"
    arguments = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    master = subprocess.Popen([sys.executable, "-m", "layers.rendering.server", "--socket", str(path), *arguments])
    try:
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        yield Pool(master, path)
    finally:
        master.send_signal(signal.SIGTERM)
        assert master.wait(timeout=10) in {0, -signal.SIGKILL}
