# SPDX-License-Identifier: EUPL-1.2
"""Search over records of every kind, by words and by place, as far as the caller's rights go."""

from dataclasses import dataclass

import shapely
from sqlalchemy import Connection, RowMapping, text

from records.store import escaped

MOST = 100
_SHORT = "id, kind, number, title, state, opened, commune"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is sought: words, kinds, a box in EPSG:2180."""

    words: str | None = None
    kind: str | None = None
    box: tuple[float, float, float, float] | None = None


def search(connection: Connection, asked: Asked, *, public: bool, limit: int = MOST) -> list[RowMapping]:
    """Records found, the best match first: one's own whole, of others what is open.

    A number that is written whole comes first, then by the rank of the words, then the newest.
    """
    wheres, values = _conditions(asked)
    rank = "ts_rank_cd(words, records.words(:q), 1)" if asked.words else "0::real"
    exact = "number = :q" if asked.words else "false"
    branches = [_branch("pub.records" if public else "app.records_open", rank, exact, wheres, own=False)]
    if not public:
        branches.append(_branch("app.records", rank, exact, wheres, own=True))
    statement = text(
        f"SELECT DISTINCT ON (exact, rank, opened, id) {_SHORT}, own FROM ({' UNION ALL '.join(branches)}) found"
        " ORDER BY exact DESC, rank DESC, opened DESC, id, own DESC LIMIT :limit"
    )
    return list(connection.execute(statement, {**values, "limit": limit}).mappings())


def _conditions(asked: Asked) -> tuple[list[str], dict[str, object]]:
    wheres: list[str] = []
    values: dict[str, object] = {}
    if asked.words:
        wheres.append("(words @@ records.words(:q) OR folded LIKE sdi.fold(:pattern))")
        values |= {"q": asked.words, "pattern": f"%{escaped(asked.words)}%"}
    if asked.kind:
        wheres.append("kind = :kind")
        values["kind"] = asked.kind
    if asked.box:
        wheres.append("geom && ST_SetSRID(ST_GeomFromWKB(:box), 2180)")
        values["box"] = shapely.to_wkb(shapely.box(*asked.box))
    return wheres, values


def _branch(source: str, rank: str, exact: str, wheres: list[str], *, own: bool) -> str:
    where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
    return (
        f"(SELECT {_SHORT}, {rank} AS rank, {exact} AS exact, {str(own).lower()} AS own FROM {source}{where}"
        " ORDER BY exact DESC, rank DESC, opened DESC, id LIMIT :limit)"
    )
