# SPDX-License-Identifier: EUPL-1.2
"""What processes compute: counts, areas and coordinates that are known; refusals that say what to mend."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from flask.testing import FlaskClient

import layers.service as layers
from layers.model import ColumnType, GeometryType, Publication
from sdi import crs as crss
from sdi.crs import CRS84, SERVED
from sdi.db.database import Database
from sdi.objects import Objects
from sdi.people.service import organisation_id
from sdi.settings import Settings
from tests.conftest import LayerMaker
from tests.layers.processes.conftest import Execute

pytestmark = pytest.mark.usefixtures("worker", "squares")
PALACE = (21.00604, 52.23182)
IN_2180 = "http://www.opengis.net/def/crs/EPSG/0/2180"
POINT = {"type": "Point", "coordinates": list(PALACE)}


def _shapes(answer: Any) -> dict[str, shapely.Geometry]:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/geo+json"
    return {f["id"]: shapely.geometry.shape(f["geometry"]) for f in answer.json["features"]}


def test_a_buffer_of_a_layer_is_measured_in_metres(execute: Execute) -> None:
    answer = execute("buffer", {"features": {"collection": "squares"}, "distance": 100, "segments": 32, "crs": IN_2180})
    shapes = _shapes(answer)
    assert [f["properties"]["name"] for f in answer.json["features"]] == [f"Kwadrat {n}" for n in range(1, 5)]
    for shape in shapes.values():
        assert shape.area == pytest.approx(1_000**2 + 4 * 1_000 * 100 + 3.1415 * 100**2, rel=1e-4)
        northing, easting = shape.centroid.coords[0]
        assert northing < 490_000 < easting


def test_a_buffer_of_sent_features_is_measured_on_the_ellipsoid(execute: Execute) -> None:
    sent = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "id": "a", "properties": {"x": 1}, "geometry": POINT}],
    }
    answer = execute("buffer", {"features": sent, "distance": 1_000, "segments": 32})
    (shape,) = _shapes(answer).values()
    west, south, east, north = shape.bounds
    assert (north - south) / 2 == pytest.approx(1_000 / 111_270, rel=5e-3)
    assert (east - west) / 2 == pytest.approx(1_000 / (111_320 * 0.6126), rel=5e-3)
    assert (answer.json["features"][0]["id"], answer.json["features"][0]["properties"]) == ("a", {"x": 1})


def test_buffers_dissolve_and_shrink(execute: Execute) -> None:
    inputs = {"features": {"collection": "squares"}, "crs": IN_2180}
    (whole,) = _shapes(execute("buffer", {**inputs, "distance": 1, "dissolve": True})).values()
    assert whole.geom_type == "Polygon"
    assert _shapes(execute("buffer", {**inputs, "distance": -600})) == {}


def test_a_layer_is_chosen_by_box_and_filter(execute: Execute) -> None:
    chosen = {"collection": "squares", "filter": "people > 10"}
    assert list(_shapes(execute("transform-features", {"features": chosen, "target": "EPSG:2180"}))) == ["2", "3"]
    box = [20.89, 52.17, 20.905, 52.18]
    found = _shapes(
        execute("transform-features", {"features": {"collection": "squares", "bbox": box}, "target": "CRS:84"})
    )
    assert 1 <= len(found) < 4


def test_clipping_keeps_what_is_inside(execute: Execute, add_layer: LayerMaker, client: FlaskClient) -> None:
    lines = [["LINESTRING(629000 480500,640000 480500)", "through"], ["LINESTRING(600000 1,600001 1)", "far"]]
    add_layer("roads", GeometryType.LINESTRING, {"n": ColumnType.TEXT}, lines)
    client.application.extensions["layers"].invalidate()
    mask = {"collection": "squares", "filter": "people <= 20"}
    (road,) = _shapes(execute("clip", {"features": {"collection": "roads"}, "mask": mask, "crs": IN_2180})).values()
    assert road.length == pytest.approx(2_000, abs=0.01)


def test_statistics_by_zone(execute: Execute, add_layer: LayerMaker, client: FlaskClient) -> None:
    add_layer("communes", GeometryType.POLYGON, {"name": ColumnType.TEXT}, [
        ["POLYGON((629000 479000,631000 479000,631000 482500,629000 482500,629000 479000))", "zachód"],
        ["POLYGON((700000 500000,701000 500000,701000 501000,700000 501000,700000 500000))", "puste"],
    ])  # fmt: skip
    client.application.extensions["layers"].invalidate()
    answer = execute(
        "zone-statistics", {"features": {"collection": "squares"}, "attribute": "people", "geometry": False}
    )
    told = [feature["properties"] for feature in (answer.json or {})["features"]]
    # The others touch the zone along their sides: they meet it, and nothing of them is inside.
    assert told[0]["name"] == "zachód"
    assert told[0]["area_m2"] == pytest.approx(2_000_000)
    assert (told[0]["count"], told[0]["sum"]) == (4, 60)
    assert told[1] == {"name": "puste", "count": 0, "area_m2": 0, "length_m": 0, "sum": None}
    assert answer.json["features"][0]["geometry"] is None


def test_the_known_point_is_transformed_in_the_axis_order_of_both_systems(execute: Execute) -> None:
    def moved(source: str, target: str, position: list[float]) -> list[float]:
        answer = execute("transform-coordinates", {"coordinates": [position], "source": source, "target": target})
        assert answer.status_code == 200, answer.text
        return list(answer.json[0])

    northing, easting = moved("CRS:84", "EPSG:2180", [21.00604, 52.23182])
    assert (northing, easting) == pytest.approx((486_981.2, 636_955.1), abs=0.1)
    assert moved("EPSG:4326", "EPSG:2180", [52.23182, 21.00604]) == [northing, easting]
    assert moved("EPSG:2180", "EPSG:4326", [northing, easting]) == pytest.approx([52.23182, 21.00604], abs=1e-7)
    radius = 6_378_137
    x, y = radius * math.radians(21.00604), radius * math.asinh(math.tan(math.radians(52.23182)))
    assert moved("EPSG:4326", "EPSG:3857", [52.23182, 21.00604]) == pytest.approx([x, y], abs=0.001)


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_positions_come_back_from_every_system(execute: Execute, crs: Any) -> None:
    there = execute("transform-coordinates", {"coordinates": [PALACE], "target": crs.uri}).json
    back = execute("transform-coordinates", {"coordinates": there, "source": crs.uri, "target": "CRS:84"}).json
    assert back[0] == pytest.approx(PALACE, abs=1e-7)


def test_sent_features_may_be_in_another_system(execute: Execute) -> None:
    sent = {"type": "Point", "coordinates": [486_981.243, 636_955.15]}
    answer = execute("transform-features", {"features": sent, "source": "EPSG:2180", "target": "CRS:84"})
    (point,) = _shapes(answer).values()
    assert (point.x, point.y) == pytest.approx(PALACE, abs=1e-6)


def test_places_are_found_by_name(execute: Execute) -> None:
    answer = execute("geocode", {"q": "KWADRAT 3"})
    (found,) = answer.json["features"]
    assert (found["properties"]["label"], found["properties"]["layer"]) == ("Kwadrat 3", "squares")
    assert execute("geocode", {"q": "nigdzie"}).json["features"] == []


@pytest.mark.parametrize(
    ("process", "inputs", "named"),
    [
        ("buffer", {"distance": 1}, "features"),
        ("buffer", {"features": POINT}, "distance"),
        ("buffer", {"features": POINT, "distance": "far"}, "distance"),
        ("buffer", {"features": POINT, "distance": 1e9}, "distance"),
        ("buffer", {"features": POINT, "distance": 1, "segments": 1000}, "segments"),
        ("buffer", {"features": POINT, "distance": 1, "colour": "red"}, "colour"),
        ("buffer", {"features": {"type": "Point", "coordinates": ["a"]}, "distance": 1}, "features"),
        ("buffer", {"features": {"type": "Blob"}, "distance": 1}, "features"),
        ("buffer", {"features": {"type": "FeatureCollection", "features": []}, "distance": 1}, "features"),
        ("buffer", {"features": {"collection": "'; DROP TABLE x"}, "distance": 1}, "features"),
        ("buffer", {"features": 5, "distance": 1}, "features"),
        ("buffer", {"features": POINT, "distance": 1, "crs": "EPSG:1"}, "inputs"),
        ("transform-coordinates", {"coordinates": [[1, 2, 3]], "target": "CRS:84"}, "coordinates"),
        ("transform-coordinates", {"coordinates": [[0, 0]] * 10_001, "target": "CRS:84"}, "coordinates"),
        ("geocode", {"q": ""}, "q"),
    ],
)
def test_inputs_are_validated(execute: Execute, process: str, inputs: Any, named: str) -> None:
    answer = execute(process, inputs)
    assert answer.status_code == 400, answer.text
    assert answer.json["parameter"] == named


FOREIGN = (
    "http://example.com/data.geojson", "file:///etc/passwd", "http://127.0.0.1:5432/ogc/collections/squares/items",
    "http://127.0.0.1:8080/ogc/collections/squares/../../x", "//127.0.0.1:8080/ogc/collections/squares/items",
)  # fmt: skip


@pytest.mark.parametrize("href", FOREIGN)
def test_no_foreign_address_is_fetched(execute: Execute, href: str) -> None:
    answer = execute("buffer", {"features": {"href": href}, "distance": 1})
    assert answer.status_code == 400
    assert "fetches nothing" in answer.json["detail"]


def test_an_address_of_this_server_means_its_collection(execute: Execute) -> None:
    href = "http://127.0.0.1:8080/ogc/collections/squares/items?f=json&filter=people%3D10"
    assert list(
        _shapes(execute("buffer", {"features": {"href": href, "type": "application/geo+json"}, "distance": 1}))
    ) == ["1"]


def test_what_cannot_be_computed_is_refused_with_a_reason(execute: Execute) -> None:
    far = execute("transform-coordinates", {"coordinates": [[1e8, 1e8]], "source": "EPSG:2180", "target": "CRS:84"})
    assert far.status_code == 400, far.text
    unknown = execute("buffer", {"features": {"collection": "squares", "filter": "nothing = 1"}, "distance": 1})
    assert unknown.status_code == 400
    assert "nothing" in json.dumps(unknown.json)
    assert execute("buffer", {"features": {"collection": "none_such"}, "distance": 1}).status_code == 404
    assert execute("reproject-raster", {"collection": "squares", "target": "CRS:84"}).status_code == 400


def test_a_raster_is_reprojected(
    execute: Execute, client: FlaskClient, database: Database, settings: Settings, tmp_path: Path
) -> None:
    values = np.tile(np.linspace(1, 100, 100, dtype="float32"), (100, 1))
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": 1, "dtype": "float32", "nodata": -9999}
    grid = {"crs": "EPSG:2180", "transform": Affine(10, 0, 630_000, 0, -10, 481_000)}
    with rasterio.open(tmp_path / "relief.tif", "w", **profile, **grid) as made:
        made.write(values, 1)
    box = crss.Box(630_000, 480_000, 631_000, 481_000, crss.by_srid(2180).xy)
    bands = [{"type": "float32", "nodata": -9999, "min": 1.0, "max": 100.0}]
    with database.owner.begin() as connection:
        layers.publish(connection, Publication(
            id="relief", organisation_id=organisation_id(connection, "mazowieckie"), kind="raster", srid=2180,
            geometry_type=GeometryType.RASTER, extent=tuple(box.bounds), bbox=tuple(box.to(CRS84).bounds), version=1,
            object_key=Objects(settings).put(tmp_path / "relief.tif", ".tif"), title={"pl": "Rzeźba"}, theme="rzezba",
            raster={"width": 100, "height": 100, "bands": bands},
        ))  # fmt: skip
    client.application.extensions["layers"].invalidate()
    answer = execute("reproject-raster", {"collection": "relief", "target": "EPSG:3857"})
    assert answer.content_type == "image/tiff; application=geotiff"
    with rasterio.MemoryFile(answer.data) as memory, memory.open() as made:
        assert (made.crs.to_epsg(), made.count) == (3857, 1)
        place = crss.transform_point(630_505, 480_505, crss.by_srid(2180), crss.by_srid(3857))
        # The middle of the fifty-first column, which holds 51.
        assert next(made.sample([place]))[0] == pytest.approx(51, abs=1)
    part = {"collection": "relief", "target": "EPSG:2180", "bbox": {"bbox": [480_200, 630_200, 480_400, 630_400],
                                                                  "crs": "EPSG:2180"}}  # fmt: skip
    with rasterio.MemoryFile(execute("reproject-raster", part).data) as memory, memory.open() as made:
        assert tuple(made.bounds) == (630_200, 480_200, 630_400, 480_400)
