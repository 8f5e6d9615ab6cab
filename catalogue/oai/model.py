# SPDX-License-Identifier: EUPL-1.2
"""Requests of OAI-PMH as values, their errors, and the token by which a list is read on."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

PAGE = 100
"""Records of one answer."""
PREFIXES = ("oai_dc", "iso19139", "iso19115-3", "dcat")
_GRANULES = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d")


class OaiError(Exception):
    """An error of the protocol (section 3.6): it is answered with status 200 and its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Wanted:
    """Records of a list: their format, the window of time, the set; and where to go on."""

    prefix: str
    start: datetime | None = None
    until: datetime | None = None
    organisation: str | None = None
    after: tuple[str, str] | None = None
    done: int = 0

    def token(self, place: tuple[str, str], done: int) -> str:
        """The resumption token of what follows `place` (moment and identifier of the last record)."""
        told = [self.prefix, _text(self.start), _text(self.until), self.organisation, *place, done]
        return base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()


def wanted(values: Mapping[str, str]) -> Wanted:
    """The list that a request's arguments ask for (sections 4.3 and 4.5)."""
    if token := values.get("resumptionToken"):
        if set(values) - {"verb", "resumptionToken"}:
            raise OaiError("badArgument", "A resumptionToken stands alone.")
        return _read(token)
    found = Wanted(
        prefix(values),
        _moment(values.get("from"), late=False),
        _moment(values.get("until"), late=True),
        _set(values.get("set")),
    )
    if found.start and found.until and found.until < found.start:
        raise OaiError("badArgument", "The window ends before it begins.")
    return found


def prefix(values: Mapping[str, str]) -> str:
    """The format that is asked for."""
    found = values.get("metadataPrefix")
    if not found:
        raise OaiError("badArgument", "metadataPrefix is missing.")
    if found not in PREFIXES:
        raise OaiError("cannotDisseminateFormat", f"Formats are {', '.join(PREFIXES)}.")
    return found


def _set(said: str | None) -> str | None:
    if said is None:
        return None
    kind, _, slug = said.partition(":")
    if kind != "organisation" or not slug:
        raise OaiError("noRecordsMatch", "There is no such set; ListSets tells of them.")
    return slug


def _moment(said: str | None, *, late: bool) -> datetime | None:
    """A day is whole: `until` includes it."""
    if said is None:
        return None
    for granule in _GRANULES:
        try:
            found = datetime.strptime(said, granule).replace(tzinfo=UTC)
        except ValueError:
            continue
        whole_day = late and granule == _GRANULES[1]
        return found.replace(hour=23, minute=59, second=59) if whole_day else found
    raise OaiError("badArgument", f"{said[:40]!r} is no moment such as 2026-01-31 or 2026-01-31T12:00:00Z.")


def _read(token: str) -> Wanted:
    try:
        told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        form, start, until, organisation, moment, identifier, done = told
        found = Wanted(
            str(form),
            datetime.fromisoformat(start) if start else None,
            datetime.fromisoformat(until) if until else None,
            None if organisation is None else str(organisation),
            (datetime.fromisoformat(str(moment)).isoformat(), str(identifier).replace("\x00", "")),
            int(done),
        )
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise OaiError("badResumptionToken", "The token was not given out here.") from error
    if found.prefix not in PREFIXES:
        raise OaiError("badResumptionToken", "The token was not given out here.")
    return found


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
