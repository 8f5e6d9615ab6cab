# SPDX-License-Identifier: EUPL-1.2
"""One private cluster for the whole run, a template database migrated once, and a clone of it for each test."""

import fcntl
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

import layers.service as layers
from layers.model import Column, ColumnType, GeometryType, Layer, Publication
from layers.rendering.service import socket_path
from sdi.db.database import Database
from sdi.db.migrate import upgrade_engine
from sdi.people.model import Organisation, Principal
from sdi.people.service import add_account, add_organisations, authenticate, issue_token, organisation_id
from sdi.settings import Settings, load
from sdi.setup.cluster import Cluster
from sdi.web.app import create_app

TEMPLATE = "brama_template"
ORGANISATIONS = (
    Organisation("mazowieckie", "region", {"pl": "województwo mazowieckie", "en": "Mazovia"}, "14"),
    Organisation("plocki", "county", {"pl": "powiat płocki", "en": "Płock county"}, "1419", "mazowieckie"),
    Organisation("gabin", "commune", {"pl": "Gąbin", "en": "Gąbin"}, "141906", "plocki"),
    Organisation("radomski", "county", {"pl": "powiat radomski", "en": "Radom county"}, "1425", "mazowieckie"),
)


def _run_folder() -> Path:
    """One folder for all parallel workers of this run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"single-{os.getpid()}")
    folder = Path(tempfile.gettempdir()) / f"brama-tests-{run}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The run's cluster: every worker holds it, the first one makes its template, the last one's end stops it."""
    folder = _run_folder()
    cluster = Cluster(folder / "data", durable=False)
    with (folder / "lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if cluster.start():
            _make_template(cluster)
    yield cluster
    cluster.stop()


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A cluster of this test's own that writes through to the disk, as a real one does."""
    with tempfile.TemporaryDirectory(prefix="brama-killed-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        cluster = Cluster(folder / "data")
        cluster.start()
        cluster.ensure_roles_and_database("own")
        yield cluster
        cluster.stop()


def _make_template(cluster: Cluster) -> None:
    cluster.ensure_roles_and_database(TEMPLATE)
    database = Database(lambda role: cluster.dsn(role.value, TEMPLATE))
    upgrade_engine(database.owner)
    with database.owner.begin() as connection:
        add_organisations(connection, ORGANISATIONS)
        add_account(connection, "mazowieckie", "admin", "Administrator", role="regional_admin")
        add_account(connection, "gabin", "clerk", "Clerk of Gąbin", role="organisation_admin")
        add_account(connection, "radomski", "stranger", "Clerk of Radom county", role="organisation_admin")
    database.dispose()


@pytest.fixture
def database_name(cluster: Cluster) -> Iterator[str]:
    """A clone of the template, gone after the test."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(cluster.dsn("postgres", "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} OWNER brama_owner STRATEGY file_copy")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(cluster: Cluster, database_name: str) -> Iterator[Database]:
    """Engines over this test's own database, by role."""
    database = Database(lambda role: cluster.dsn(role.value, database_name), pool=4)
    yield database
    database.dispose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Defaults, with a data folder of this test's own."""
    return load(tmp_path / "none.yml", {}, data=tmp_path / "data")


@pytest.fixture
def app(settings: Settings, database: Database) -> Flask:
    """The whole application over this test's database; no thread hears events: tests call `invalidate`."""
    application = create_app(settings, database, listen=False)
    application.testing = True
    return application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client nobody has signed in."""
    return app.test_client()


@pytest.fixture
def server(settings: Settings, database: Database) -> Iterator[str]:
    """Address of the application served over HTTP on a free port, for clients that are not ours."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        served = settings.model_copy(update={"server": settings.server.model_copy(update={"public_url": address})})
        application = create_app(served, database, listen=False)
        running = make_server("127.0.0.1", 0, application, threaded=True, fd=listening.fileno())
        thread = threading.Thread(target=running.serve_forever, name="server", daemon=True)
        thread.start()
        yield address
        running.shutdown()
        thread.join()
        running.server_close()


@pytest.fixture(scope="session")
def render_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A render process of this run."""
    path = tmp_path_factory.mktemp("render") / "render.sock"
    command = [sys.executable, "-m", "layers.rendering.server", "--socket", str(path), "--workers", "1"]
    process = subprocess.Popen(command, cwd=Path(__file__).resolve().parents[1])
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    yield path
    process.terminate()
    process.wait(20)


@pytest.fixture
def drawing(settings: Settings, render_socket: Path) -> None:
    """Put the render process where the application looks for it."""
    expected = socket_path(settings)
    expected.parent.mkdir(parents=True, exist_ok=True)
    expected.symlink_to(render_socket)


@pytest.fixture
def sign_in(database: Database) -> Callable[..., tuple[Principal, dict[str, str]]]:
    """Issue a token for a login with scopes: gives the principal and the headers to send."""

    def issue(login: str, *scopes: str) -> tuple[Principal, dict[str, str]]:
        with database.owner.begin() as connection:
            token = issue_token(connection, login, scopes, "test", 1)
        with database.app.connect() as connection:
            return authenticate(connection, token), {"Authorization": f"Bearer {token}"}

    return issue


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real data beside the checkout; tests that use it skip where it is missing."""
    folder = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real data are not beside this checkout")
    return folder


class LayerMaker(Protocol):
    """Makes and publishes a layer for a test."""

    def __call__(
        self,
        layer_id: str,
        geometry_type: GeometryType,
        columns: Mapping[str, ColumnType],
        rows: Sequence[Sequence[object]],
        **publication: Any,
    ) -> Layer:
        """`rows` hold WKT in the layer's CRS (x = easting), then the columns' values; `fid` counts from 1."""


@pytest.fixture
def add_layer(database: Database) -> LayerMaker:
    """Publish a layer the way a loader does: `add_layer("x", GeometryType.POINT, {"name": ColumnType.TEXT}, rows)`.

    `srid` (2180), `organisation` ("mazowieckie") and every field of `Publication` may be given.
    """

    def make(
        layer_id: str,
        geometry_type: GeometryType,
        columns: Mapping[str, ColumnType],
        rows: Sequence[Sequence[object]],
        srid: int = 2180,
        organisation: str = "mazowieckie",
        **publication: Any,
    ) -> Layer:
        with database.owner.begin() as connection:
            version = layers.next_version(connection, layer_id)
            relation = f"{layer_id}_{version}"
            declared = "".join(f', "{name}" {kind.sql}' for name, kind in columns.items())
            connection.exec_driver_sql(
                f"CREATE TABLE data.{relation}"
                f" (fid bigint PRIMARY KEY, geom geometry({geometry_type}, {srid}){declared})"
            )
            marks = "".join(", %s" for _ in columns)
            for fid, (wkt, *values) in enumerate(rows, 1):
                connection.exec_driver_sql(
                    f"INSERT INTO data.{relation} VALUES (%s, ST_GeomFromText(%s, {srid}){marks})", (fid, wkt, *values)
                )
            connection.exec_driver_sql(f"CREATE INDEX ON data.{relation} USING gist (geom)")
            connection.exec_driver_sql(f"ANALYZE data.{relation}")
            corners = "ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
            extents = connection.exec_driver_sql(
                f"SELECT {corners} FROM (SELECT ST_Extent(geom)::geometry e FROM data.{relation}) a UNION ALL "
                f"SELECT {corners} FROM (SELECT ST_Extent(ST_Transform(geom, 4326))::geometry e FROM data.{relation}) b"
            ).all()
            fields = {
                "kind": "vector", "title": {"pl": f"Warstwa {layer_id}", "en": f"Layer {layer_id}"},
                "theme": "administrative-boundaries", "feature_count": len(rows), **publication,
            }  # fmt: skip
            return layers.publish(
                connection,
                Publication(
                    id=layer_id,
                    organisation_id=organisation_id(connection, organisation),
                    srid=srid,
                    geometry_type=geometry_type,
                    extent=tuple(extents[0]),
                    bbox=tuple(extents[1]),
                    version=version,
                    relation=relation,
                    columns=tuple(Column(name, kind, name) for name, kind in columns.items()),
                    **fields,
                ),
            )

    return make
