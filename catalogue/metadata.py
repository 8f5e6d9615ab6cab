# SPDX-License-Identifier: EUPL-1.2
"""The one model of metadata: what any record says of a resource, whatever encoding it came in or goes out as.

A document that was brought is kept beside it whole, so nothing that the model has no place for is lost (decision 24).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

LanguageMap = Mapping[str, str]


def polish(texts: LanguageMap | None) -> str:
    """The Polish text of a language map (records are in Polish), or the first there is."""
    if not texts:
        return ""
    return texts.get("pl") or next(iter(texts.values()))


Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a vocabulary, or a text that may lead somewhere (gmx:Anchor)."""

    text: LanguageMap = field(default_factory=dict)
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Keywords of one thesaurus, or of none. `kind` is ISO's keyword type, `published` the thesaurus's date."""

    words: tuple[Term, ...]
    kind: str = ""
    thesaurus: Term | None = None
    published: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Who answers for something; `role` is a value of ISO's CI_RoleCode."""

    organisation: LanguageMap = field(default_factory=dict)
    person: str = ""
    position: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    url: str = ""
    role: str = "pointOfContact"


@dataclass(frozen=True, slots=True)
class Code:
    """An identifier, in a name space where one is said."""

    code: str
    space: str = ""


@dataclass(frozen=True, slots=True)
class Online:
    """Where the resource can be had; `media_type` where known, `function` is ISO's CI_OnLineFunctionCode."""

    href: str
    title: LanguageMap = field(default_factory=dict)
    name: str = ""
    protocol: str = ""
    function: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Conformity:
    """How the resource keeps to a specification; `passed` is None where that was not tested."""

    title: LanguageMap
    date: str = ""
    kind: str = "publication"
    explanation: str = ""
    passed: bool | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A column of a data set."""

    name: str
    type: str
    title: LanguageMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metadata:
    """A record. `type` is a value of ISO's MD_ScopeCode, `language` ISO 639-2, `modified` the record's own date.

    `boxes` are west, south, east, north in degrees; dates are ISO 8601 texts; `dates` are those of the resource by
    their kinds (creation, publication, revision); `denominators` and `distances` (metres where no unit is said) are
    the spatial resolution. `contacts` answer for the record, `parties` for the resource.
    """

    identifier: str
    type: str = "dataset"
    language: str = "pol"
    modified: str = ""
    parent: str = ""
    title: LanguageMap = field(default_factory=dict)
    alternatives: tuple[LanguageMap, ...] = ()
    abstract: LanguageMap = field(default_factory=dict)
    dates: Mapping[str, str] = field(default_factory=dict)
    identifiers: tuple[Code, ...] = ()
    contacts: tuple[Party, ...] = ()
    parties: tuple[Party, ...] = ()
    keywords: tuple[Words, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    representations: tuple[str, ...] = ()
    systems: tuple[Term, ...] = ()
    boxes: tuple[Bounds, ...] = ()
    places: tuple[str, ...] = ()
    begin: str = ""
    end: str = ""
    denominators: tuple[int, ...] = ()
    distances: tuple[tuple[float, str], ...] = ()
    frequency: str = ""
    use: tuple[Term, ...] = ()
    access: tuple[Term, ...] = ()
    lineage: LanguageMap = field(default_factory=dict)
    conformity: tuple[Conformity, ...] = ()
    formats: tuple[str, ...] = ()
    links: tuple[Online, ...] = ()
    previews: tuple[str, ...] = ()
    service_type: str = ""
    service_versions: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    coupling: str = ""
    operates_on: tuple[Term, ...] = ()
    geometry: str = ""
    count: int | None = None
    columns: tuple[Attribute, ...] = ()

    @property
    def terms(self) -> Iterator[Term]:
        """All keywords, of every thesaurus."""
        return (term for group in self.keywords for term in group.words)

    @property
    def subjects(self) -> tuple[str, ...]:
        """Keywords and topic categories as texts, each once."""
        named = (*(polish(term.text) for term in self.terms), *self.topics)
        return tuple(subject for subject in dict.fromkeys(named) if subject)

    @property
    def bounds(self) -> Bounds | None:
        """The box round all boxes; None where the record gives no place."""
        if not self.boxes:
            return None
        wests, souths, easts, norths = zip(*self.boxes, strict=True)
        return min(wests), min(souths), max(easts), max(norths)

    @property
    def publisher(self) -> LanguageMap:
        """The organisation that publishes the resource, else the first that answers for it."""
        named = [party for party in (*self.parties, *self.contacts) if party.organisation]
        return next((party.organisation for party in named if party.role == "publisher"),
                    named[0].organisation if named else {})  # fmt: skip

    @property
    def rights(self) -> tuple[Term, ...]:
        """Conditions of use, then limits of access."""
        return (*self.use, *self.access)


_METADATA: TypeAdapter[Metadata] = TypeAdapter(Metadata)


def to_json(metadata: Metadata) -> dict[str, Any]:
    """`metadata` as JSON values, without what it does not say."""
    found: dict[str, Any] = _METADATA.dump_python(metadata, mode="json", exclude_defaults=True)
    return found


def from_json(stored: Mapping[str, Any]) -> Metadata:
    """What `to_json` gave."""
    return _METADATA.validate_python(stored)
