# SPDX-License-Identifier: EUPL-1.2
"""The cache of tiles: bounded, whole after a kill, true to its layer's state, and never the reason of a failure."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from layers.tiles.cache import Cache, Source, State, Stored
from layers.tiles.locks import making
from sdi.errors import TooBusy
from sdi.features import ROOT

FIRST = State(1, 0)
SOURCE = Source("blocks", "WebMercatorQuad/vector/1.0", FIRST)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    made = Cache(tmp_path, 10_000_000)
    assert made.advance("blocks", None, FIRST, [])
    return made


def test_a_tile_comes_back_as_it_was_put(cache: Cache) -> None:
    cache.put(SOURCE, {(3, 1, 2): Stored(b"tile", complete=False), (3, 1, 3): Stored(b"", complete=True)})
    assert cache.get(SOURCE, (3, 1, 2)) == Stored(b"tile", complete=False)
    assert cache.get(SOURCE, (3, 1, 3)) == Stored(b"", complete=True)
    assert cache.get(SOURCE, (3, 2, 1)) is None
    assert cache.has(SOURCE, (3, 1, 3))
    assert cache.statistics() == [("blocks", SOURCE.name, 2, 4)]


def test_a_tile_made_before_a_change_is_not_kept_after_it(cache: Cache) -> None:
    assert cache.advance("blocks", FIRST, State(1, 1), [])
    cache.put(SOURCE, {(3, 1, 2): Stored(b"old", complete=True)})
    assert cache.get(SOURCE, (3, 1, 2)) is None


def test_only_the_tiles_of_the_rectangle_go(cache: Cache) -> None:
    picture = Source("blocks", "WebMercatorQuad/map/png/default.ab/1.0", FIRST)
    for source in (SOURCE, picture):
        cache.put(source, {(9, row, column): Stored(b"x", complete=True) for row in range(4) for column in range(4)})
    assert cache.advance("blocks", FIRST, State(1, 1), [("WebMercatorQuad/vector", (9, 1, 1), (9, 2, 3))])
    left = {key for key in ((9, row, column) for row in range(4) for column in range(4)) if cache.has(SOURCE, key)}
    assert left == {(9, 0, c) for c in range(4)} | {(9, 3, c) for c in range(4)} | {(9, 1, 0), (9, 2, 0)}
    assert cache.has(picture, (9, 2, 2))
    assert not cache.advance("blocks", FIRST, State(1, 2), []), "another process has been here"


def test_over_the_limit_the_tiles_unused_for_longest_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 2_000_000)
    cache.advance("blocks", None, FIRST, [])
    for number in range(400):
        cache.put(SOURCE, {(12, number, column): Stored(os.urandom(2_500), complete=True) for column in range(4)})
        assert cache.size() <= 2_000_000
    assert cache.has(SOURCE, (12, 399, 0))
    assert not cache.has(SOURCE, (12, 0, 0))
    assert sum(path.stat().st_size for path in tmp_path.glob("tiles.sqlite")) < 3_000_000


def test_a_cache_that_is_emptied_gives_its_bytes_back(cache: Cache, tmp_path: Path) -> None:
    for row in range(100):
        cache.put(SOURCE, {(12, row, column): Stored(os.urandom(4_000), complete=True) for column in range(10)})
    assert cache.truncate() == 1_000
    assert cache.size() < 200_000
    assert cache.statistics() == cache.contents() == []


def test_a_file_that_is_no_database_is_replaced(cache: Cache, tmp_path: Path) -> None:
    cache.put(SOURCE, {(1, 0, 0): Stored(b"x", complete=True)})
    for path in tmp_path.glob("tiles.sqlite*"):
        path.unlink()
    (tmp_path / "tiles.sqlite").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    assert cache.get(SOURCE, (1, 0, 0)) is None
    assert cache.advance("blocks", cache.state("blocks"), FIRST, [])
    cache.put(SOURCE, {(1, 0, 0): Stored(b"y", complete=True)})
    assert cache.get(SOURCE, (1, 0, 0)) == Stored(b"y", complete=True)


def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = Cache(tmp_path / "file" / "tiles", 1_000_000)
    cache.put(SOURCE, {(1, 0, 0): Stored(b"x", complete=True)})
    assert cache.get(SOURCE, (1, 0, 0)) is None
    assert (cache.size(), cache.statistics(), cache.drop("blocks")) == (0, [], 0)


_WRITER = """
import os, sys
from pathlib import Path
from layers.tiles.cache import Cache, Source, State, Stored
cache = Cache(Path(sys.argv[1]), 100_000_000)
source = Source("blocks", "grid/vector/1.0", State(1, 0))
cache.advance("blocks", None, State(1, 0), [])
print("begun", flush=True)
number = 0
while True:
    letter = bytes([97 + number % 26])
    cache.put(source, {(9, number % 50, column): Stored(letter * 20_000, True) for column in range(16)})
    number += 1
"""


def test_a_killed_writer_leaves_whole_tiles_only(tmp_path: Path) -> None:
    cache, source = Cache(tmp_path, 100_000_000), Source("blocks", "grid/vector/1.0", FIRST)
    for round_ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(0.15 + 0.1 * round_)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        for row in range(50):
            block = [cache.get(source, (9, row, column)) for column in range(16)]
            if block[0] is not None:
                assert len({tile.data for tile in block if tile}) == 1, "a block is there as one"
                assert len(set(block[0].data)) == 1
                assert len(block[0].data) == 20_000
    assert cache.has(source, (9, 0, 0))
    assert cache.put(source, {(1, 0, 0): Stored(b"", complete=True)}) is None
    assert cache.has(source, (1, 0, 0)), "whoever comes after the killed one can write"


def test_whoever_makes_a_tile_makes_it_alone(tmp_path: Path) -> None:
    seen: list[int] = []
    inside = 0

    def make() -> None:
        nonlocal inside
        with making(tmp_path / "locks", "one", 5):
            inside += 1
            seen.append(inside)
            time.sleep(0.01)
            inside -= 1

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 8
    with making(tmp_path / "locks", "one", 5), pytest.raises(TooBusy), making(tmp_path / "locks", "one", 0.05):
        pass
