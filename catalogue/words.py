# SPDX-License-Identifier: EUPL-1.2
"""Polish and English words: base forms by Morfeusz 2, words that say nothing, and the catalogue's list of words."""

import json
import re
import threading
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, cast

import morfeusz2
from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, select, text
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSQUERY
from sqlalchemy.types import Text

_STOPS = (
    "a aby ale albo bez być by był była było były co czy dla do gdy gdzie i ich ile im in jak jako jego jej jest jeśli"
    " już kto która które którego której których który lub ma mi mnie na nad nas nie niż o od oraz po pod przed przez"
    " przy s są się ta tak także tam te tego tej ten to tu tym u w we wraz więc wszystkich z za ze że żeby"
    " an and are as at be by for from has in is it its of on or that the this to was were which with"
)
STOPS = frozenset(_STOPS.split())
"""Words that are in every text, in the two languages of the pages."""
_WORD = re.compile(r"[^\W\d_]{2,60}")
_BATCH = 5_000
_LOCK = threading.Lock()

_MARK = text(
    "SELECT until::text, pg_snapshot_xmin(pg_current_snapshot())::text FROM catalogue.words_read FOR UPDATE SKIP LOCKED"
)
_NEW = text(
    "SELECT DISTINCT u.lexeme FROM catalogue.record r, unnest(to_tsvector('simple', concat_ws(' ',"
    " catalogue.texts(r.title), catalogue.texts(r.abstract), replace(r.subjects, '|', ' ')))) u"
    " WHERE r.written >= CAST(:since AS xid8) AND NOT EXISTS (SELECT FROM catalogue.word w WHERE w.word = u.lexeme)"
)
_ADD = text(
    "INSERT INTO catalogue.word (word, folded, lemmas)"
    " SELECT word, sdi.fold(word), lemmas FROM jsonb_to_recordset(:rows) r(word text, lemmas text[])"
    " ON CONFLICT (word) DO NOTHING"
).bindparams(bindparam("rows", type_=JSONB))
_READ = text("UPDATE catalogue.words_read SET until = CAST(:until AS xid8)")


@lru_cache(maxsize=20_000)
def bases(word: str) -> tuple[str, ...]:
    """Base forms that a word, in small letters, may be a form of; the word itself where it is not known."""
    with _LOCK:
        analysed = _morfeusz().analyse(word)
    found = {lemma.partition(":")[0].lower() for start, end, (_, lemma, *_) in analysed if (start, end) == (0, 1)}
    return tuple(sorted(found)) or (word,)


def query(typed: str) -> ColumnElement[Any]:
    """The full-text query of what a person typed, as SQL that runs once a statement: see `catalogue.widened`."""
    known = {word: list(bases(word)) for word in dict.fromkeys(_WORD.findall(typed.lower()))}
    made = select(
        func.catalogue.widened(
            literal(typed, Text),
            # As text: literals of JSON are not rendered, which EXPLAIN of a statement needs.
            sql_cast(literal(json.dumps(known), Text), JSONB),
            literal(sorted(STOPS), ARRAY(Text)),
            type_=TSQUERY,
        )
    ).scalar_subquery()
    return cast("ColumnElement[Any]", made)


def learn(connection: Connection) -> int:
    """Add the words of records changed since the last time, with their base forms, as the owner; returns how many.

    The mark is the oldest transaction that was under way, so that what it writes later is read the next time.
    """
    marks = connection.execute(_MARK).one_or_none()
    if marks is None:
        return 0
    since, until = marks
    words = connection.execute(_NEW, {"since": since}).scalars().all()
    for start in range(0, len(words), _BATCH):
        connection.execute(_ADD, {"rows": _rows(words[start : start + _BATCH])})
    connection.execute(_READ, {"until": until})
    return len(words)


def _rows(words: Sequence[str]) -> Iterable[dict[str, Any]]:
    return [{"word": word, "lemmas": list(bases(word)) if _WORD.fullmatch(word) else [word]} for word in words]


@cache
def _morfeusz() -> Any:
    # Not for every thread: it is guarded by the lock, and answers in microseconds.
    return morfeusz2.Morfeusz(generate=False)
