# SPDX-License-Identifier: EUPL-1.2
"""The layer registry's face: snapshots that are live in every worker, and publishing."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any, cast

import yaml
from flask import current_app
from sqlalchemy import Connection, Row
from sqlalchemy.exc import OperationalError

from layers import store
from layers.model import Layer, Publication, Theme, Visibility
from layers.styles.service import default_style, raster_style
from sdi import features
from sdi.db.database import Database
from sdi.errors import InvalidParameter, NotFound
from sdi.events import Listener, emit
from sdi.people.model import Principal
from sdi.web.context import organisation, principal

PUBLISHED = "layer.published"
REMOVED = "layer.removed"
CHANGED = "layer.changed"
STYLED = "layer.styled"
FEATURES_CHANGED = "features.changed"
"""Its data: the layer's `version` and `revision`, and the changed `boxes` (in the layer's CRS, at most 64)."""
RETIRED_SECONDS = 120
_KEPT_SNAPSHOTS = 64


@dataclass(frozen=True)
class Style:
    """A named style of a layer; `definition` is GeoStyler JSON, the one source of its look."""

    name: str
    title: Mapping[str, str]
    definition: Mapping[str, Any]
    is_default: bool = False
    description: Mapping[str, str] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @cached_property
    def digest(self) -> str:
        """The same for the same look, whatever the style's name and texts; for keys of caches and ETags."""
        told = json.dumps(self.definition, sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Snapshot:
    """All layers that one caller may see, in the portal's order, as they were at one moment.

    `generation` changes with every change of the registry; `derived` keeps what others prepare from the snapshot.
    """

    generation: int
    public: bool
    layers: Mapping[str, Layer]
    styles: Mapping[str, tuple[Style, ...]]

    @cached_property
    def derived(self) -> dict[Any, Any]:
        """Things made from this snapshot (capabilities and the like), gone when it goes."""
        return {}

    @cached_property
    def lasting(self) -> dict[Any, Any]:
        """Things that hold for a version of a layer whatever becomes of its features (compiled statements, styles).

        Changes of features leave them; they go with the next change of the registry.
        """
        return {}

    @cached_property
    def by_layer(self) -> dict[str, dict[Any, Any]]:
        """Things made from one layer, by its id; changes of features take away those of the layers they touch."""
        return {}

    def of_layer(self, layer_id: str) -> dict[Any, Any]:
        """What `by_layer` keeps of one layer."""
        return self.by_layer.setdefault(layer_id, {})

    def edited(self, generation: int, layers: Mapping[str, Layer | None]) -> "Snapshot":
        """The snapshot after changes of features: these layers anew, None for one that went."""
        known = {layer_id: layers.get(layer_id, layer) for layer_id, layer in self.layers.items()}
        made = Snapshot(
            generation, self.public, {key: layer for key, layer in known.items() if layer is not None}, self.styles
        )
        made.__dict__["lasting"] = self.lasting
        made.__dict__["by_layer"] = {key: kept for key, kept in self.by_layer.items() if key not in layers}
        return made

    def layer(self, layer_id: str) -> Layer:
        """A layer; NotFound when there is none or this caller may not see it."""
        found = self.layers.get(layer_id)
        if found is None:
            raise NotFound(f"There is no layer {layer_id[:80]!r}.", locator="layer")
        return found

    def of(self, slug: str | None) -> Mapping[str, Layer]:
        """The layers of one organisation, or all of them for None."""
        if slug is None:
            return self.layers
        key = ("organisation", slug)
        if key not in self.derived:
            self.derived[key] = {k: layer for k, layer in self.layers.items() if layer.organisation == slug}
        return cast("Mapping[str, Layer]", self.derived[key])


class Registry:
    """Snapshots by caller: dropped at every event about layers, mended at one about a layer's features."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._generation = 0
        self._dropped = 0
        self._edited: dict[str, int] = {}
        self._snapshots: dict[Any, Snapshot] = {}

    @property
    def generation(self) -> int:
        """Counts the changes heard of; a snapshot of another generation is out of date."""
        return self._generation

    def listen(self, listener: Listener) -> None:
        """Follow changes made by any process."""
        listener.subscribe(self._heard)

    def snapshot(self, caller: Principal | None) -> Snapshot:
        """What `caller` may see now; None is the public."""
        key = None if caller is None else (caller.account_id, caller.organisations, caller.scopes)
        found = self._snapshots.get(key)
        if found is not None and found.generation == self._generation:
            return found
        with self._lock:
            found = self._snapshots.get(key)
            while found is None or found.generation != self._generation:
                found = self._renewed(found, caller, self._generation)
            if len(self._snapshots) >= _KEPT_SNAPSHOTS:
                self._snapshots.clear()
            self._snapshots[key] = found
            return found

    def invalidate(self) -> None:
        """Forget every snapshot; the next request reads anew."""
        with self._counting:
            self._generation += 1
            self._dropped = self._generation
            self._edited.clear()

    def edited(self, layer_id: str) -> None:
        """The layer's features changed; the next request reads its row anew and no other."""
        with self._counting:
            self._generation += 1
            self._edited[layer_id] = self._generation

    def _heard(self, kind: str | None, subject: str | None) -> None:
        if kind == FEATURES_CHANGED and subject is not None:
            self.edited(subject)
        elif kind is None or kind.startswith("layer."):
            self.invalidate()
        else:
            return
        self.snapshot(None)  # read here, so that no request waits for it

    def _renewed(self, old: Snapshot | None, caller: Principal | None, generation: int) -> Snapshot:
        if old is None or old.generation < self._dropped:
            return self._read(caller, generation)
        with self._counting:
            ids = [layer_id for layer_id, when in self._edited.items() if when > old.generation]
        touched = [layer_id for layer_id in ids if layer_id in old.layers]
        if not touched:
            return old.edited(generation, {})
        with self._database.read(caller) as connection:
            found = {layer.id: layer for layer in store.read_some(connection, touched, public=caller is None)}
        return old.edited(generation, {layer_id: found.get(layer_id) for layer_id in touched})

    def _read(self, caller: Principal | None, generation: int) -> Snapshot:
        public = caller is None
        with self._database.read(caller) as connection:
            layers = {layer.id: layer for layer in store.read_layers(connection, public=public)}
            rows = store.read_styles(connection, public=public)
        styles = {layer_id: tuple(map(_style, found)) for layer_id, found in rows.items()}
        return Snapshot(generation, public, layers, styles)


def registry() -> Registry:
    """The application's registry."""
    return cast("Registry", current_app.extensions["layers"])


def visible() -> Snapshot:
    """The snapshot of this request's caller."""
    return registry().snapshot(principal())


def visible_layers() -> Mapping[str, Layer]:
    """This request's layers: what the caller may see, of the organisation in the URL."""
    return visible().of(organisation())


def visible_layer(layer_id: str) -> Layer:
    """One of `visible_layers`; NotFound otherwise."""
    found = visible_layers().get(layer_id)
    if found is None:
        raise NotFound(f"There is no layer {layer_id[:80]!r}.", locator="layer")
    return found


@cache
def themes() -> tuple[Theme, ...]:
    """The portal's themes in their order."""
    listed = yaml.safe_load((features.ROOT / "geodata" / "themes.yml").read_text(encoding="utf-8"))
    return tuple(Theme(theme["id"], theme["title"]) for theme in listed["themes"])


def layer_as_owner(connection: Connection, layer_id: str) -> Layer | None:
    """A layer whatever its visibility; for loaders, which run as the owner."""
    return store.read_layer(connection, layer_id)


def layers_as_owner(connection: Connection) -> list[Layer]:
    """All layers whatever their visibility, in the portal's order."""
    return store.read_all(connection)


def change(
    connection: Connection,
    layer_id: str,
    *,
    title: Mapping[str, str] | None = None,
    theme: str | None = None,
    visibility: Visibility | None = None,
) -> Layer:
    """Change what a layer bears, as the owner; what is None stays. NotFound, InvalidParameter for an unknown theme."""
    layer = store.read_layer(connection, layer_id)
    if layer is None:
        raise NotFound(f"There is no layer {layer_id!r}.")
    known = [known.id for known in themes()]
    if theme is not None and theme not in known:
        raise InvalidParameter(f"There is no theme {theme[:80]!r}; there are: {', '.join(known)}.", locator="theme")
    changed = replace(
        layer,
        title={**layer.title, **(title or {})},
        theme=theme or layer.theme,
        visibility=visibility or layer.visibility,
    )
    store.update_texts(connection, changed)
    emit(connection, CHANGED, layer.id, layer.organisation_id)
    return changed


def next_version(connection: Connection, layer_id: str) -> int:
    """The number under which a loader makes its table `data.<layer>_<version>`."""
    return store.next_version(connection, layer_id)


def last_fid(connection: Connection, layer_id: str) -> int:
    """The highest feature id a layer ever gave; ids of features that went are not given to others."""
    return store.last_fid(connection, layer_id)


def note_last_fid(connection: Connection, layer_id: str, fid: int) -> None:
    """Remember a layer's highest feature id, as a loader."""
    store.note_last_fid(connection, layer_id, fid)


def publish(connection: Connection, publication: Publication) -> Layer:
    """Make a loaded version the layer's current one, in the caller's transaction as the owner.

    Grants, the application's view, a default style and the event come with it; the old table goes later.
    """
    store.write_layer(connection, publication)
    if publication.relation:
        store.make_view(connection, publication)
    layer = store.read_layer(connection, publication.id)
    if layer is None:
        raise NotFound(f"There is no layer {publication.id!r}.")
    store.write_style(connection, layer.id, "default", _first_style(layer))
    emit(connection, PUBLISHED, layer.id, layer.organisation_id, {"version": layer.version})
    return layer


def remove(connection: Connection, layer_id: str) -> None:
    """Unpublish a layer as the owner; its tables are dropped when nobody can read them any more."""
    layer = store.read_layer(connection, layer_id)
    if layer is None:
        raise NotFound(f"There is no layer {layer_id!r}.")
    store.delete_layer(connection, layer_id)
    emit(connection, REMOVED, layer_id, layer.organisation_id)


def drop_retired(database: Database, seconds: int = RETIRED_SECONDS) -> list[str]:
    """Drop tables that nothing has pointed to for `seconds`; those still read are left for the next round."""
    with database.owner.connect() as connection:
        names = store.orphaned_relations(connection, seconds)
    return [name for name in names if _dropped(database, name)]


def _style(row: Row[Any]) -> Style:
    return Style(
        row.name, row.title, row.definition, row.is_default, row.description, tuple(row.keywords), row.created_at,
        row.updated_at,
    )  # fmt: skip


def _first_style(layer: Layer) -> dict[str, Any]:
    bands = (layer.raster or {}).get("bands", [])
    if len(bands) == 1 and bands[0]["type"] != "uint8":
        between = bands[0].get("quantiles", [])[1:] or [bands[0]["max"]]
        return raster_style(bands[0]["min"], *between).to_json()  # under the first stop nothing would be drawn
    return default_style(layer.id, layer.geometry_type, layer.label_column).to_json()


def _dropped(database: Database, relation: str) -> bool:
    try:
        with database.owner.begin() as connection:
            store.drop_relation(connection, relation)
    except OperationalError:
        return False
    return True
