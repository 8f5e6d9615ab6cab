# SPDX-License-Identifier: EUPL-1.2
"""Locks of features: taken for a time, brought to a transaction, let go; the database keeps them against all others."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from layers.changes import store
from layers.model import Layer
from sdi.errors import BramaError, InvalidParameter

_TAKE = text("SELECT layers.take_lock(:seconds)")
_STATE = text("SELECT layers.lock_state(:lock)")
_BRING = text("SELECT set_config('brama.lock', :lock, true)")
_RELEASE = text("SELECT layers.release_lock(:lock, :everything)")


class InvalidLock(InvalidParameter):
    """A lock that never was this caller's."""

    code = "invalid-lock"
    ows = "InvalidLockId"


class LockExpired(BramaError):
    """The lock's time is over."""

    status = 403
    code = "lock-expired"
    ows = "LockHasExpired"


class FeatureLocked(BramaError):
    """The feature is held by a lock that the change does not bring (RFC 4918, 11.3)."""

    status = 423
    code = "locked"
    ows = "OperationProcessingFailed"


class CannotLockAll(BramaError):
    """Some of the features are held by other locks, and all were asked for (OGC 09-025r2, 12.2.4.2)."""

    status = 409
    code = "cannot-lock-all"
    ows = "CannotLockAllFeatures"


def take(connection: Connection, seconds: int) -> UUID:
    """A new lock that lasts so long."""
    return UUID(str(connection.execute(_TAKE, {"seconds": seconds}).scalar_one()))


def hold(connection: Connection, lock: UUID, layer: Layer, fids: Sequence[int]) -> list[int]:
    """Lock features of a layer that an editing transaction has opened; those of them that the lock holds then."""
    store.locked(connection, layer, fids)  # waits for changes that are under way
    statement = text("SELECT * FROM layers.lock_features(:lock, :layer, :fids)")
    values = {"lock": lock, "layer": layer.id, "fids": list(fids)}
    return [int(fid) for fid in connection.execute(statement, values).scalars()]


def bring(connection: Connection, lock: str) -> UUID:
    """Let the transaction change what the lock holds; raises InvalidLock, LockExpired."""
    try:
        found = UUID(lock.strip())
    except ValueError:
        found = None
    state = connection.execute(_STATE, {"lock": found}).scalar() if found else None
    if found is None or state is None:
        raise InvalidLock(f"There is no lock {lock[:80]!r} of this caller's.", locator="lockId")
    if state == "expired":
        raise LockExpired("The time of the lock is over.", locator="lockId")
    connection.execute(_BRING, {"lock": str(found)})
    return found


def release(connection: Connection, lock: UUID, *, everything: bool) -> None:
    """Let go of all, or of what the transaction changed."""
    connection.execute(_RELEASE, {"lock": lock, "everything": everything})
