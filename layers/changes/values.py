# SPDX-License-Identifier: EUPL-1.2
"""Attributes of changes checked against a layer's columns, with every mistake named."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from layers.items.model import Value
from layers.items.values import parse_value
from layers.model import Column, ColumnType, Layer
from sdi.errors import InvalidParameter, Unprocessable

_SHOWN = 10
_BIGINT = 2**63
_INDEXED_BYTES = 2_000
"""What ingest lets into an index; a B-tree takes little more."""


@dataclass
class Problems:
    """Mistakes found in a batch: all are counted, the first ten are told."""

    count: int = 0
    told: list[str] = field(default_factory=list)
    locator: str | None = None

    def add(self, place: str, message: str, locator: str | None = None) -> None:
        """Note one mistake at `place` ("" where there is but one feature)."""
        self.count += 1
        self.locator = self.locator or locator
        if len(self.told) < _SHOWN:
            self.told.append(f"{place}{message}")

    def refuse(self) -> None:
        """Raise Unprocessable when there is any."""
        if self.count:
            more = f" And {self.count - _SHOWN:,} more mistakes." if self.count > _SHOWN else ""
            raise Unprocessable(" ".join(self.told) + more, locator=self.locator)


def checked(layer: Layer, attributes: Mapping[str, Any], place: str, problems: Problems) -> dict[str, Value | None]:
    """The attributes as values of their columns' types; what cannot be one is noted and left out."""
    made: dict[str, Value | None] = {}
    for name, value in attributes.items():
        column = layer.by_name.get(name)
        if column is None:
            listed = ", ".join(layer.by_name)
            problems.add(place, f"There is no property {name[:80]!r}; there are: {listed}.", name[:80])
            continue
        if value is None and name == layer.key_column:
            problems.add(place, f"Property {name!r} is the layer's key and needs a value.", name)
        try:
            made[name] = None if value is None else _READERS[column.type](column, value)
        except (ValueError, InvalidParameter):
            told = f"{value!r:.80}"
            problems.add(place, f"Property {name!r} is {told}; expected {_EXPECTED[column.type]}.", name)
    return made


def _text(column: Column, value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value:
        raise ValueError
    encoded = value.encode()  # a lone surrogate is a ValueError
    if column.indexed and len(encoded) > _INDEXED_BYTES:
        raise ValueError
    return value


def _integer(_column: Column, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not -_BIGINT <= value < _BIGINT:
        raise ValueError
    return value


def _number(_column: Column, value: Any) -> float:
    if type(value) not in {int, float} or abs(value) > 1e308 or not math.isfinite(value):
        raise ValueError
    return float(value)


def _boolean(_column: Column, value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _parsed(column: Column, value: Any) -> Value:
    if isinstance(value, str):
        return parse_value(column, value)
    raise ValueError


def _date(column: Column, value: Any) -> Value:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _parsed(column, value)


def _moment(column: Column, value: Any) -> Value:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return _parsed(column, value)


_READERS: Mapping[ColumnType, Callable[[Column, Any], Value]] = {
    ColumnType.TEXT: _text,
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMP: _moment,
}
_EXPECTED: Mapping[ColumnType, str] = {
    ColumnType.TEXT: f"text without NUL characters, at most {_INDEXED_BYTES:,} bytes where it is indexed",
    ColumnType.INTEGER: "a whole number of 64 bits",
    ColumnType.NUMBER: "a finite number",
    ColumnType.BOOLEAN: "true or false",
    ColumnType.DATE: "a date such as 2026-03-01",
    ColumnType.TIMESTAMP: "a moment such as 2026-03-01T12:00:00Z",
}
