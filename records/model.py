# SPDX-License-Identifier: EUPL-1.2
"""What a kind of record declares: fields, lifecycle, numbering, terms, places; frozen values without SQL or HTTP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal
from uuid import UUID

LanguageMap = Mapping[str, str]
Facts = Mapping[str, Any]
NEW = ""
"""The state that a record comes from when it is made."""


class FieldType(StrEnum):
    """Types of a kind's own fields; each is one PostgreSQL type and one control of a form."""

    TEXT = "text"
    LONG = "long"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"

    @property
    def sql(self) -> str:
        """The PostgreSQL type."""
        return _SQL_TYPES[self]


_SQL_TYPES = MappingProxyType(
    {
        FieldType.TEXT: "text",
        FieldType.LONG: "text",
        FieldType.CHOICE: "text",
        FieldType.INTEGER: "bigint",
        FieldType.NUMBER: "double precision",
        FieldType.MONEY: "numeric(14,2)",
        FieldType.BOOLEAN: "boolean",
        FieldType.DATE: "date",
    }
)


@dataclass(frozen=True)
class Field:
    """An attribute of a kind: a column of its typed table, a property of its schema, a control of its form.

    `public` fields are in the open part, `listed` ones in tables, `searched` ones found by their words.
    `section` names the part of the form; `maximum` bounds numbers, `length` the letters of a text.
    """

    name: str
    type: FieldType
    title: LanguageMap
    choices: Mapping[str, LanguageMap] = field(default_factory=dict)
    required: bool = False
    public: bool = True
    listed: bool = False
    searched: bool = False
    help: LanguageMap = field(default_factory=dict)
    section: LanguageMap = field(default_factory=dict)
    length: int = 500
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Term:
    """A term of the administrative code: so many days or months, counted from the day after (KPA art. 57).

    `code` names the parameter that says how long it is from some day on; `basis` is the provision.
    """

    basis: str
    days: int = 0
    months: int = 0
    code: str | None = None


@dataclass(frozen=True)
class Change:
    """What a guard or an effect of a transition looks at: the record as it will be, and when.

    `facts` and `typed` hold all values by name; `documents` counts the record's documents, `roles` are the roles of
    its places; `parameter` gives the legal value of a code on that day.
    """

    kind: "Kind"
    facts: Facts
    typed: Facts
    today: date
    parameter: Callable[[str], Any]
    documents: int = 0
    roles: frozenset[str] = frozenset()


Guard = Callable[[Change], LanguageMap | None]
"""Says why a transition may not be made, or None."""
Effect = Callable[[Change], Mapping[str, Any]]
"""Values that a transition writes: `facts` by their names, the kind's own fields by theirs."""


@dataclass(frozen=True)
class State:
    """A state; in a `closed` one the term has ended and nothing is edited, what is `public` is in the open part."""

    id: str
    title: LanguageMap
    public: bool = False
    closed: bool = False


@dataclass(frozen=True)
class Transition:
    """A way from some states to another; `title` is a verb. It needs `scope` (the kind's right to write unless named),
    a reason where `reason` is true, and that no guard speaks against it."""

    id: str
    title: LanguageMap
    sources: tuple[str, ...]
    target: str
    scope: str | None = None
    reason: bool = False
    guards: tuple[Guard, ...] = ()
    effects: tuple[Effect, ...] = ()
    term: Term | None = None


@dataclass(frozen=True)
class Numbering:
    """How numbers are made: `pattern` has {n}, {year}, {teryt} and {cell}; a year of its own where {year} is in it."""

    pattern: str
    series: str
    cell: str = ""

    @property
    def yearly(self) -> bool:
        """Whether numbers begin again with each year."""
        return "{year}" in self.pattern


@dataclass(frozen=True)
class Role:
    """What a place is to its record. Whoever touches a `watched` place is noted with the record."""

    id: str
    title: LanguageMap
    watched: bool = False


SUBJECT = Role("subject", {"pl": "przedmiot", "en": "subject"})
EFFECT = Role("effect", {"pl": "obszar oddziaływania", "en": "area of effect"})
ROUTE = Role("route", {"pl": "trasa", "en": "route"})


@dataclass(frozen=True)
class PublicLayer:
    """The layer of a kind's open part."""

    id: str
    title: LanguageMap
    abstract: LanguageMap
    theme: str
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of record, whole. `path` is the address of its list; `parent` the kind that its records belong to.

    `imported` is the state of records out of lists that exist already; it needs the scope of the ways that lead there.
    """

    id: str
    path: str
    title: LanguageMap
    plural: LanguageMap
    fields: tuple[Field, ...]
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    numbering: Numbering
    read_scope: str
    write_scope: str
    abstract: LanguageMap = field(default_factory=dict)
    roles: tuple[Role, ...] = (SUBJECT,)
    parent: str | None = None
    imported: str | None = None
    term: Term | None = None
    layer: PublicLayer | None = None
    party_roles: Mapping[str, LanguageMap] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """Fields by their names."""
        return {one.name: one for one in self.fields}

    @cached_property
    def state(self) -> Mapping[str, State]:
        """States by their ids."""
        return {one.id: one for one in self.states}

    @cached_property
    def transition(self) -> Mapping[str, Transition]:
        """Transitions by their ids."""
        return {one.id: one for one in self.transitions}

    @property
    def start(self) -> str:
        """The state of a new record: the first declared."""
        return self.states[0].id

    def ways(self, state: str) -> list[Transition]:
        """Transitions that lead away from a state."""
        return [one for one in self.transitions if state in one.sources]

    def lifecycle(self) -> dict[str, dict[str, str]]:
        """What may follow what, and the scope that it needs, as the database keeps it."""
        ways: dict[str, dict[str, str]] = {NEW: {self.start: self.write_scope}}
        for state in self.states:
            ways[state.id] = {} if state.closed else {state.id: self.write_scope}
        for way in self.transitions:
            for source in way.sources:
                ways[source][way.target] = way.scope or self.write_scope
            if way.target == self.imported:
                ways[NEW][way.target] = way.scope or self.write_scope
        return ways


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is: WKB in EPSG:2180 (x = easting), what it was made from, and the evidence derived for it."""

    role: str
    source: Literal["address", "parcel", "drawn", "record", "text", "import"]
    wkb: bytes
    label: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Save:
    """A record to make (`id` and `expected` None) or to change; None of `state` or `places` leaves them as they are.

    `facts` are of all records (title, parent_id, commune, opened, due, closed, number), `typed` the kind's own fields.
    """

    kind: str
    action: str
    facts: Facts = field(default_factory=dict)
    typed: Facts = field(default_factory=dict)
    id: UUID | None = None
    expected: int | None = None
    state: str | None = None
    organisation: UUID | None = None
    places: Sequence[Place] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of it."""

    id: UUID
    version: int
    number: str | None
