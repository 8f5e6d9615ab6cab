# SPDX-License-Identifier: EUPL-1.2
"""Names of feature types and of namespaces: one namespace a deployment, in it each layer by its id."""

import re
from collections.abc import Iterable, Mapping

from layers.model import Layer
from sdi.errors import InvalidParameter
from sdi.web.context import services

PREFIX = "app"
_BINDING = re.compile(r"xmlns\(\s*(?:([^\W\d][\w.-]{0,60})?\s*[,=])?\s*([^()\s]{1,500})\s*\)", re.IGNORECASE)
_QNAME = re.compile(r"(?:(?P<prefix>[\w.-]{1,60}):)?(?P<name>[\w.-]{1,100})")
_ID = re.compile(r"(?P<layer>[a-z][a-z0-9_]{0,47})\.(?P<fid>-?[0-9]{1,18})")


def namespace() -> str:
    """The namespace of every feature type served here."""
    settings = services().settings
    return settings.site.namespace or f"{settings.public_url}/features"


def bindings(text: str | None) -> Mapping[str, str]:
    """Prefixes with their namespaces, from NAMESPACES: `xmlns(p,uri),xmlns(uri)` (OGC 09-025r2, table 7).

    In 1.1.0 an equals sign stands for the comma. Raises InvalidParameter.
    """
    if text is None:
        return {}
    found = {prefix or "": uri for prefix, uri in _BINDING.findall(text)}
    if not found or _BINDING.sub("", text).strip(" ,"):
        raise InvalidParameter("Namespaces are given as xmlns(prefix,uri), one or more.", locator="namespaces")
    return found


def find(name: str, prefixes: Mapping[str, str], layers: Mapping[str, Layer], locator: str) -> Layer:
    """The layer of a type's name, with a prefix that is bound to our namespace, or with none. Raises InvalidParameter.

    Documents of older clients have names without a prefix where WFS's own namespace is the default.
    """
    found = _QNAME.fullmatch(name.strip())
    prefix = found["prefix"] if found else None
    ours = prefix is None or {PREFIX: namespace(), **prefixes}.get(prefix) == namespace()
    layer = layers.get(found["name"]) if found and ours else None
    if layer is None or layer.kind != "vector":
        raise InvalidParameter(f"There is no feature type {name[:80]!r}.", locator=locator)
    return layer


def feature_types(layers: Mapping[str, Layer]) -> Iterable[Layer]:
    """The layers that have features."""
    return (layer for layer in layers.values() if layer.kind == "vector")


def split_id(text: str) -> tuple[str, int] | None:
    """Layer and number of a feature's identifier `layer.number`; None for one that was never given out."""
    found = _ID.fullmatch(text.strip())
    return (found["layer"], int(found["fid"])) if found else None
