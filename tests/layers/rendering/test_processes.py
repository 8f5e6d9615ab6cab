# SPDX-License-Identifier: EUPL-1.2
"""The render processes as `up` starts them, and Mapnik kept out of every other process."""

import ast
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from layers.rendering.model import Box, MapRequest
from layers.rendering.processes import processes
from layers.rendering.service import render_client, socket_path
from sdi.settings import Settings

CODE = Path(__file__).resolve().parents[3]


def test_the_processes_that_up_starts_draw_maps(settings: Settings) -> None:
    (spec,) = processes(settings)
    master = subprocess.Popen(spec.argv, env=os.environ | spec.env)
    try:
        deadline = time.monotonic() + 10
        while not socket_path(settings).exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        picture = render_client(settings).render(MapRequest(8, 8, Box(0, 0, 1, 1), 2180, ()))
        assert picture.startswith(b"\x89PNG")
        second = subprocess.run(spec.argv, env=os.environ | spec.env, capture_output=True, check=False, timeout=20)
        assert second.returncode == 1
        assert b"Another master serves" in second.stderr
        assert render_client(settings).render(MapRequest(8, 8, Box(0, 0, 1, 1), 2180, ())) == picture
    finally:
        master.send_signal(signal.SIGTERM)
        assert master.wait(timeout=10) == 0


def test_a_master_takes_over_the_socket_of_one_that_was_killed(settings: Settings) -> None:
    (spec,) = processes(settings)
    for _ in range(2):
        master = subprocess.Popen(spec.argv, env=os.environ | spec.env)
        time.sleep(1)
        assert render_client(settings).render(MapRequest(8, 8, Box(0, 0, 1, 1), 2180, ())).startswith(b"\x89PNG")
        master.kill()
        master.wait()


@pytest.mark.parametrize(
    "module",
    ["layers.rendering.service", "layers.styles.service", "layers.rendering.server", "layers.rendering.processes"],
)
def test_mapnik_stays_out_of_web_workers_and_of_the_master(module: str) -> None:
    asked = f"import sys, {module}; sys.exit('mapnik' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], cwd=CODE, check=False).returncode == 0


def test_one_module_alone_imports_mapnik_and_only_render_processes_import_it() -> None:
    importers: dict[str, set[str]] = {"mapnik": set(), "layers.rendering.draw": set()}
    for package in ("sdi", "layers", "catalogue", "ingest", "portal_web"):
        for file in (CODE / package).rglob("*.py"):
            for name in _imported(ast.parse(file.read_text(encoding="utf-8"))):
                if name in importers:
                    importers[name].add(str(file.relative_to(CODE)))
    assert importers["mapnik"] == {"layers/rendering/draw.py"}
    assert importers["layers.rendering.draw"] == {"layers/rendering/worker.py"}


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names
