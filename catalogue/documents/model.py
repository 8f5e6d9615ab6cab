# SPDX-License-Identifier: EUPL-1.2
"""What a document that is brought is, and what became of each."""

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from catalogue.metadata import Metadata
from catalogue.model import Visibility

RECORD_BYTES = 2 * 1024 * 1024
"""Most of one record; real ones are under 200 kB."""
FILE_BYTES = 64 * 1024 * 1024
"""Most of one file of records that a command reads."""
State = Literal["added", "changed", "unchanged", "removed", "refused"]


@dataclass(frozen=True)
class Document:
    """A record as it was brought: what it says, the namespace of its root, and its text, which is kept as it is."""

    metadata: Metadata
    schema: str
    text: str
    words: str


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose records they become, and who may see them."""

    organisation_id: UUID
    account_id: UUID | None
    visibility: Visibility = "public"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: `place` says where it was (file, number), `messages` what is to be mended."""

    state: State
    identifier: str
    place: str = ""
    title: str = ""
    messages: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "state": self.state,
            "identifier": self.identifier,
            "title": self.title,
            "place": self.place,
            "messages": list(self.messages),
        }
