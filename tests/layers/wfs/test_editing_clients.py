# SPDX-License-Identifier: EUPL-1.2
"""GDAL's WFS driver adds, changes and deletes features with a token for its password."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from layers.model import ColumnType, GeometryType
from sdi.db.database import Database
from tests.conftest import LayerMaker

pytestmark = [
    pytest.mark.client,
    pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="GDAL's programs are not installed"),
]
COLUMNS = {"name": ColumnType.TEXT, "big": ColumnType.INTEGER, "x": ColumnType.NUMBER, "day": ColumnType.DATE}


@pytest.fixture
def run(
    database: Database, server: str, add_layer: LayerMaker, sign_in: Callable[..., tuple[Any, dict[str, str]]]
) -> Callable[..., str]:
    """Run a program of GDAL as the clerk of Gąbin, over a layer with one point."""
    add_layer(
        "spots", GeometryType.POINT, COLUMNS, [["POINT(550000 500000)", "jeden", 1, 0.5, "2020-01-01"]],
        organisation="gabin",
    )  # fmt: skip
    token = sign_in("clerk", "features:write")[1]["Authorization"].removeprefix("Bearer ")

    def go(*command: str) -> str:
        environment = {**os.environ, "GDAL_HTTP_USERPWD": f"clerk:{token}"}
        done = subprocess.run(
            [part.replace("WFS", f"WFS:{server}/wfs?VERSION=") if part.startswith("WFS") else part for part in command],
            capture_output=True, text=True, timeout=60, check=False, env=environment,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr, done.stderr
        return done.stdout

    return go


@pytest.mark.parametrize("version", ["2.0.0", "1.1.0"])
def test_gdal_adds_changes_and_deletes(
    run: Callable[..., str], database: Database, tmp_path: Path, version: str
) -> None:
    source = tmp_path / "new.csv"
    source.write_text(
        'name,big,x,day,WKT\n"ł & <ó>",9007199254740993,0.25,2026-03-01,POINT(550300 500200)\n'
        "dwa,2,,,POINT(550400 500200)\n"
    )
    (tmp_path / "new.csvt").write_text("String,Integer64,Real,Date,WKT\n")
    run("ogr2ogr", "-append", "-a_srs", "EPSG:2180", f"WFS{version}", str(source), "-nln", "app:spots",
        "-oo", "GEOM_POSSIBLE_NAMES=WKT", "-oo", "KEEP_GEOM_COLUMNS=NO", "-skipfailures")  # fmt: skip
    run(
        "ogrinfo",
        f"WFS{version}",
        "-dialect",
        "SQLITE",
        "-sql",
        "UPDATE \"app:spots\" SET name = 'trzy' WHERE gml_id = 'spots.3'",
    )
    run("ogrinfo", f"WFS{version}", "-sql", "DELETE FROM app:spots WHERE gml_id = 'spots.1'")
    with database.owner.connect() as connection:
        statement = "SELECT fid, name, big, x, day::text, ST_X(geom), ST_Y(geom) FROM data.spots_1 ORDER BY fid"
        assert [tuple(row) for row in connection.execute(text(statement))] == [
            (2, "ł & <ó>", 9007199254740993, 0.25, "2026-03-01", 550_300.0, 500_200.0),
            (3, "trzy", 2, None, None, 550_400.0, 500_200.0),
        ]
