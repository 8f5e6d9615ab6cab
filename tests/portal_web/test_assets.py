# SPDX-License-Identifier: EUPL-1.2
"""Colours are legible in light and dark whatever the accent; built files are found, kept and nothing else is served."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from portal_web.assets import BUILT, TEXT_CONTRAST, contrast, legible, manifest, theme_css

_TOKENS = Path(BUILT.parent / "src" / "styles" / "tokens.css").read_text(encoding="utf-8")
_TEXTS = (
    ("text", "page"), ("text", "surface"), ("text", "raised"), ("muted", "page"), ("muted", "surface"),
    ("muted", "raised"), ("warn-text", "warn-page"), ("good", "page"), ("bad", "page"),
)  # fmt: skip
_SIGNS = (("control-line", "page"), ("highlight", "map-land"), ("highlight", "map-out"))


def _scheme(name: str) -> dict[str, str]:
    light, dark = _TOKENS.split("@media (prefers-color-scheme: dark)", 1)
    part = light if name == "light" else dark.split("@media")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_and_signs_have_the_contrast_of_wcag_aa(scheme: str) -> None:
    tokens = _scheme(scheme)
    for text, page in _TEXTS:
        assert contrast(tokens[text], tokens[page]) >= TEXT_CONTRAST, (text, page)
    for sign, page in _SIGNS:
        assert contrast(tokens[sign], tokens[page]) >= 3, (sign, page)


def test_contrast_of_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
def test_any_accent_becomes_legible(accent: str) -> None:
    for page in ("#ffffff", "#16191d"):
        assert contrast(legible(accent, page), page) >= TEXT_CONTRAST
    css = theme_css(accent)
    for accent_shown, on_accent in re.findall(r"--accent:(#\w{6});--on-accent:(#\w{6})", css):
        assert contrast(accent_shown, on_accent) >= TEXT_CONTRAST


def test_built_files_are_kept_for_good_and_compressed(client: FlaskClient, built: None) -> None:
    listed = manifest()
    assert listed is not None
    address = f"/assets/{listed['src/portal.ts']['file']}"
    script = client.get(address, headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers["Content-Encoding"] == "gzip"
    assert script.mimetype == "text/javascript"
    assert "immutable" not in client.get("/assets/icon.svg", buffered=True).headers["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["../routes.py", "%2e%2e/routes.py", ".vite/manifest.json/../../routes.py", "nothing.js"]
)
def test_nothing_but_built_files_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404


def test_the_first_load_is_small(built: None) -> None:
    """Scripts and styles of the portal, compressed; proj4 and small maps come only when wanted."""
    listed = manifest()
    assert listed is not None
    names: set[str] = set()
    waiting = ["src/portal.ts"]
    while waiting:
        chunk = listed[waiting.pop()]
        names |= {chunk["file"], *chunk.get("css", ())}
        waiting += chunk.get("imports", ())
    assert sum((BUILT / f"{name}.gz").stat().st_size for name in names) < 250_000
