# SPDX-License-Identifier: EUPL-1.2
"""Every broken or hostile input gets a clear refusal, the old layer stays, and nothing is left behind."""

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row

from sdi.errors import BramaError
from tests.ingest.hostile import CASES, POINT, collection, feature

from .conftest import Loader


@pytest.mark.parametrize("name", sorted(CASES))
def test_bad_input_is_refused_and_leaves_nothing(
    name: str, tmp_path: Path, load_file: Loader, left_behind: Callable[[], dict[str, Any]]
) -> None:
    file, words, make = CASES[name]
    options = make(tmp_path / file) or {}
    with pytest.raises(BramaError) as refused:
        load_file(tmp_path / file, **options)
    assert 400 <= refused.value.status < 500
    assert re.search(words, refused.value.message), refused.value.message
    assert str(tmp_path) not in refused.value.message
    assert left_behind() == {"tables": [], "counts": (0, 0, 0, 0), "folders": [], "objects": []}


def test_bad_replacement_leaves_the_old_layer_as_it_was(
    tmp_path: Path, load_file: Loader, left_behind: Callable[[], dict[str, Any]]
) -> None:
    good = tmp_path / "places.geojson"
    good.write_text(collection(feature(POINT, id=1, name="a")))
    load_file(good)
    before = left_behind()
    good.write_text(collection(*[feature({"type": "Point", "coordinates": [21, 520]}, id=i) for i in range(5)]))
    with pytest.raises(BramaError, match="outside the area"):
        load_file(good)
    assert left_behind() == before


class _Server(socketserver.TCPServer):
    calls = 0

    def finish_request(self, _request: Any, _client_address: Any) -> None:
        type(self).calls += 1


@pytest.fixture
def listening() -> Iterator[int]:
    """A port on which every call is counted."""
    _Server.calls = 0
    with _Server(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_reading_a_file_calls_nobody(tmp_path: Path, load_file: Loader, listening: int) -> None:
    address = f"http://127.0.0.1:{listening}"
    file = tmp_path / "calls.gml"
    file.write_text(
        f'<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:a="{address}/a"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        f' xsi:schemaLocation="{address}/a {address}/a.xsd">'
        f'<gml:featureMember><a:p><a:id>1</a:id><a:other xlink:href="{address}/other.gml#x"/><a:geom>'
        '<gml:Point srsName="EPSG:4326"><gml:coordinates>21.0,52.2</gml:coordinates></gml:Point>'
        "</a:geom></a:p></gml:featureMember></gml:FeatureCollection>"
    )
    assert load_file(file).loaded == 1
    for name in (f"/vsicurl/{address}/a.gpkg", f"/vsizip//vsicurl/{address}/a.zip"):
        with pytest.raises(BramaError, match="There is no file"):
            load_file(Path(name))
    assert _Server.calls == 0


def test_names_that_look_like_sql_are_names(
    tmp_path: Path, load_file: Loader, rows: Callable[[str], list[Row[Any]]]
) -> None:
    file = tmp_path / "'; DROP TABLE layers.layer; --.geojson"
    name = '"; DROP TABLE layers.layer; --'
    file.write_text(collection(feature(POINT, **{name: "'); DELETE FROM layers.layer; --", "fid": 7, "geom": "x"})))
    report = load_file(file)
    assert report.layer == "drop_table_layers_layer"
    (row,) = rows(f"SELECT * FROM data.{report.layer}_1")
    assert row.drop_table_layers_layer == "'); DELETE FROM layers.layer; --"
    assert (row.fid, row.source_fid, row.source_geom) == (1, 7, "x")


def test_huge_attribute_is_kept_and_not_indexed(
    tmp_path: Path, load_file: Loader, rows: Callable[[str], list[Row[Any]]]
) -> None:
    file = tmp_path / "huge.geojson"
    file.write_text(collection(feature(POINT, id=1, name="ą" * 3_000_000)))
    report = load_file(file)
    assert rows("SELECT length(name) FROM data.huge_1")[0][0] == 3_000_000
    assert any("too long for an index" in warning for warning in report.warnings)
