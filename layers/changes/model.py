# SPDX-License-Identifier: EUPL-1.2
"""Changes of features as services ask for them, and what became of them: frozen values without SQL or HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sdi.errors import BramaError, Conflict

Etags = tuple[str, ...] | None
"""States of which the feature must be in one; None does not ask."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """A geometry as WKB, x (easting, longitude) first whatever the authority says, in a served CRS."""

    wkb: bytes
    srid: int


@dataclass(frozen=True, slots=True)
class Insert:
    """A new feature; attributes that are not named are NULL. Its id is the server's to give.

    `fid` is that of a feature which was there before and comes back.
    """

    layer: str
    geometry: Geometry | None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    fid: int | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """The named attributes of a feature, and its geometry unless that is None."""

    layer: str
    fid: int
    attributes: Mapping[str, Any] = field(default_factory=dict)
    geometry: Geometry | None = None
    expected: Etags = None


@dataclass(frozen=True, slots=True)
class Replace:
    """A feature's whole new state; attributes that are not named become NULL."""

    layer: str
    fid: int
    geometry: Geometry | None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    expected: Etags = None


@dataclass(frozen=True, slots=True)
class Delete:
    """A feature that goes; its id is not given to another."""

    layer: str
    fid: int
    expected: Etags = None


Change = Insert | Update | Replace | Delete


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of one change; `etag` is None of a feature that went."""

    layer: str
    fid: int
    etag: str | None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of all changes, in their order, and the new revision of each layer that was changed."""

    changes: tuple[Changed, ...]
    revisions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Past:
    """One change in a feature's history. `before` is None of an insertion; `geometry` is GeoJSON in CRS84."""

    id: UUID
    change_set: UUID
    operation: Literal["insert", "update", "delete"]
    version: int
    revision: int
    at: datetime
    account: str | None
    before: Mapping[str, Any] | None
    geometry: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Version:
    """A state of a feature from `at` until the next (None: until now); of a `delete` it is gone.

    The first is the state that the layer's last load, or its opening to this caller, gave it ("load"). `change_set` and
    `account` are told to members who may change features.
    """

    operation: Literal["load", "insert", "update", "delete"]
    at: datetime
    until: datetime | None
    revision: int
    change_set: UUID | None
    account: str | None


class PreconditionFailed(BramaError):
    """A feature is not in the state that the change expects; `etag` is the state it is in."""

    status = 412
    code = "precondition-failed"
    ows = "OperationProcessingFailed"

    def __init__(self, message: str, etag: str) -> None:
        super().__init__(message)
        self.etag = etag


class DuplicateKey(Conflict):
    """A value of the layer's key column that another feature has."""
