# SPDX-License-Identifier: EUPL-1.2
"""Rasters among the data sets of the download service: their own file, whole or in ranges."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from flask.testing import FlaskClient
from lxml import etree

from layers import service as layers
from layers.model import GeometryType, Publication
from sdi.db.database import Database
from sdi.objects import Objects
from sdi.people.service import organisation_id
from sdi.settings import Settings
from tests.layers.atom.test_atom import HERE, NS

FILE = "/atom/files/relief.tif"


@pytest.fixture
def publish(database: Database, settings: Settings, tmp_path: Path) -> Callable[..., bytes]:
    """Publishes a raster of 64 cells of 100 m a side in EPSG:2180; gives its file."""

    def make(layer_id: str = "relief", **more: Any) -> bytes:
        path = tmp_path / f"{layer_id}.tif"
        place = rasterio.Affine(100, 0, 630_000, 0, -100, 490_000)
        with rasterio.open(path, "w", driver="GTiff", width=64, height=64, count=1, dtype="int16", crs="EPSG:2180",
                           transform=place) as target:  # fmt: skip
            target.write(np.arange(4096, dtype="int16").reshape(1, 64, 64))
        content = path.read_bytes()
        band = {"type": "int16", "nodata": None, "min": 0, "max": 4095, "quantiles": [80, 1024, 2048, 3072, 4000]}
        told = {"id": layer_id, "kind": "raster", "srid": 2180, "geometry_type": GeometryType.RASTER,
                "extent": (630_000.0, 483_600.0, 636_400.0, 490_000.0), "bbox": (20.89, 52.2, 20.99, 52.26),
                "version": 1, "object_key": Objects(settings).put(path, ".tif"), "title": {"pl": "Rzeźba terenu"},
                "theme": "elevation", "raster": {"width": 64, "height": 64, "bands": [band]}}  # fmt: skip
        with database.owner.begin() as connection:
            own = organisation_id(connection, "mazowieckie")
            layers.publish(connection, Publication(organisation_id=own, **{**told, **more}))
        return content

    return make


def test_a_raster_is_a_data_set_with_its_own_file(client: FlaskClient, publish: Callable[..., bytes]) -> None:
    """Requirements 13 and 24 to 33, of a raster: an entry in the service's feed, a feed with one file."""
    content = publish()
    entry = etree.fromstring(client.get("/atom").data).find("a:entry", NS)
    assert entry.findtext("d:spatial_dataset_identifier_code", "", NS) == "relief"
    (file,) = etree.fromstring(client.get("/atom/datasets/relief").data).findall("a:entry", NS)
    (link,) = file.findall("a:link", NS)
    assert (link.get("href"), link.get("type")) == (f"{HERE}{FILE}", "image/tiff")
    assert [found.get("term") for found in file.findall("a:category", NS)] == [
        "http://www.opengis.net/def/crs/EPSG/0/2180"
    ]
    answer = client.get(FILE, buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "image/tiff")
    assert hashlib.sha256(answer.data).digest() == hashlib.sha256(content).digest()
    assert client.get("/atom/get?spatial_dataset_identifier_code=relief", buffered=True).data == content


def test_a_file_is_sent_in_ranges_and_not_twice(client: FlaskClient, publish: Callable[..., bytes]) -> None:
    """RFC 9110, 13 and 14: what GDAL asks of a file that it reads from afar."""
    content = publish()
    part = client.get(FILE, buffered=True, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, content[100:200])
    etag = part.headers["ETag"]
    assert client.get(FILE, buffered=True, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(FILE, buffered=True, headers={"Range": "bytes=99999999-"}).status_code == 416


@pytest.mark.parametrize(
    ("address", "status"),
    [("/atom/files/none.tif", 404), ("/atom/files/..%2Frelief.tif", 404), ("/atom/files/relief.zip", 404),
     ("/atom/get?spatial_dataset_identifier_code=relief&format=gpkg", 400),
     ("/atom/get?spatial_dataset_identifier_code=relief&crs=EPSG:3857", 400)],
)  # fmt: skip
def test_what_is_not_offered_of_a_raster_is_refused(
    client: FlaskClient, publish: Callable[..., bytes], address: str, status: int
) -> None:
    publish()
    assert client.get(address).status_code == status


def test_files_of_hidden_rasters_are_for_their_organisation(
    client: FlaskClient, publish: Callable[..., bytes], sign_in: Callable[..., tuple[Any, dict[str, str]]]
) -> None:
    content = publish(visibility="organisation")
    assert client.get(FILE, buffered=True).status_code == 404
    assert client.get(FILE, buffered=True, headers=sign_in("stranger")[1]).status_code == 404
    answer = client.get(FILE, buffered=True, headers=sign_in("admin")[1])
    assert (answer.data, answer.headers["Cache-Control"]) == (content, "private, no-cache")


def test_pages_show_rasters(client: FlaskClient, publish: Callable[..., bytes]) -> None:
    publish()
    assert "Rzeźba terenu" in client.get("/atom?f=html&lang=pl").text
    page = client.get("/atom/datasets/relief?f=html&lang=pl").text
    assert "64 × 64" in page
    assert FILE in page
