# SPDX-License-Identifier: EUPL-1.2
"""Seeding and archives: as jobs of those with the right, by commands, and files that PMTiles readers understand."""

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import mapbox_vector_tile
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from pmtiles.reader import MmapSource, Reader
from sqlalchemy import text

from layers.model import ColumnType, GeometryType, Layer
from layers.tiles import archive, cli, seeding
from layers.tiles.jobs import tasks
from layers.tiles.matrix import SETS, WEB_MERCATOR
from layers.tiles.model import ARCHIVE, SEED
from layers.tiles.seeding import Maker, blocks, checked_count, order
from sdi import crs as crss
from sdi.command import Instance
from sdi.crs import CRS84
from sdi.db.database import Database
from sdi.errors import InvalidParameter, NotFound, TooLarge, Unprocessable
from sdi.jobs.model import Cancelled, JobContext
from sdi.people.model import Principal
from sdi.settings import Settings
from tests.conftest import LayerMaker

PALACE = (21.00604, 52.23182)
AROUND = "POLYGON((636510 486194, 637510 486194, 637510 487194, 636510 487194, 636510 486194))"
FAR = "POLYGON((720000 430000, 721000 430000, 721000 431000, 720000 431000, 720000 430000))"
SignIn = Callable[..., tuple[Principal, dict[str, str]]]
RUN = {task.name: task.run for task in tasks}


@pytest.fixture
def plots(add_layer: LayerMaker) -> Layer:
    rows = [[AROUND, "Pałac"], [FAR, "daleko"]]
    return add_layer("plots", GeometryType.POLYGON, {"name": ColumnType.TEXT}, rows, attribution="Urząd")


def _nothing(_fraction: float, _message: str) -> None:
    """Progress that nobody looks at."""


def _at(level: int) -> tuple[int, int]:
    x, y = crss.transform_point(*PALACE, CRS84, WEB_MERCATOR.crs)
    span = WEB_MERCATOR.span(level)
    return int((WEB_MERCATOR.top - y) / span), int((x - WEB_MERCATOR.left) / span)


def test_what_is_there_is_not_made_again_and_what_is_asked_for_is_there(
    settings: Settings, database: Database, client: FlaskClient, plots: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = order("plots", levels=(0, 9), form="mvt")
    total = checked_count(wanted, plots)
    assert total == len(list(blocks(wanted, plots)))
    first = Maker(settings, database).seed(wanted, _nothing)
    assert first == {"made": total, "found": 0, "of": total, "full": False}
    assert Maker(settings, database).seed(wanted, _nothing) == {"made": 0, "found": total, "of": total, "full": False}
    row, column = _at(9)
    monkeypatch.setattr("layers.tiles.serving.read_tile", None)
    assert client.get(f"/ogc/collections/plots/tiles/WebMercatorQuad/9/{row}/{column}?f=mvt").status_code == 200


@pytest.mark.usefixtures("drawing")
def test_blocks_of_map_tiles_are_seeded_in_every_grid(settings: Settings, database: Database, plots: Layer) -> None:
    for grid in SETS:
        wanted = order("plots", grid, (3, 6))
        maker = Maker(settings, database)
        done = maker.seed(wanted, _nothing)
        assert done["made"] == done["of"] > 0
        assert Maker(settings, database).seed(wanted, _nothing)["found"] == done["of"]


def test_seeding_stops_when_it_is_told_to_and_goes_on_where_it_was(
    settings: Settings, database: Database, plots: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "_TOLD_EVERY", 0)
    seen = 0

    def progress(_fraction: float, _message: str) -> None:
        nonlocal seen
        seen += 1
        if seen == 6:
            raise Cancelled

    wanted = order("plots", levels=(0, 9), form="mvt")
    with pytest.raises(Cancelled):
        Maker(settings, database).seed(wanted, progress)
    again = Maker(settings, database).seed(wanted, _nothing)
    assert again["found"] == 5
    assert again["made"] == again["of"] - 5


def test_seeding_ends_when_the_cache_is_full(
    settings: Settings, database: Database, plots: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "_NEARLY_FULL", 0.0)
    done = Maker(settings, database).seed(order("plots", levels=(0, 5), form="mvt"), _nothing)
    assert done["full"]
    assert done["made"] == 0


def test_orders_that_cannot_be_made_are_refused(
    settings: Settings, database: Database, plots: Layer, add_layer: LayerMaker
) -> None:
    for wrong in ({"levels": (3, 2)}, {"levels": (0, 99)}, {"form": "gif"}):
        with pytest.raises(InvalidParameter):
            order("plots", **wrong)
    with pytest.raises(NotFound):
        order("plots", "nothing")
    with pytest.raises(TooLarge):
        checked_count(order("plots", levels=(0, 24), form="mvt"), plots)
    with pytest.raises(NotFound):
        Maker(settings, database).seed(order("nothing"), _nothing)
    with pytest.raises(InvalidParameter):
        archive.write(Maker(settings, database), order("plots", "EPSG2180"), Path("x.pmtiles"), _nothing)
    add_layer("shy", GeometryType.POLYGON, {}, [[AROUND]], visibility="organisation")
    member = Principal(uuid4(), "", plots.organisation_id, (plots.organisation_id,), frozenset())
    with pytest.raises(Unprocessable):
        Maker(settings, database, member).seed(order("shy"), _nothing)


def test_an_archive_of_vector_tiles_is_read_by_its_own_reader(
    settings: Settings, database: Database, plots: Layer, tmp_path: Path
) -> None:
    path = tmp_path / "plots.pmtiles"
    done = archive.write(Maker(settings, database), order("plots", levels=(2, 9), form="mvt"), path, _nothing)
    with path.open("rb") as file:
        reader = Reader(MmapSource(file))
        header, metadata = reader.header(), reader.metadata()
        row, column = _at(9)
        tile = mapbox_vector_tile.decode(gzip.decompress(reader.get(9, column, row)))
        assert reader.get(9, 0, 0) is None
    assert done == {"tiles": header["addressed_tiles_count"], "bytes": path.stat().st_size, "state": "1"}
    assert (header["version"], header["max_zoom"], header["clustered"]) == (3, 9, True)
    assert header["min_zoom"] >= 2, "tiles in which nothing is are not in it"
    assert header["min_lon_e7"] / 1e7 == pytest.approx(plots.bbox[0])
    assert metadata["vector_layers"] == [{"id": "plots", "fields": {"name": "text"}, "minzoom": 2, "maxzoom": 9}]
    assert (metadata["attribution"], metadata["name"]) == ("Urząd", "Warstwa plots")
    assert [f["properties"] for f in tile["plots"]["features"]] == [{"name": "Pałac"}]
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.usefixtures("drawing")
def test_an_archive_of_map_tiles_holds_pictures(
    settings: Settings, database: Database, plots: Layer, tmp_path: Path
) -> None:
    path = tmp_path / "plots.pmtiles"
    archive.write(Maker(settings, database), order("plots", levels=(8, 9), form="webp"), path, _nothing)
    with path.open("rb") as file:
        row, column = _at(9)
        picture = Reader(MmapSource(file)).get(9, column, row)
    assert Image.open(io.BytesIO(picture)).format == "WEBP"


def test_a_stopped_writer_leaves_no_archive(
    settings: Settings, database: Database, plots: Layer, tmp_path: Path
) -> None:
    def progress(_fraction: float, _message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        archive.write(Maker(settings, database), order("plots", form="mvt"), tmp_path / "a.pmtiles", progress)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def _run_queued(database: Database, settings: Settings, job: str, caller: Principal) -> dict[str, Any]:
    with database.owner.connect() as connection:
        row = connection.execute(text("SELECT task, args FROM sdi.job WHERE id = :id"), {"id": job}).one()
    context = JobContext(uuid4(), settings, database, _nothing, caller.organisation_id, caller.account_id)
    return dict(RUN[row.task](context, row.args))


def test_a_job_makes_an_archive_that_is_fetched_in_ranges(
    client: FlaskClient, database: Database, settings: Settings, plots: Layer, sign_in: SignIn
) -> None:
    caller, headers = sign_in("admin", "layers:write")
    sent = {"levels": [2, 8]}
    answer = client.post("/api/layers/plots/tiles/archives", json=sent, headers=headers)
    assert answer.status_code == 202
    assert answer.headers["Location"].endswith(answer.json["job"])
    done = _run_queued(database, settings, answer.json["job"], caller)
    assert done["href"] == "/api/layers/plots/tiles/archives/plots-1-mvt-2-8.pmtiles"
    with client.get(done["href"]) as whole:
        assert (whole.mimetype, whole.data[:7]) == ("application/vnd.pmtiles", b"PMTiles")
        assert len(whole.data) == done["bytes"]
    with client.get(done["href"], headers={"Range": "bytes=0-126"}) as part:
        assert (part.status_code, part.data) == (206, whole.data[:127])
    assert client.get("/api/layers/plots/tiles/archives/none.pmtiles").status_code == 404
    assert client.get("/api/layers/plots/tiles/archives/plots-..%2F..%2Ftiles.sqlite").status_code == 404
    assert archive.sweep(settings) == 0
    assert archive.sweep(settings, -1) == 1


def test_a_job_seeds_and_the_kept_tiles_can_be_deleted(
    client: FlaskClient, app: Flask, database: Database, settings: Settings, plots: Layer, sign_in: SignIn
) -> None:
    caller, headers = sign_in("admin", "layers:write")
    answer = client.post("/api/layers/plots/tiles/seed", json={"levels": [0, 5], "form": "mvt"}, headers=headers)
    done = _run_queued(database, settings, answer.json["job"], caller)
    assert done["made"] == done["of"]
    deleted = client.delete("/api/layers/plots/tiles", headers=headers)
    assert deleted.json == {"deleted": done["made"]}
    assert app.extensions["tiles"].cache.statistics() == []


def test_only_members_with_the_right_order_tiles(
    app: Flask, client: FlaskClient, plots: Layer, add_layer: LayerMaker, sign_in: SignIn
) -> None:
    address = "/api/layers/plots/tiles/seed"
    assert client.post(address, json={}).status_code == 401
    assert client.post(address, json={}, headers=sign_in("admin", "ingest")[1]).status_code == 403
    assert client.post(address, json={}, headers=sign_in("stranger", "layers:write")[1]).status_code == 403
    _, headers = sign_in("admin", "layers:write")
    assert client.post("/api/layers/nothing/tiles/seed", json={}, headers=headers).status_code == 404
    for wrong in ({"levels": "all"}, {"levels": [0]}, {"levels": [True, 3]}, {"form": 1}, {"colour": "red"}, [1],
                  {"grid": "x"}, {"style": "x"}, {"levels": [0, 24], "form": "mvt"}):  # fmt: skip
        assert client.post(address, json=wrong, headers=headers).status_code in (400, 404, 413), wrong
    assert client.post(address, data="{", headers=headers, content_type="application/json").status_code == 400
    assert client.delete("/api/layers/plots/tiles", headers=sign_in("stranger", "layers:write")[1]).status_code == 403
    add_layer("shy", GeometryType.POLYGON, {}, [[AROUND]], visibility="organisation")
    app.extensions["layers"].invalidate()
    assert client.post("/api/layers/shy/tiles/seed", json={}, headers=headers).status_code == 422
    assert client.get("/api/layers/shy/tiles/archives/shy-1-mvt-0-1.pmtiles").status_code == 404


def test_commands_seed_measure_write_and_empty(
    settings: Settings, database: Database, plots: Layer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Here(Instance):
        def database(self) -> Any:  # type: ignore[override]
            return _Given(database)

    monkeypatch.setattr("sdi.command.Instance", Here)
    monkeypatch.setattr("sdi.command.load", lambda **_: settings)

    def run(*arguments: str) -> dict[str, Any]:
        done = CliRunner().invoke(cli.command, [*arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return dict(json.loads(done.stdout))

    assert run("stats") == {"contents": [], "bytes": 0, "limit": 2_000_000_000}
    seeded = run("seed", "plots", "--levels", "0-4", "--format", "mvt")
    assert seeded["made"] > 0
    (content,) = run("stats")["contents"]
    assert (content["layer"], content["tiles"]) == ("plots", seeded["made"])
    assert run("archive", "plots", str(tmp_path / "x.pmtiles"), "--levels", "3")["tiles"] >= 1
    assert run("truncate")["deleted"] > 0
    assert run("truncate", "plots") == {"deleted": 0}
    assert CliRunner().invoke(cli.command, ["seed", "plots", "--levels", "x"]).exit_code == 2


class _Given:
    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Database:
        return self._database

    def __exit__(self, *_: object) -> None:
        """The fixture closes it."""


def test_jobs_bear_the_names_that_are_queued() -> None:
    assert {SEED, ARCHIVE} <= set(RUN)
