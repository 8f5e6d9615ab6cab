# SPDX-License-Identifier: EUPL-1.2
"""Search over layers (in memory, from the registry's snapshot) and over labels of searchable layers (in SQL)."""

from collections.abc import Mapping
from typing import Any, cast

from layers.model import Layer
from layers.search.service import find_places, fold
from layers.service import Snapshot
from portal_web.service import text
from sdi.db.database import Database
from sdi.people.model import Principal

KEPT_FOR_LAYERS = 3


def search(
    snapshot: Snapshot, organisation: str | None, database: Database, caller: Principal | None, asked: "Question"
) -> list[dict[str, Any]]:
    """Layers first where their title begins so, then features, then other layers; at most `asked.limit`."""
    folded = fold(" ".join(asked.text.split()))
    if not folded:
        return []
    layers = snapshot.of(organisation)
    begins, others = _layers(snapshot, organisation, folded, asked.language)
    with database.read(caller) as connection:
        rows = find_places(connection, layers.values(), asked.text, asked.limit, public=caller is None)
    places = [_place(row, layers[row.layer], asked.language) for row in rows]
    room = asked.limit - min(KEPT_FOR_LAYERS, len(others))
    return [*[*begins[:KEPT_FOR_LAYERS], *places][:room], *begins[KEPT_FOR_LAYERS:], *others][: asked.limit]


class Question:
    """What was typed, in which language, and how many answers are wanted."""

    def __init__(self, text: str, language: str, limit: int) -> None:
        self.text = text
        self.language = language
        self.limit = limit


def _layers(
    snapshot: Snapshot, organisation: str | None, folded: str, language: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Layers that hold every word asked for: those whose title begins so, and the others."""
    words = folded.split()
    found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for title, held, layer in _index(snapshot, organisation, language):
        if all(word in held for word in words):
            entry = {"kind": "layer", "id": layer.id, "label": text(layer.title, language), "bbox": layer.bbox}
            found[not title.startswith(folded)].append(entry)
    return found


def _index(snapshot: Snapshot, organisation: str | None, language: str) -> list[tuple[str, str, Layer]]:
    key = ("search", organisation, language)
    if key not in snapshot.derived:
        layers: Mapping[str, Layer] = snapshot.of(organisation)
        snapshot.derived[key] = [
            (fold(text(layer.title, language)),
             fold(" ".join((*layer.title.values(), *layer.abstract.values(), *layer.keywords))), layer)
            for layer in layers.values()
        ]  # fmt: skip
    return cast("list[tuple[str, str, Layer]]", snapshot.derived[key])


def _place(row: Any, layer: Layer, language: str) -> dict[str, Any]:
    return {
        "kind": "place",
        "id": row.fid,
        "layer": layer.id,
        "label": row.label,
        "context": row.context or "",
        "layerTitle": text(layer.title, language),
        "centre": [row.x, row.y],
        "bbox": [row.west, row.south, row.east, row.north],
    }
