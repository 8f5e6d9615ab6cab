# SPDX-License-Identifier: EUPL-1.2
"""The pool of render processes: a crash, a kill or a greedy map costs one request."""

import os
import signal
import socket
import struct
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from layers.rendering import wire
from layers.rendering.model import Box, FeaturesSource, MapRequest, RenderLayer
from layers.rendering.service import RenderClient
from sdi.errors import BramaError, InvalidParameter, TooBusy, TooLarge
from tests.layers.rendering.geometry import rectangle
from tests.layers.rendering.pool import Pool, run_pool

FILL = '<Rule><PolygonSymbolizer fill="#ff0000" fill-opacity="0.5"/></Rule>'
BOX = Box(0, 0, 100, 100)


def _map(size: int = 64, features: int = 1, passes: tuple[str, ...] = (FILL,)) -> MapRequest:
    source = FeaturesSource(2180, (rectangle(10, 10, 90, 90),) * features)
    return MapRequest(size, size, BOX, 2180, (RenderLayer(source, passes),))


def _slow() -> MapRequest:
    """Minutes of work inside C++."""
    return _map(4000, 20_000)


def _begun(pool: Pool, executor: ThreadPoolExecutor, request: MapRequest) -> "Future[bytes]":
    """Hand over `request` and wait until a process works on it."""
    asked = executor.submit(pool.client().render, request)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        ticks = [
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[11]
            for pid in pool.workers()
        ]
        if any(int(tick) > 60 for tick in ticks):
            return asked
        time.sleep(0.02)
    raise AssertionError("no process took the map")


def test_killing_a_render_process_costs_one_request(tmp_path: Path) -> None:
    with run_pool(tmp_path, workers=1) as pool, ThreadPoolExecutor(2) as executor:
        pool.client().render(_map())
        cut = _begun(pool, executor, _slow())
        waiting = executor.submit(pool.client().render, _map())
        time.sleep(0.2)
        os.kill(pool.workers()[0], signal.SIGKILL)
        with pytest.raises(TooBusy, match="more time or memory"):
            cut.result(timeout=10)
        assert waiting.result(timeout=10).startswith(b"\x89PNG")


def test_a_map_over_the_time_limit_is_refused_and_the_next_is_drawn(tmp_path: Path) -> None:
    with run_pool(tmp_path, workers=1, limit_ms=400) as pool:
        client = pool.client(limit_seconds=0.4)
        started = time.monotonic()
        with pytest.raises(TooBusy, match="more time or memory"):
            client.render(_slow())
        assert time.monotonic() - started < 5
        assert client.render(_map()).startswith(b"\x89PNG")


def test_a_map_over_the_memory_limit_is_refused_and_the_next_is_drawn(tmp_path: Path) -> None:
    with run_pool(tmp_path, workers=1, memory_mb=170) as pool:
        with pytest.raises(TooBusy, match="memory"):
            pool.client().render(_map(4000))
        assert pool.client().render(_map()).startswith(b"\x89PNG")


@pytest.mark.parametrize(("width", "height"), [(4001, 4000), (16_384, 16_384)])
def test_a_map_of_too_many_pixels_is_refused_before_it_is_sent(width: int, height: int) -> None:
    with pytest.raises(TooLarge, match="16 million pixels"):
        MapRequest(width, height, BOX, 2180, ())


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, -1), (16_385, 1)])
def test_a_map_without_a_size_is_refused(width: int, height: int) -> None:
    with pytest.raises(InvalidParameter, match="Width and height"):
        MapRequest(width, height, BOX, 2180, ())


def test_a_render_process_checks_the_limits_again(pool: Pool) -> None:
    header = wire.encode(_map())[8:].split(b"}]}")[0] + b"}]}"
    hostile = header.replace(b'"width":64,"height":64', b'"width":16000,"height":16000')
    assert hostile != header
    body = rectangle(10, 10, 90, 90)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(pool.socket))
        connection.sendall(struct.pack("!II", len(hostile), len(body)) + hostile + body)
        wire.receive_started(connection)
        status, message = wire.receive_answer(connection)
    assert status is wire.Status.INVALID
    assert b"16 million pixels" in message


@pytest.mark.parametrize(
    "frame",
    [
        b"\0",
        b"\xff" * 64,
        struct.pack("!II", 2, 0) + b"{}",
        struct.pack("!II", 4, 0) + b"null",
        struct.pack("!II", 13, 0) + b'{"layers":[1]',
    ],
)
def test_garbage_on_the_socket_harms_nobody(pool: Pool, frame: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(pool.socket))
        connection.sendall(frame)
    assert pool.client().render(_map()).startswith(b"\x89PNG")


def test_fifty_threads_at_once_all_get_their_own_map(pool: Pool) -> None:
    client, sizes = pool.client(), range(40, 90)
    with ThreadPoolExecutor(50) as executor:
        pictures = list(executor.map(lambda size: client.render(_map(size)), sizes))
    assert [struct.unpack("!II", picture[16:24])[0] for picture in pictures] == list(sizes)


def test_processes_are_recycled_without_a_lost_request(tmp_path: Path) -> None:
    with run_pool(tmp_path, workers=2, requests=4) as pool:
        before = set(pool.workers())
        with ThreadPoolExecutor(4) as executor:
            pictures = list(executor.map(pool.client().render, [_map()] * 30))
        assert all(picture.startswith(b"\x89PNG") for picture in pictures)
        assert not before & set(pool.workers())


def test_nobody_listening_is_a_clear_refusal(tmp_path: Path) -> None:
    with pytest.raises(TooBusy, match="No render process answers"):
        RenderClient(tmp_path / "render.sock").render(_map())


def test_waiting_in_the_queue_has_an_end(tmp_path: Path) -> None:
    with run_pool(tmp_path, workers=1) as pool, ThreadPoolExecutor(1) as executor:
        pool.client().render(_map())
        busy = _begun(pool, executor, _slow())
        with pytest.raises(TooBusy, match="No render process answers"):
            pool.client(queue_seconds=0.2).render(_map())
        os.kill(pool.workers()[0], signal.SIGKILL)
        with pytest.raises(TooBusy):
            busy.result(timeout=10)


def test_a_request_whose_process_ends_before_it_began_is_tried_once_more(tmp_path: Path) -> None:
    path, taken = tmp_path / "render.sock", []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def hang_up_once_then_draw() -> None:
            for begin in (False, True):
                connection, _ = listener.accept()
                with connection:
                    taken.append(wire.receive_request(connection))
                    if begin:
                        connection.sendall(wire.STARTED)
                        wire.send_answer(connection, wire.Status.DRAWN, b"picture")

        server = threading.Thread(target=hang_up_once_then_draw)
        server.start()
        assert RenderClient(path).render(_map()) == b"picture"
        server.join()
    assert len(taken) == 2


def test_a_stopped_master_leaves_no_process_and_no_socket(tmp_path: Path) -> None:
    with run_pool(tmp_path, workers=2) as pool:
        pool.client().render(_map())
        workers = pool.workers()
    assert not pool.socket.exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_render_processes_end_when_their_master_is_killed(tmp_path: Path) -> None:
    with run_pool(tmp_path, workers=2) as pool:
        pool.client().render(_map())
        workers = pool.workers()
        pool.master.kill()
        deadline = time.monotonic() + 5
        while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_only_the_owner_may_use_the_socket(pool: Pool) -> None:
    assert pool.socket.stat().st_mode & 0o077 == 0


def test_a_socket_path_may_be_longer_than_the_kernel_allows(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    with run_pool(folder, workers=1) as pool:
        assert pool.client().render(_map()).startswith(b"\x89PNG")


def test_broken_rules_are_an_error_of_the_server_and_harm_nobody(pool: Pool) -> None:
    with pytest.raises(BramaError, match="could not be drawn"):
        pool.client().render(_map(passes=("<Rule><NoSymbolizer/></Rule>",)))
    assert pool.client().render(_map()).startswith(b"\x89PNG")


def test_an_unknown_crs_is_refused(pool: Pool) -> None:
    with pytest.raises(InvalidParameter, match="EPSG:99"):
        pool.client().render(MapRequest(8, 8, BOX, 99, ()))
