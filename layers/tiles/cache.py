# SPDX-License-Identifier: EUPL-1.2
"""Finished tiles on disk: one SQLite file that every process of the machine reads and writes, of bounded size.

A transaction is whole or not there, whenever a process is killed. The cache is never needed: where its file cannot be
used, a tile is simply made.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import structlog

from sdi.objects import hand_over

_log = structlog.get_logger()
T = TypeVar("T")
_SCHEMA = """
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS layer (id TEXT PRIMARY KEY, version INT NOT NULL, revision INT NOT NULL, epoch INT NOT NULL);
CREATE TABLE IF NOT EXISTS content (layer TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (layer, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tile (layer TEXT NOT NULL, content TEXT NOT NULL, level INT NOT NULL, row INT NOT NULL,
    col INT NOT NULL, used INT NOT NULL, complete INT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (layer, content, level, row, col));
CREATE INDEX IF NOT EXISTS tile_used ON tile (used);
"""
_GET = (
    "SELECT rowid, used, complete, data FROM tile WHERE layer = ? AND content = ? AND level = ? AND row = ? AND col = ?"
)
_HAS = "SELECT 1 FROM tile WHERE layer = ? AND content = ? AND level = ? AND row = ? AND col = ?"
_PUT = "INSERT OR REPLACE INTO tile VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_CLEAR = (
    "DELETE FROM tile WHERE layer = ? AND content = ? AND level = ? AND row BETWEEN ? AND ? AND col BETWEEN ? AND ?"
)
_BATCH = 500
_TOUCH_SECONDS = 3_600
"""A tile's last use is known to the hour, so that reading one seldom writes."""
_ROOM = 0.95
"""To this share of the limit the cache is emptied when it is over it."""

Key = tuple[int, int, int]
"""Level, row, column."""


@dataclass(frozen=True, slots=True)
class Source:
    """What tiles show: `name` begins with the grid's id and holds all that changes their bytes.

    `state` is the state of the layer that they are made from; None for what no change of a layer takes away.
    """

    layer: str
    name: str
    state: "State | None"


@dataclass(frozen=True, slots=True)
class State:
    """Up to which change of a layer its tiles here are good; `epoch` counts how often all were given up."""

    version: int
    revision: int
    epoch: int = 0

    @property
    def name(self) -> tuple[int, int]:
        """What contents' names end with: tiles of another version or epoch are others."""
        return self.version, self.epoch


@dataclass(frozen=True, slots=True)
class Stored:
    """A tile of the cache; one that is not `settled` is not kept."""

    data: bytes
    complete: bool
    settled: bool = True


class Cache:
    """The tiles in the folder, at most `limit` bytes of them; 0 keeps none. Safe in any number of threads."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._path = folder / "tiles.sqlite"
        self._limit = limit
        self._local = threading.local()

    @property
    def enabled(self) -> bool:
        """Whether anything is kept."""
        return self._limit > 0

    def get(self, source: Source, key: Key) -> Stored | None:
        """A tile, if it is there."""

        def read(connection: sqlite3.Connection) -> Stored | None:
            found = connection.execute(_GET, (source.layer, source.name, *key)).fetchone()
            if found is None:
                return None
            rowid, used, complete, data = found
            if used < time.time() - _TOUCH_SECONDS:
                _touch(connection, rowid)
            return Stored(data, bool(complete))

        return self._try(read, None)

    def has(self, source: Source, key: Key) -> bool:
        """Whether a tile is there."""
        values = (source.layer, source.name, *key)
        return self._try(lambda connection: connection.execute(_HAS, values).fetchone() is not None, otherwise=False)

    def put(self, source: Source, tiles: Mapping[Key, Stored]) -> None:
        """Keep tiles, unless their layer has changed since they were asked for."""

        def write(connection: sqlite3.Connection) -> None:
            with _writing(connection):
                if source.state is not None and _state(connection, source.layer) != source.state:
                    return
                now = int(time.time())
                connection.execute("INSERT OR IGNORE INTO content VALUES (?, ?)", (source.layer, source.name))
                rows = [
                    (source.layer, source.name, *key, now, tile.complete, tile.data)
                    for key, tile in tiles.items()
                    if tile.settled
                ]
                connection.executemany(_PUT, rows)
            self._bound(connection)

        self._try(write, None)

    def state(self, layer: str) -> State | None:
        """The state of a layer's tiles; None when the cache has none."""
        return self._try(lambda connection: _state(connection, layer), None)

    def advance(self, layer: str, before: State | None, after: State, stale: Iterable[tuple[str, Key, Key]]) -> bool:
        """Take stale tiles away and say up to where the rest is good; false when another process has been here.

        `stale` are beginnings of contents' names, each with the first and the last tile of a rectangle of a level.
        """

        def write(connection: sqlite3.Connection) -> bool:
            with _writing(connection):
                if _state(connection, layer) != before:
                    return False
                _clear(connection, layer, stale)
                values = (layer, after.version, after.revision, after.epoch)
                connection.execute("INSERT OR REPLACE INTO layer VALUES (?, ?, ?, ?)", values)
            return True

        return self._try(write, otherwise=False)

    def contents(self) -> list[tuple[str, str]]:
        """Layers and names of what tiles show."""
        return self._try(lambda connection: connection.execute("SELECT layer, name FROM content").fetchall(), [])

    def drop(self, layer: str, name: str | None = None) -> int:
        """Delete the tiles of a layer, or of one of its contents, a few at a time; the number of tiles."""
        where, values = ("layer = ?", [layer]) if name is None else ("layer = ? AND content = ?", [layer, name])

        def write(connection: sqlite3.Connection) -> int:
            _deleted(connection, f"DELETE FROM content WHERE {where.replace('content', 'name')}", values)
            chosen = f"DELETE FROM tile WHERE rowid IN (SELECT rowid FROM tile WHERE {where} LIMIT {_BATCH})"
            gone = 0
            while count := _deleted(connection, chosen, values):
                gone += count
            return gone

        return self._try(write, 0)

    def truncate(self) -> int:
        """Delete every tile; the number of tiles."""
        gone = sum(self.drop(layer) for layer in {layer for layer, _ in self.contents()})
        self._try(lambda connection: connection.execute("PRAGMA incremental_vacuum").fetchall(), [])
        return gone

    def statistics(self) -> list[tuple[str, str, int, int]]:
        """Layer, content, number and bytes of its tiles."""
        statement = "SELECT layer, content, count(*), sum(length(data)) FROM tile GROUP BY layer, content ORDER BY 1, 2"
        return self._try(lambda connection: connection.execute(statement).fetchall(), [])

    def size(self) -> int:
        """Bytes in use, at no cost whatever their number."""
        return self._try(_size, 0)

    def _bound(self, connection: sqlite3.Connection) -> None:
        """Over the limit, let the tiles go that nobody asked for the longest."""
        if _size(connection) <= self._limit:
            return
        chosen = f"DELETE FROM tile WHERE rowid IN (SELECT rowid FROM tile ORDER BY used LIMIT {_BATCH})"
        while _size(connection) > self._limit * _ROOM and _deleted(connection, chosen, ()):
            pass

    def _try(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Work with this thread's connection; what fails in the cache is logged and fails nobody's request."""
        try:
            return work(self._connection())
        except (sqlite3.Error, OSError) as error:
            _log.warning("tiles.cache", error=str(error))
            self._close()
            if type(error) is sqlite3.DatabaseError:  # its subclasses say less than that this is no database
                self._discard()
            return otherwise

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is not None and self._local.made == _made(self._path):
            return found
        self._close()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        found = sqlite3.connect(self._path, timeout=5, isolation_level=None)
        found.executescript(_SCHEMA)
        # After the machine's own failure the last tiles may be gone, but what is there is whole.
        found.execute("PRAGMA synchronous = NORMAL")
        found.execute("PRAGMA journal_size_limit = 16000000")
        hand_over(self._path.parent, *self._path.parent.glob(f"{self._path.name}*"))
        self._local.connection, self._local.made = found, _made(self._path)
        return found

    def _close(self) -> None:
        found: sqlite3.Connection | None = self._local.__dict__.pop("connection", None)
        if found is not None:
            found.close()

    def _discard(self) -> None:
        """A file that is no database any more is taken away; others open the new one."""
        for path in self._path.parent.glob(f"{self._path.name}*"):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def _touch(connection: sqlite3.Connection, rowid: int) -> None:
    # Not worth waiting for: the next reader of the tile may do it.
    connection.execute("PRAGMA busy_timeout = 0")
    with contextlib.suppress(sqlite3.OperationalError):
        connection.execute("UPDATE tile SET used = ? WHERE rowid = ?", (int(time.time()), rowid))
    connection.execute("PRAGMA busy_timeout = 5000")


def _clear(connection: sqlite3.Connection, layer: str, stale: Iterable[tuple[str, Key, Key]]) -> None:
    names = [name for (name,) in connection.execute("SELECT name FROM content WHERE layer = ?", (layer,))]
    for beginning, (level, first_row, first_column), (_, last_row, last_column) in stale:
        for name in names:
            if name.startswith(f"{beginning}/"):
                values = (layer, name, level, first_row, last_row, first_column, last_column)
                connection.execute(_CLEAR, values)


def _state(connection: sqlite3.Connection, layer: str) -> State | None:
    found = connection.execute("SELECT version, revision, epoch FROM layer WHERE id = ?", (layer,)).fetchone()
    return State(*found) if found else None


def _deleted(connection: sqlite3.Connection, statement: str, values: Iterable[str]) -> int:
    with _writing(connection):
        return connection.execute(statement, tuple(values)).rowcount


def _size(connection: sqlite3.Connection) -> int:
    pages = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count")]
    return int((pages[0] - pages[1]) * connection.execute("PRAGMA page_size").fetchone()[0])


def _made(path: Path) -> tuple[int, int] | None:
    """Which file is there: one that was taken away and made again is another."""
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_ino, status.st_dev
    return None
