# SPDX-License-Identifier: EUPL-1.2
"""Search over records of every kind, by words and by place, as far as the caller's rights go."""

from dataclasses import dataclass

import shapely
from sqlalchemy import Connection, RowMapping, text

from records.store import escaped

MOST = 100
_CANDIDATES = 2_000
"""Matches that are ranked; of more, those that the index gives first."""
_SHORT = "id, kind, number, title, state, opened, commune"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sought: words, kinds, a box in EPSG:2180."""

    words: str | None = None
    kind: str | None = None
    box: tuple[float, float, float, float] | None = None


def search(connection: Connection, asked: Asked, *, public: bool, limit: int = MOST) -> list[RowMapping]:
    """Records found, the best match first: one's own whole, of others what is open.

    A number that is written whole comes first, then by the rank of the words, then the newest. Words that begin no word
    of any record are looked for as a part of one.
    """
    found = _found(connection, asked, "words @@ records.words(:q)", public=public, limit=limit)
    if asked.words and not found:
        found = _found(connection, asked, "folded LIKE sdi.fold(:pattern)", public=public, limit=limit)
    return found


def _found(connection: Connection, asked: Asked, match: str, *, public: bool, limit: int) -> list[RowMapping]:
    branches = []
    for source, own in (("pub.records" if public else "app.records_open", False), ("app.records", True)):
        if not (public and own):
            branches += _branches(source, asked, match, own=own)
    rank = "ts_rank_cd(words, records.words(:q), 1)" if asked.words else "0::real"
    statement = text(
        f"SELECT {_SHORT}, own FROM (SELECT DISTINCT ON (id) *, {rank} AS rank"
        f" FROM ({' UNION ALL '.join(branches)}) candidates ORDER BY id, exact DESC, own DESC) found"
        " ORDER BY exact DESC, rank DESC, opened DESC, id LIMIT :limit"
    )
    values: dict[str, object] = {"limit": limit, "candidates": _CANDIDATES}
    if asked.words:
        values |= {"q": asked.words, "pattern": f"%{escaped(asked.words)}%"}
    if asked.kind:
        values["kind"] = asked.kind
    if asked.box:
        values["box"] = shapely.to_wkb(shapely.box(*asked.box))
    return list(connection.execute(statement, values).mappings())


def _branches(source: str, asked: Asked, match: str, *, own: bool) -> list[str]:
    narrow = [*(["kind = :kind"] if asked.kind else [])]
    if asked.box:
        narrow.append("geom && ST_SetSRID(ST_GeomFromWKB(:box), 2180)")
    wheres = {"true": ["number = :q"], "false": [match]} if asked.words else {"false": []}
    return [
        f"(SELECT {_SHORT}, words, {str(own).lower()} AS own, {exact} AS exact FROM {source}"
        f" WHERE {' AND '.join([*conditions, *narrow]) or 'true'} LIMIT :candidates)"
        for exact, conditions in wheres.items()
    ]
