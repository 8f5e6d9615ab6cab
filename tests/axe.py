# SPDX-License-Identifier: EUPL-1.2
"""Accessibility of a page as axe-core finds it (WCAG 2.2 A and AA): `assert_accessible(page)`."""

from typing import Any

from playwright.sync_api import Page

from portal_web.assets import BUILT

_AXE = BUILT.parent / "node_modules" / "axe-core" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"


def assert_accessible(page: Page) -> None:
    """Fail with whatever axe-core finds wrong on a page, and where."""
    assert _AXE.exists(), "axe-core is missing: run `npm ci` in portal_web, or ./brama test, which does"
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(_RUN, _TAGS)
    told = [
        f"{one['id']}: {one['help']}\n    " + "\n    ".join(node["html"][:200] for node in one["nodes"][:5])
        for one in found["violations"]
    ]
    assert not told, f"{page.url}:\n" + "\n".join(told)
