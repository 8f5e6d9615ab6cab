# SPDX-License-Identifier: EUPL-1.2
"""Query parameters read once, each with a limit; what a handler does not know is refused."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar
from uuid import UUID

from sdi.errors import InvalidParameter, MissingParameter, TooLarge

TEXT_LIMIT = 2_000
_INTEGER = re.compile(r"-?[0-9]{1,18}")
T = TypeVar("T", bound=str)


class Parameters:
    """Parameters of one request. Names are matched exactly, or without case for OWS key-value pairs.

    With `known` any other name is refused (OGC 17-069r4 clause 7.15.5 lets a server do so, and demands status 400).
    """

    def __init__(
        self, values: Mapping[str, str], *, known: Iterable[str] | None = None, fold_names: bool = False
    ) -> None:
        self._values = {name.lower() if fold_names else name: value for name, value in values.items()}
        if known is not None:
            allowed = set(known)
            for name in self._values:
                if name not in allowed:
                    listed = ", ".join(sorted(allowed))
                    raise InvalidParameter(f"Unknown parameter {name[:80]!r}; known here: {listed}.", locator=name[:80])

    def __contains__(self, name: str) -> bool:
        return bool(self._values.get(name))

    def names(self) -> list[str]:
        """Names sent, in their order."""
        return list(self._values)

    def text(self, name: str, limit: int = TEXT_LIMIT) -> str | None:
        """The value, or None when absent or empty."""
        value = self._values.get(name)
        if not value:
            return None
        if len(value) > limit:
            raise TooLarge(f"Parameter {name!r} is longer than {limit:,} characters.", locator=name)
        if "\x00" in value:
            raise InvalidParameter(f"Parameter {name!r} holds a NUL character.", locator=name)
        return value

    def required(self, name: str, limit: int = TEXT_LIMIT) -> str:
        """The value; MissingParameter when absent or empty."""
        value = self.text(name, limit)
        if value is None:
            raise MissingParameter(f"Parameter {name!r} is missing.", locator=name)
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number between `low` and `high`."""
        value = self.text(name, 20)
        if value is None:
            return default
        if not _INTEGER.fullmatch(value) or not low <= int(value) <= high:
            message = f"Parameter {name!r} is {value!r}; expected a whole number from {low:,} to {high:,}."
            raise InvalidParameter(message, locator=name)
        return int(value)

    def day(self, name: str) -> date | None:
        """A day as browsers send it; None when it is left out or empty."""
        told = self.text(name, 10)
        try:
            return date.fromisoformat(told) if told else None
        except ValueError as error:
            message = f"Parameter {name!r} is {told!r}; write a day as 2026-12-31."
            raise InvalidParameter(message, locator=name) from error

    def uuid(self, name: str) -> UUID | None:
        """An id; None when it is left out or empty."""
        told = self.text(name, 36)
        try:
            return UUID(told) if told else None
        except ValueError as error:
            raise InvalidParameter(f"Parameter {name!r} is {told!r}, which is no id.", locator=name) from error

    def choice(self, name: str, choices: Iterable[T], default: T) -> T:
        """One of `choices`, compared without case."""
        value = self.text(name, 200)
        if value is None:
            return default
        for choice in choices:
            if choice.lower() == value.lower():
                return choice
        raise InvalidParameter(f"Parameter {name!r} is {value!r}; expected one of: {', '.join(choices)}.", locator=name)

    def words(self, name: str, limit: int = 200) -> list[str]:
        """A comma-separated list, empty when absent."""
        value = self.text(name, TEXT_LIMIT * 10)
        parts = value.split(",") if value else []
        if len(parts) > limit:
            raise TooLarge(f"Parameter {name!r} lists more than {limit} values.", locator=name)
        return [part.strip() for part in parts]
