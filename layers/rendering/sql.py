# SPDX-License-Identifier: EUPL-1.2
"""Filters as SQL text: Mapnik's PostGIS plug-in takes no bound values, so they are written as literals."""

import math
import re
from datetime import date, datetime, time
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import psycopg as postgresql

from sdi.errors import InvalidParameter

_PLAIN = re.compile(r"[A-Za-z0-9 ]")


def literal(value: object) -> str:
    """`value` as an SQL literal; in strings every sign but letters, digits and spaces is an escape.

    No quote, backslash, percent sign or variable of the plug-in can therefore occur in the text.
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return _string(value.isoformat())
    if isinstance(value, bytes):
        return f"decode('{value.hex()}', 'hex')"
    return _other(value)


def where_sql(clause: ColumnElement[bool]) -> str:
    """`clause` (columns of one table) as text for `PostgisSource.where`, its bound values written as literals."""
    dialect = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    compiled = clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return compiled.string % {name: literal(value) for name, value in compiled.params.items()}


def _number(value: int | float | Decimal) -> str:
    if not math.isfinite(value):
        raise InvalidParameter("A number in the filter is not finite", locator="filter")
    return f"({value})"


def _other(value: object) -> str:
    if isinstance(value, UUID | str):
        return _string(str(value))
    if isinstance(value, list | tuple):
        return f"ARRAY[{', '.join(literal(item) for item in value)}]"
    raise InvalidParameter(f"A value of type {type(value).__name__} cannot filter a map", locator="filter")


def _string(text: str) -> str:
    if "\0" in text:
        raise InvalidParameter("A text in the filter holds a null character", locator="filter")
    escaped = "".join(sign if _PLAIN.fullmatch(sign) else f"\\+{ord(sign):06x}" for sign in text)
    return f"U&'{escaped}'"
