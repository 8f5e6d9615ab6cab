# SPDX-License-Identifier: EUPL-1.2
"""Built scripts and styles: the tags that load them, the files themselves, and the colours of this site."""

import hashlib
import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

from markupsafe import Markup, escape

BUILT = Path(__file__).parent / "static"
_MANIFEST = BUILT / ".vite" / "manifest.json"
_LIGHT_PAGE = "#ffffff"
_DARK_PAGE = "#16191d"
TEXT_CONTRAST = 4.5


class Assets:
    """The built files below one address, for one accent colour."""

    def __init__(self, address: str, accent: str) -> None:
        self._address = address
        self.theme = theme_css(accent)

    @cached_property
    def theme_name(self) -> str:
        """File name of the site's colours; it changes with them, so that browsers may keep it for good."""
        return f"theme-{hashlib.sha256(self.theme.encode()).hexdigest()[:10]}.css"

    def tags(self, entry: str) -> Markup:
        """HTML that loads an entry (`page`, `portal`) with its styles; empty while nothing is built."""
        found = manifest()
        if found is None:
            return Markup("")
        chunk = found[f"src/{entry}.ts"]
        chunks = [chunk, *_imports(found, chunk)]
        styles = dict.fromkeys(name for part in reversed(chunks) for name in part.get("css", ()))
        lines = [f'<link rel="preload" href="{self._href(name)}" as="font" type="font/woff2" crossorigin>'
                 for name in _fonts(found)]  # fmt: skip
        lines += [f'<link rel="stylesheet" href="{self._href(name)}">' for name in styles]
        lines.append(f'<link rel="stylesheet" href="{self._href(self.theme_name)}">')
        lines += [f'<link rel="modulepreload" href="{self._href(part["file"])}">' for part in chunks[1:]]
        lines.append(f'<script type="module" src="{self._href(chunk["file"])}"></script>')
        return Markup("\n".join(lines))  # noqa: S704 - addresses are escaped, the rest is fixed

    def _href(self, name: str) -> str:
        return str(escape(f"{self._address}/assets/{name}"))


def manifest() -> dict[str, Any] | None:
    """Vite's list of what it built, read once; None while nothing is built."""
    return _read_manifest() if _MANIFEST.exists() else None


def theme_css(accent: str) -> str:
    """Custom properties for the accent, lightened or darkened until text in it is legible on both pages."""
    light, dark = legible(accent, _LIGHT_PAGE), legible(accent, _DARK_PAGE)
    tokens = {mode: f"--accent:{colour};--on-accent:{_text_on(colour)}" for mode, colour in
              (("light", light), ("dark", dark))}  # fmt: skip
    return (
        f":root{{{tokens['light']}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-scheme=light]){{{tokens['dark']}}}}}\n"
        f":root[data-scheme=dark]{{{tokens['dark']}}}\n"
    )


def contrast(one: str, other: str) -> float:
    """Contrast of two `#rrggbb` colours, 1 to 21 (WCAG 2.2)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def legible(colour: str, page: str, least: float = TEXT_CONTRAST) -> str:
    """`colour`, mixed with black or white in twentieths until its contrast to `page` is enough."""
    target = "#000000" if _luminance(page) > 0.5 else "#ffffff"
    for step in range(21):
        mixed = _mix(colour, target, step / 20)
        if contrast(mixed, page) >= least:
            return mixed
    return target


def _text_on(colour: str) -> str:
    return max("#ffffff", "#101317", key=lambda text: contrast(text, colour))


def _mix(colour: str, target: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(target), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@cache
def _read_manifest() -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(_MANIFEST.read_text(encoding="utf-8")))


def _imports(found: dict[str, Any], chunk: dict[str, Any]) -> list[dict[str, Any]]:
    """Chunks that `chunk` needs at once, each once, nearest first."""
    names: dict[str, None] = {}
    waiting = list(chunk.get("imports", ()))
    while waiting:
        name = waiting.pop(0)
        if name not in names:
            names[name] = None
            waiting += found[name].get("imports", ())
    return [found[name] for name in names]


def _fonts(found: dict[str, Any]) -> list[str]:
    """The upright faces that every Polish page needs."""
    return [part["file"] for part in found.values() if part["file"].endswith(".woff2") and "latin" in part["file"]]
