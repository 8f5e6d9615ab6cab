# SPDX-License-Identifier: EUPL-1.2
"""The subselect that Mapnik's PostGIS plug-in reads, which replaces `!name!` inside the text by values of its own."""

import re

from layers.rendering.model import PostgisSource
from sdi.errors import InvalidParameter

_TOKEN = re.compile(r"!@?\w+!|@\w+")


def quoted(identifier: str) -> str:
    """`identifier` as a quoted SQL name; raises InvalidParameter for what the plug-in would read as a variable."""
    if not identifier or "\0" in identifier or _TOKEN.search(identifier):
        raise InvalidParameter(f"The name {identifier!r} cannot be drawn")
    return '"' + identifier.replace('"', '""') + '"'


def table_sql(source: PostgisSource) -> str:
    """The subselect that the plug-in reads; raises InvalidParameter where it would replace a variable."""
    if source.together:
        return _together(source)
    names = dict.fromkeys((source.geometry, source.key, *source.columns, *source.as_text))
    columns = ", ".join(_column(name, name in source.as_text) for name in names)
    text = f"SELECT {columns} FROM {quoted(source.schema)}.{quoted(source.table)}"
    if source.where:
        if _TOKEN.search(source.where):
            raise InvalidParameter("The filter holds a variable of the renderer", locator="filter")
        text += f" WHERE {source.where}"
    if source.ordered:
        text += f" ORDER BY hashint8({quoted(source.key)})"
    return f"({text}) AS features"


def _together(source: PostgisSource) -> str:
    """Features of equal columns as one, of those in the map's box only: the plug-in tells it where its mark stands."""
    names = [_column(name, name in source.as_text) for name in (*source.columns, *source.as_text)]
    plain = [quoted(name) for name in (*source.columns, *source.as_text)]
    geometry = quoted(source.geometry)
    if _TOKEN.search(source.where or ""):
        raise InvalidParameter("The filter holds a variable of the renderer", locator="filter")
    grouped = f" GROUP BY {', '.join(plain)}" if plain else ""
    collected = f"ST_CollectionExtract(ST_Collect({geometry}), {source.together:d}) AS {geometry}"
    return (
        f"(SELECT {', '.join((collected, f'1::bigint AS {quoted(source.key)}', *names))}"
        f" FROM {quoted(source.schema)}.{quoted(source.table)} WHERE {source.where or 'true'} AND {geometry} && !bbox!"
        f"{grouped}) AS features"
    )


def _column(name: str, as_text: bool) -> str:
    return f"{quoted(name)}::text AS {quoted(name)}" if as_text else quoted(name)
