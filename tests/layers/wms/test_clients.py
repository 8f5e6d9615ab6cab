# SPDX-License-Identifier: EUPL-1.2
"""Clients that are not ours: OWSLib and GDAL read both versions and find the known point."""

import io
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.warp
from owslib.wms import WebMapService
from PIL import Image
from rasterio.enums import Resampling

from layers.model import Layer

pytestmark = pytest.mark.client
PALACE = (21.00604, 52.23182)


@pytest.mark.parametrize("version", ["1.1.1", "1.3.0"])
@pytest.mark.usefixtures("drawing", "halves")
def test_owslib_lists_draws_and_asks(server: str, version: str) -> None:
    service = WebMapService(f"{server}/wms", version=version)
    layer = service["halves"]
    assert layer.queryable == 1
    assert layer.parent.name == "theme:granice"
    assert layer.timepositions[0].startswith("2001-01-01/")
    assert layer.metadataUrls[0]["url"] == f"{server}/catalogue/halves?f=iso"
    assert layer.dataUrls[0]["url"] == f"{server}/ogc/collections/halves/items?f=json"
    # OWSLib takes the box in x, y order and turns it for 1.3.0 as the authority orders the axes.
    box = (636000.0, 485700.0, 638000.0, 487700.0)
    query = {"layers": ["halves"], "srs": "EPSG:2180", "bbox": box, "size": (50, 50), "format": "image/png"}
    picture = Image.open(io.BytesIO(service.getmap(**query, transparent=True, time="2002").read())).convert("RGBA")
    assert picture.getpixel((25, 25))[3] > 0
    empty = Image.open(io.BytesIO(service.getmap(**query, transparent=True, time="2006").read())).convert("RGBA")
    assert empty.getchannel("A").getextrema() == (0, 0)
    found = service.getfeatureinfo(**query, query_layers=["halves"], info_format="text/plain", xy=(25, 25))
    assert "people = 10" in found.read().decode()


@pytest.mark.parametrize(
    ("version", "system", "box"),
    [
        ("1.1.1", "EPSG:2180", (630000, 480000, 640000, 490000)),
        ("1.3.0", "EPSG:2180", (630000, 480000, 640000, 490000)),
        ("1.3.0", "EPSG:4326", (20.9, 52.2, 21.1, 52.27)),
        ("1.1.1", "EPSG:3857", (2320000, 6824000, 2350000, 6853000)),
    ],
)
@pytest.mark.usefixtures("drawing", "halves")
def test_gdal_reads_the_right_place(
    server: str, tmp_path: Path, version: str, system: str, box: tuple[float, ...]
) -> None:
    west, south, east, north = box
    # GDAL sends the box as it is told: BBoxOrder says that 1.3.0 has the northing first.
    turned = version == "1.3.0"
    description = tmp_path / "service.xml"
    description.write_text(f"""<GDAL_WMS><Service name="WMS"><Version>{version}</Version>
      <ServerUrl>{server}/wms?</ServerUrl>
      <{"CRS" if turned else "SRS"}>{system}</{"CRS" if turned else "SRS"}><Layers>halves</Layers><Styles></Styles>
      <ImageFormat>image/png</ImageFormat><Transparent>TRUE</Transparent>
      <BBoxOrder>{"yxYX" if turned else "xyXY"}</BBoxOrder></Service>
      <DataWindow><UpperLeftX>{west}</UpperLeftX><UpperLeftY>{north}</UpperLeftY><LowerRightX>{east}</LowerRightX>
      <LowerRightY>{south}</LowerRightY><SizeX>200</SizeX><SizeY>200</SizeY></DataWindow>
      <BandsCount>4</BandsCount><BlockSizeX>100</BlockSizeX><BlockSizeY>100</BlockSizeY></GDAL_WMS>""")
    with rasterio.open(description) as source:
        alpha = source.read(4, resampling=Resampling.nearest)
        x, y = rasterio.warp.transform("EPSG:4326", system, [PALACE[0]], [PALACE[1]])
        row, column = source.index(x[0], y[0])
    assert alpha[row, column] > 0
    inside = np.argwhere(alpha > 0)
    if system == "EPSG:2180":
        assert (inside.min(), inside.max()) == (0, 199)
    else:
        assert 0 < inside[:, 0].min() < 100


def test_the_layers_of_the_fixture_hold_the_known_point(halves: Layer) -> None:
    west, south, east, north = halves.bbox
    assert west < PALACE[0] < east
    assert south < PALACE[1] < north
