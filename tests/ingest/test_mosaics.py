# SPDX-License-Identifier: EUPL-1.2
"""Several rasters as one layer: laid beside and over each other, appended to, refused when they do not fit."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from layers.service import layer_as_owner
from sdi.db.database import Database
from sdi.errors import BramaError
from sdi.objects import Objects
from sdi.settings import Settings

from .conftest import Loader

WEST, NORTH = 630_000.0, 490_000.0


def _raster(path: Path, value: int, column: int = 0, **changes: Any) -> Path:
    """10 x 10 cells of 100 m, `column` kilometres east of the corner; the last row holds no data."""
    profile = {
        "driver": "GTiff", "width": 10, "height": 10, "count": 1, "dtype": "int16", "crs": "EPSG:2180", "nodata": -1,
        "transform": rasterio.Affine(100, 0, WEST + column * 1000, 0, -100, NORTH),
    } | changes  # fmt: skip
    values = np.full((profile["count"], 10, 10), value, dtype=profile["dtype"])
    values[:, 9:, :] = -1
    with rasterio.open(path, "w", **profile) as target:
        target.write(values)
    return path


@pytest.fixture
def published(database: Database, settings: Settings) -> Any:
    """The published raster: bounds and the values of its first band."""

    def look() -> tuple[tuple[float, ...], np.ndarray]:
        with database.owner.connect() as connection:
            layer = layer_as_owner(connection, "ortho")
        assert layer is not None
        with rasterio.open(Objects(settings).path(layer.object_key or "")) as source:
            assert tuple(source.bounds) == layer.extent
            return tuple(source.bounds), source.read(1)

    return look


def test_a_folder_of_rasters_is_one_layer_when_it_is_given_one_id(
    tmp_path: Path, load_file: Loader, published: Any
) -> None:
    (tmp_path / "sheets").mkdir()
    for column in range(3):
        _raster(tmp_path / "sheets" / f"sheet{column}.tif", column + 1, column)
    report = load_file(tmp_path / "sheets", layer="ortho")
    assert report.error is None
    bounds, values = published()
    assert bounds == (WEST, NORTH - 1000, WEST + 3000, NORTH)
    assert [int(values[4, 10 * column + 5]) for column in range(3)] == [1, 2, 3]


def test_an_archive_of_rasters_is_one_layer_too_the_last_name_on_top(
    tmp_path: Path, load_file: Loader, published: Any
) -> None:
    with zipfile.ZipFile(tmp_path / "sheets.zip", "w") as archive:
        for name, value in (("a.tif", 1), ("b.tif", 2)):
            archive.write(_raster(tmp_path / name, value), name)
    assert load_file(tmp_path / "sheets.zip", layer="ortho").error is None
    _, values = published()
    assert values[4, 4] == 2
    assert values[9, 4] == -1, "where both hold no data there is none"


def test_a_raster_is_appended_over_what_the_layer_has(tmp_path: Path, load_file: Loader, published: Any) -> None:
    load_file(_raster(tmp_path / "one.tif", 1), layer="ortho")
    report = load_file(_raster(tmp_path / "two.tif", 7, 1), layer="ortho", update="append")
    assert report.version == 2
    bounds, values = published()
    assert bounds == (WEST, NORTH - 1000, WEST + 2000, NORTH)
    assert (values[4, 5], values[4, 15]) == (1, 7)


@pytest.mark.parametrize(
    "changes",
    [
        {"crs": "EPSG:2178", "transform": rasterio.Affine(100, 0, 7_500_000, 0, -100, 5_800_000)},
        {"count": 2},
        {"dtype": "float32"},
    ],
)
def test_rasters_that_do_not_fit_each_other_are_refused(
    tmp_path: Path, load_file: Loader, changes: dict[str, Any]
) -> None:
    (tmp_path / "sheets").mkdir()
    _raster(tmp_path / "sheets" / "a.tif", 1)
    _raster(tmp_path / "sheets" / "b.tif", 1, **changes)
    with pytest.raises(BramaError, match="other bands, types or another CRS"):
        load_file(tmp_path / "sheets", layer="ortho")


def test_rasters_far_apart_are_refused_before_they_are_merged(tmp_path: Path, load_file: Loader) -> None:
    (tmp_path / "sheets").mkdir()
    fine = rasterio.Affine(0.01, 0, WEST, 0, -0.01, NORTH)
    _raster(tmp_path / "sheets" / "a.tif", 1, transform=fine)
    _raster(tmp_path / "sheets" / "b.tif", 1, 50)
    with pytest.raises(BramaError, match="mosaic would have"):
        load_file(tmp_path / "sheets", layer="ortho")


def test_nothing_to_append_to_is_said(tmp_path: Path, load_file: Loader) -> None:
    with pytest.raises(BramaError, match="load it first"):
        load_file(_raster(tmp_path / "one.tif", 1), layer="ortho", update="append")
