# SPDX-License-Identifier: EUPL-1.2
"""`up --database URL`: everything runs over a PostGIS of others, reached by TCP with one login and its password."""

import json
import os
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from sdi.features import ROOT
from sdi.setup import accounts
from sdi.setup.cluster import Cluster, program

ACCOUNT = accounts.service_account()
PASSWORD = "sekret/ł@:1"
pytestmark = pytest.mark.skipif(
    not accounts.reachable(Path(sys.executable), ACCOUNT) or not accounts.reachable(ROOT, ACCOUNT),
    reason="the service account cannot run this Python or read this checkout",
)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def foreign(folder: Path) -> Iterator[str]:
    """The address of a database on a server that Brama has no hand in, prepared as the manual says."""
    home, port = folder / "foreign", _free_port()
    home.mkdir()
    who = {}
    if accounts.is_root():
        os.chown(home, ACCOUNT.uid, ACCOUNT.gid)
        who = {"user": ACCOUNT.uid, "group": ACCOUNT.gid}
    word = folder / "word"
    word.write_text(PASSWORD, encoding="utf-8")
    word.chmod(0o644)
    made = [program("initdb"), "-D", home, "-U", "postgres", "-A", "scram-sha-256", "--pwfile", word, "-E", "UTF8"]
    subprocess.run(made, check=True, capture_output=True, cwd="/", **who)
    options = ["-c", f"port={port}", "-c", f"unix_socket_directories={home}", "-c", "fsync=off"]
    with (folder / "foreign.log").open("wb") as log:
        server = subprocess.Popen([program("postgres"), "-D", home, *options], stderr=log, stdout=log, cwd="/", **who)
    admin = {"host": "127.0.0.1", "port": port, "user": "postgres", "password": PASSWORD}
    try:
        _prepare(admin)
        yield f"postgresql://gate:{urllib.parse.quote(PASSWORD, safe='')}@127.0.0.1:{port}/region"
    finally:
        server.terminate()
        server.wait(30)


def _prepare(admin: dict[str, object]) -> None:
    statements = files("sdi.db")
    for _ in range(100):
        try:
            psycopg.connect(**admin, dbname="postgres").close()  # type: ignore[arg-type]
            break
        except psycopg.OperationalError:
            subprocess.run(["sleep", "0.1"], check=True)
    with psycopg.connect(**admin, dbname="postgres", autocommit=True) as connection:  # type: ignore[arg-type]
        connection.execute((statements / "roles.sql").read_bytes())
        connection.execute(psycopg.sql.SQL("CREATE ROLE gate LOGIN PASSWORD {}").format(PASSWORD))
        connection.execute("GRANT brama_owner, brama_app, brama_public TO gate")
        connection.execute("CREATE DATABASE region OWNER brama_owner TEMPLATE template0 ENCODING 'UTF8'")
    with psycopg.connect(**admin, dbname="region") as connection:  # type: ignore[arg-type]
        connection.execute((statements / "database.sql").read_bytes())


def test_the_whole_server_runs_over_a_foreign_database(foreign: str, folder: Path) -> None:
    data, port = folder / "data", _free_port()
    environment = {**os.environ, "BRAMA_DATABASE__URL": foreign}

    def brama(*arguments: str) -> str:
        command = [sys.executable, "-P", "-m", "sdi.cli", *arguments, "--data", str(data)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment, timeout=180
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        return done.stdout

    def get(path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            found: bytes = answer.read()
        return found

    point = {"type": "Feature", "properties": {"nazwa": "Łódź"}, "geometry": {"type": "Point", "coordinates": [21, 52]}}
    (folder / "punkty.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [point]}))
    brama("up", "--empty", "--detach", "--port", str(port))
    try:
        assert not Cluster(data).exists(), "no private cluster is made"
        brama("ingest", str(folder / "punkty.geojson"), "--layer", "punkty", "--theme", "edukacja")
        items = json.loads(get("/ogc/collections/punkty/items?f=json"))
        assert [one["properties"]["nazwa"] for one in items["features"]] == ["Łódź"]
        asked = "/wms?service=WMS&version=1.1.1&request=GetMap&layers=punkty&styles=&srs=EPSG:4326&format=image/png"
        drawn, empty = (get(f"{asked}&bbox={box}&width=64&height=64") for box in ("20,51,22,53", "10,41,12,43"))
        assert drawn.startswith(b"\x89PNG")
        assert len(drawn) > len(empty)
        assert json.loads(brama("status", "--json"))["ready"]
    finally:
        brama("stop")
    with psycopg.connect(foreign) as connection:
        assert connection.execute("SELECT count(*) FROM layers.layer").fetchone() == (1,), "the database goes on"
