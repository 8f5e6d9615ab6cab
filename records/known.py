# SPDX-License-Identifier: EUPL-1.2
"""The kinds that packages declare in their `kinds.py`, found by scanning."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from records.model import Kind
from sdi import features
from sdi.errors import NotFound


@cache
def kinds() -> Mapping[str, Kind]:
    """Every declared kind by its id."""
    found = [kind for module in features.load("kinds") for kind in module.KINDS]
    return MappingProxyType({kind.id: kind for kind in found})


def kind(kind_id: str) -> Kind:
    """A declared kind; NotFound when there is none of that id."""
    found = kinds().get(kind_id)
    if found is None:
        raise NotFound(f"There is no kind of record {kind_id[:80]!r}.", locator="kind")
    return found


def children(parent: Kind) -> list[Kind]:
    """Kinds whose records belong to records of `parent`."""
    return [one for one in kinds().values() if one.parent == parent.id]
