# SPDX-License-Identifier: EUPL-1.2
"""What the audit says of itself: heads of its chains, findings of a verification."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of an organisation's chain; kept elsewhere, it fixes everything before it."""

    organisation: UUID
    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed: `problem` names the kind, the rest the place as far as it is known."""

    problem: str
    organisation: UUID | None
    batch: int | None = None
    entry: int | None = None

    @property
    def told(self) -> str:
        """In words, with the place."""
        place = f"entry {self.entry}" if self.entry else f"batch {self.batch}"
        within = f" (batch {self.batch})" if self.entry and self.batch else ""
        whose = f" of organisation {self.organisation}" if self.organisation else ""
        return f"{place}{within}{whose}: {PROBLEMS[self.problem]}"


PROBLEMS = {
    "batch.changed": "the batch is not what was sealed",
    "batch.missing": "one or more batches before it are missing",
    "batch.unchained": "it does not follow from the batch before it",
    "entry.changed": "the entry was edited",
    "entry.missing": "the entry was deleted",
    "entry.repeated": "the entry stands in more than one batch",
    "entry.inserted": "the entry was put in past the only door",
    "entry.backdated": "it bears a time more than a day before the batch that precedes it was sealed",
    "contents.changed": "its contents were edited or exchanged",
    "contents.missing": "its contents are gone and no erasure tells of them",
    "contents.inserted": "contents without an entry",
    "head.missing": "the chain ends before the head kept outside: its tail was cut off",
    "head.changed": "the batch is another than the head kept outside: the chain was made anew",
}


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at and what was found. `unsealed` entries wait for their batch, `erased` contents went by law."""

    entries: int
    batches: int
    unsealed: int
    erased: int
    problems: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries: of a subject (`layer/x`, or all of a kind with `layer/`), a login, an organisation's slug, an
    action, from `since` and before `until`; `before` is the number that a page goes on from."""

    subject: str | None = None
    person: str | None = None
    organisation: str | None = None
    action: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
