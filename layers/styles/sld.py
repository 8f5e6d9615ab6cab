# SPDX-License-Identifier: EUPL-1.2
"""What a Styled Layer Descriptor holds, whatever its version: named layers, each with styles to be drawn in turn."""

from dataclasses import dataclass, field
from typing import Any, Literal

from lxml import etree

from layers.styles.model import Style
from sdi.errors import InvalidParameter

Version = Literal["1.0.0", "1.1.0"]
VERSIONS: tuple[Version, ...] = ("1.0.0", "1.1.0")
MAX_BYTES = 256_000
MAX_LAYERS = 100
MAX_STYLES = 100
MAX_RULES = 500
MAX_DEPTH = 40
MAX_WARNINGS = 50

SLD = "http://www.opengis.net/sld"
SE = "http://www.opengis.net/se"
OGC = "http://www.opengis.net/ogc"
XLINK = "http://www.w3.org/1999/xlink"


@dataclass(frozen=True, slots=True)
class NamedStyle:
    """A style of the server's, called by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class UserStyle:
    """A style that the document brings."""

    name: str
    style: Style
    title: str = ""
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class NamedLayer:
    """A layer of the server's; without styles it is drawn in its default one."""

    name: str
    styles: tuple[NamedStyle | UserStyle, ...] = ()


@dataclass(frozen=True, slots=True)
class SldDocument:
    """The layers of a document in the order of drawing; `warnings` tell what could not be kept."""

    layers: tuple[NamedLayer, ...]
    version: Version = "1.1.0"
    warnings: tuple[str, ...] = ()


@dataclass
class Notes:
    """What was not kept, each thing told once."""

    found: dict[str, None] = field(default_factory=dict)
    left: int = MAX_RULES

    def lost(self, what: str) -> None:
        """Tell of a thing."""
        if len(self.found) < MAX_WARNINGS:
            self.found[what] = None

    def count_rule(self) -> None:
        """Raise InvalidParameter over the rules that a document may have."""
        self.left -= 1
        if self.left < 0:
            raise InvalidParameter(f"A style document has at most {MAX_RULES} rules.", locator="sld")


def local(element: etree._Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def children(element: etree._Element | None, *names: str) -> list[etree._Element]:
    """The child elements of those names (all without names), without comments."""
    inner: list[Any] = [] if element is None else [child for child in element if isinstance(child.tag, str)]
    return [child for child in inner if not names or local(child) in names]


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first element at a path of names."""
    found = element
    for name in path:
        found = next(iter(children(found, name)), None)
    return found


def text_at(element: etree._Element | None, *path: str) -> str:
    """The text at a path of names, without spaces around; empty where there is none."""
    found = child(element, *path)
    return "" if found is None else (found.text or "").strip()
