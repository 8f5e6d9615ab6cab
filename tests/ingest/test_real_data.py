# SPDX-License-Identifier: EUPL-1.2
"""The real layers of the region load whole, and a known point falls in the right commune."""

from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from ingest.jobs import tasks
from ingest.model import LoadReport, LoadRequest
from ingest.service import LoadRefused, load
from layers.service import layer_as_owner
from sdi.db.database import Database
from sdi.jobs.model import JobContext
from sdi.objects import Objects
from sdi.settings import Settings

PALACE = "ST_Transform(ST_SetSRID(ST_MakePoint(21.00604, 52.23182), 4326), {srid})"


def _load(database: Database, settings: Settings, source: Path, **options: object) -> LoadReport:
    return load(database, settings, LoadRequest(str(source), **options), lambda _fraction, _message: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("file", ["mazovia_admin_2180.gpkg", "mazovia_admin_4326.gpkg"])
def test_boundaries_load_with_all_units_and_the_palace_lies_in_warsaw(
    database: Database, settings: Settings, shared: Path, file: str
) -> None:
    report = _load(database, settings, shared / "admin" / file, theme="granice")
    assert {layer.layer: layer.features for layer in report.layers} == {
        "communes": 314, "counties": 42, "nuts3_subregions": 9, "nuts2_regions": 2, "voivodeship": 1,
    }  # fmt: skip
    with database.owner.connect() as connection:
        layer = layer_as_owner(connection, "communes")
        assert layer is not None
        assert (layer.srid, layer.key_column, layer.label_column) == (2180, "teryt", "name")
        point = PALACE.format(srid=layer.srid)
        found = (
            connection.execute(text(f"SELECT name FROM {layer.table} WHERE ST_Intersects(geom, {point})"))
            .scalars()
            .all()
        )
        assert found == ["Warszawa"]


@pytest.mark.parametrize(
    ("file", "options", "read", "loaded"),
    [
        ("mazovia_primary_schools.csv", {}, 1720, 1708),
        ("warsaw_ztm_stops_2021.csv", {}, 7864, 7864),
        ("warsaw_districts.geojson", {}, 18, 18),
        ("mazovia_rivers_wdbii_2180_shp.zip", {}, 32, 29),
        ("mazovia_places_geonames.csv", {}, 413, 413),
        ("mazovia_places_geonames.kml", {}, 232, 232),
    ],
)
def test_layers_load_with_the_counts_of_their_sources(  # noqa: PLR0917 - fixtures
    database: Database, settings: Settings, shared: Path, file: str, options: dict[str, str], read: int, loaded: int
) -> None:
    (layer,) = _load(database, settings, shared / "layers" / file, **options).layers
    assert (layer.error, layer.read, layer.loaded, layer.features) == (None, read, loaded, loaded)
    assert layer.refused == read - loaded == len(layer.refusals)


def test_planning_act_with_swapped_and_unclosed_coordinates_is_refused_row_by_row(
    database: Database, settings: Settings, shared: Path
) -> None:
    with pytest.raises(LoadRefused, match="All rows were refused") as refused:
        _load(database, settings, shared / "layers" / "PL_mazovia_pzpw_app_1.0.gml")
    (layer,) = refused.value.report.layers
    assert layer.refusals[0].reason == "a ring of the polygon is not closed"
    with database.owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM layers.layer")).scalar() == 0


def _nobody(database: Database, settings: Settings) -> JobContext:
    return JobContext(UUID(int=0), settings, database, lambda _fraction, _message: None, None, None)


def test_raster_becomes_a_cloud_optimized_object_with_statistics(
    database: Database, settings: Settings, shared: Path
) -> None:
    report = _load(database, settings, shared / "raster" / "rmnp-dem.tif", theme="rzezba")
    with database.owner.connect() as connection:
        layer = layer_as_owner(connection, report.layers[0].layer)
    assert layer is not None
    assert layer.raster is not None
    assert (layer.kind, layer.srid, layer.raster["bands"][0]["type"]) == ("raster", 4326, "uint16")
    assert (layer.raster["bands"][0]["min"], layer.raster["bands"][0]["max"]) == (2281, 4261)
    assert tasks[1].run(_nobody(database, settings), {}) == {"uploads": 0, "objects": []}
    assert Objects(settings).path(layer.object_key or "").stat().st_size > 10_000
