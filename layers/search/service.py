# SPDX-License-Identifier: EUPL-1.2
"""The face of the search for places by name, over every searchable layer in one statement."""

import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row

from layers.model import Layer
from layers.search import store

MOST_LAYERS = 40
_LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe"})


def fold(value: str) -> str:
    """Letters without case and diacritics, as `sdi.fold` makes them in the database."""
    apart = unicodedata.normalize("NFKD", value.lower())
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_LETTERS)


def find_places(
    connection: Connection, layers: Iterable[Layer], typed: str, limit: int, *, public: bool
) -> list[Row[Any]]:
    """Features whose label has what was typed, the best first; `typed` may have any case and diacritics.

    Rows: layer, fid, label, context, x, y (centre), west, south, east, north; degrees in CRS84.
    """
    folded = fold(" ".join(typed.split()))
    if not folded:
        return []
    searchable = [layer for layer in layers if layer.searchable and layer.label_column][:MOST_LAYERS]
    return store.find(connection, searchable, folded, limit, public=public)
