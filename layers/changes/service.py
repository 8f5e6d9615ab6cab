# SPDX-License-Identifier: EUPL-1.2
"""The face of the write path: batches of changes, all or nothing, checked, versioned and told in one transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from psycopg import errors as pg
from sqlalchemy import Connection

from layers.changes import locks, shapes, store
from layers.changes.locks import FeatureLocked
from layers.changes.model import (
    Applied,
    Change,
    Changed,
    Delete,
    DuplicateKey,
    Geometry,
    Insert,
    Past,
    PreconditionFailed,
    Replace,
)
from layers.changes.values import Problems, checked
from layers.items.model import Value
from layers.model import Layer
from layers.service import registry
from sdi.db.database import Database
from sdi.db.refusals import refused_as
from sdi.errors import BramaError, Conflict, Forbidden, NotFound, TooBusy, TooLarge, Unprocessable
from sdi.people.model import Principal
from sdi.web.context import require, services

SCOPE = "features:write"
_LOCKED = "BRLCK"
_LOAD_PATIENCE_MS = 2_000
_HISTORY = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one transaction may hold."""

    features: int = 10_000
    vertices: int = 2_000_000


def apply(
    database: Database,
    caller: Principal,
    changes: Iterable[Change],
    lock_id: str | None = None,
    *,
    limits: Limits | None = None,
) -> Applied:
    """Make all changes in one transaction as `caller`, or raise and leave no trace.

    Raises NotFound, Forbidden, Unprocessable (each mistake named), Conflict (DuplicateKey), PreconditionFailed with
    the current state, TooLarge over a limit, TooBusy while the layer is loaded or changed by others for long,
    FeatureLocked where another lock than `lock_id` holds a feature.
    """
    with editing(database, caller, limits=limits) as edit:
        if lock_id is not None:
            locks.bring(edit.connection, lock_id)
        made = edit.apply(list(changes))
    return Applied(made, edit.revisions)


def apply_request(changes: Iterable[Change]) -> Applied:
    """As `apply` for the caller of this request; this worker shows the new state at once, the others hear of it."""
    caller, brama = require(SCOPE), services()
    applied = apply(brama.database, caller, changes, limits=limits_here())
    shown_here(applied.revisions)
    return applied


def limits_here() -> Limits:
    """Limits by the settings of this application."""
    limits = services().settings.limits
    return Limits(limits.changes, limits.change_vertices)


def shown_here(layer_ids: Iterable[str]) -> None:
    """Show the new state of layers in this worker at once; the others hear of it."""
    for layer_id in layer_ids:
        registry().edited(layer_id)


def check_right(caller: Principal, layer: Layer) -> None:
    """Say early and clearly what the database would refuse: Forbidden, or Unprocessable for a raster."""
    if layer.kind != "vector":
        raise Unprocessable(f"Layer {layer.id!r} is a raster: it has no features to change.")
    if not caller.may(SCOPE):
        raise Forbidden(f"This needs the scope {SCOPE!r}, which the token lacks.")
    if layer.organisation_id not in caller.organisations:
        raise Forbidden(f"Layer {layer.id!r} belongs to another organisation; its own members change it.")


@contextmanager
def editing(database: Database, caller: Principal, *, limits: Limits | None = None) -> Iterator["Editing"]:
    """A transaction for several batches of changes that see each other; it ends with the block."""
    with refused_as(_refusal), database.write(caller) as connection:
        edit = Editing(connection, caller, limits or Limits())
        yield edit
        edit.finish()


@dataclass
class Editing:
    """A transaction of changes under way; `revisions` are there once it has ended."""

    connection: Connection
    caller: Principal
    limits: Limits
    layers: dict[str, Layer] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def layer(self, layer_id: str) -> Layer:
        """A layer to write to, as it is now; loads of it wait until the transaction ends."""
        if layer_id not in self.layers:
            found = store.begin(self.connection, layer_id, _LOAD_PATIENCE_MS)
            if found is None:
                raise NotFound(f"There is no layer {layer_id[:80]!r}.", locator="layer")
            check_right(self.caller, found)
            self.layers[layer_id] = found
        return self.layers[layer_id]

    def apply(self, changes: Sequence[Change]) -> tuple[Changed, ...]:
        """Make changes in their order; as many of one kind in a row as there are in one statement."""
        self.count += len(changes)
        if self.count > self.limits.features:
            raise TooLarge(f"One transaction changes at most {self.limits.features:,} features.")
        places = [f"Feature {number}: " for number in range(1, len(changes) + 1)] if len(changes) != 1 else [""]
        checks = _check(changes, places, self)
        made: dict[int, Changed] = {}
        for group in _groups(checks):
            made |= self._run(group)
        return tuple(made[number] for number in range(len(changes)))

    def finish(self) -> None:
        """Raise the revision of each layer that was changed, and tell of it at the commit."""
        for layer_id in sorted(self.layers):
            revision = store.finish(self.connection, layer_id)
            if revision is not None:
                self.revisions[layer_id] = revision

    def _run(self, group: Sequence["_Checked"]) -> dict[int, Changed]:
        first = group[0].change
        layer = self.layers[first.layer]
        if isinstance(first, Insert):
            given = [one.change.fid for one in group if isinstance(one.change, Insert) and one.change.fid is not None]
            start = store.next_fids(self.connection, layer, 0 if given else len(group))
            fids = given or list(range(start, start + len(group)))
            etags = _batch(layer, group, fids).insert(self.connection)
        else:
            fids = [one.change.fid for one in group if not isinstance(one.change, Insert)]
            self._expect(layer, group)
            if isinstance(first, Delete):
                store.delete(self.connection, layer, fids)
                etags = {}
            else:
                etags = self._update(layer, group, fids)
        if not isinstance(first, Delete):
            self._check_keys(layer, group)
        return {one.number: Changed(layer.id, fid, etags.get(fid)) for one, fid in zip(group, fids, strict=True)}

    def _update(self, layer: Layer, group: Sequence["_Checked"], fids: list[int]) -> dict[int, str]:
        batch = _batch(layer, group, fids)
        if not batch.columns and batch.srid is None:
            return store.locked(self.connection, layer, fids)
        if layer.key_column in {column.name for column in batch.columns}:
            store.next_fids(self.connection, layer, 0)
        return batch.update(self.connection)

    def _expect(self, layer: Layer, group: Sequence["_Checked"]) -> None:
        """Lock the features; each must be there, and in the state that its change expects."""
        expected = {one.change.fid: one.change.expected for one in group if not isinstance(one.change, Insert)}
        states = store.locked(self.connection, layer, list(expected))
        for fid, etags in expected.items():
            if fid not in states:
                place = " in the area that you are assigned to" if self.caller.area else ""
                raise NotFound(f"Layer {layer.id!r} has no feature {fid}{place}.", locator="featureId")
            if etags is not None and states[fid] not in etags:
                raise PreconditionFailed(f"Feature {fid} of {layer.id!r} was changed meanwhile.", states[fid])

    def _check_keys(self, layer: Layer, group: Sequence["_Checked"]) -> None:
        key = layer.key_column
        keys = [one.values[key] for one in group if key is not None and key in one.values]
        if keys:
            repeated = store.repeated_key(self.connection, layer, keys)
            if repeated is not None:
                raise DuplicateKey(f"Another feature has {repeated!r} for its key {key!r}.", locator=key)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A change whose values fit: attributes of their columns' types, WKB that can be stored."""

    number: int
    change: Change
    values: Mapping[str, Value | None]
    wkb: bytes | None


def _check(changes: Sequence[Change], places: Sequence[str], edit: Editing) -> list[_Checked]:
    problems = Problems()
    values: list[dict[str, Value | None]] = []
    geometries: dict[tuple[str, int], list[int]] = {}
    for number, (change, place) in enumerate(zip(changes, places, strict=True)):
        layer = edit.layer(change.layer)
        values.append(_attributes(layer, change, place, problems))
        geometry = _geometry_of(change)
        if geometry is not None:
            geometries.setdefault((layer.id, geometry.srid), []).append(number)
        elif isinstance(change, Insert | Replace):
            problems.add(place, "The feature has no geometry.", "geometry")
    wkb: dict[int, bytes] = {}
    for (layer_id, _srid), numbers in geometries.items():
        sent = [geometry for number in numbers if (geometry := _geometry_of(changes[number]))]
        told = [places[number] for number in numbers]
        stored = shapes.checked(edit.layers[layer_id], sent, told, problems, edit.limits.vertices)
        wkb.update(zip(numbers, stored, strict=True))
    problems.refuse()
    return [_Checked(number, change, values[number], wkb.get(number)) for number, change in enumerate(changes)]


def _attributes(layer: Layer, change: Change, place: str, problems: Problems) -> dict[str, Value | None]:
    if isinstance(change, Delete):
        return {}
    made = checked(layer, change.attributes, place, problems)
    if isinstance(change, Insert | Replace):
        if layer.key_column and layer.key_column not in change.attributes:
            problems.add(
                place, f"Property {layer.key_column!r} is the layer's key and needs a value.", layer.key_column
            )
        return {column.name: made.get(column.name) for column in layer.columns}
    return made


def _geometry_of(change: Change) -> Geometry | None:
    return None if isinstance(change, Delete) else change.geometry


def _groups(checks: Iterable[_Checked]) -> Iterator[list[_Checked]]:
    """Neighbours that one statement can do: of a kind, a layer, the same columns and CRS, each feature once."""
    for _, alike in groupby(checks, _kind):
        group: list[_Checked] = []
        fids: set[int] = set()
        for one in alike:
            fid = one.change.fid
            if fid in fids:
                yield group
                group, fids = [], set()
            if fid is not None:
                fids.add(fid)
            group.append(one)
        yield group


def _kind(one: _Checked) -> tuple[Any, ...]:
    geometry = _geometry_of(one.change)
    new = isinstance(one.change, Insert) and one.change.fid is None
    return type(one.change), new, one.change.layer, tuple(sorted(one.values)), geometry and geometry.srid


def _batch(layer: Layer, group: Sequence[_Checked], fids: list[int]) -> store.Batch:
    geometry = _geometry_of(group[0].change)
    columns = [column for column in layer.columns if column.name in group[0].values]
    batch = store.Batch(layer, columns, geometry.srid if geometry else None)
    batch.fids = fids
    batch.geometries = [one.wkb for one in group if one.wkb is not None]
    batch.rows = [one.values for one in group]
    return batch


def history(database: Database, caller: Principal, layer_id: str, fid: int) -> list[Past]:
    """What a feature went through, the newest first (at most 1,000 changes), for members of its organisation."""
    with database.read(caller) as connection:
        rows = store.history(connection, layer_id, fid, _HISTORY)
    return [
        Past(row.id, row.change_set, row.operation, row.version, row.revision, row.at,
             str(row.account_id) if row.account_id else None, row.before, row.geometry)
        for row in rows
    ]  # fmt: skip


def changed_since(database: Database, caller: Principal | None, layer: Layer, revision: int) -> list[list[float]]:
    """Boxes (minx, miny, maxx, maxy in the layer's CRS) that changed in the layer's version after a revision."""
    with database.read(caller) as connection:
        return store.boxes_since(connection, layer, revision, public=caller is None)


def _refusal(cause: BaseException | None) -> BramaError | None:
    if isinstance(cause, pg.Error) and cause.sqlstate == _LOCKED:
        return FeatureLocked(f"Feature {cause.diag.message_detail} is locked by somebody else.")
    if isinstance(cause, pg.LockNotAvailable | pg.DeadlockDetected | pg.UndefinedTable):
        return TooBusy("The layer is being loaded or changed by others; nothing was changed. Try again in a moment.")
    if isinstance(cause, pg.InsufficientPrivilege | pg.WithCheckOptionViolation):
        return Forbidden("This caller may not change the features of this layer.")
    if isinstance(
        cause, pg.NumericValueOutOfRange | pg.InvalidParameterValue | pg.ProgramLimitExceeded | pg.InternalError_
    ):
        return Unprocessable("A value does not fit its column, or a geometry has no place in the layer's CRS.")
    if isinstance(cause, pg.UniqueViolation):
        return Conflict("Another feature has a value that must be its own.")
    return None
