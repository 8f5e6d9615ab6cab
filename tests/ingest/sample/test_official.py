# SPDX-License-Identifier: EUPL-1.2
"""Official boundaries are taken from the state register's export and from files like it; spoilt ones are refused."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from ingest.sample import service
from ingest.sample.definitions import load_definitions
from ingest.sample.official import kinds_of_codes, read_official
from ingest.sample.packages import Packages
from ingest.sample.region import LOCK, Sources, read_sources
from ingest.sample.service import SampleRegion
from sdi.errors import NotFound, Unprocessable

REGION = load_definitions().region


@pytest.fixture(scope="session")
def sources(data_dir: Path, sample: SampleRegion) -> Sources:
    """The lists of the packages."""
    return read_sources(REGION, Packages(LOCK, data_dir / "sample" / "packages"))


@pytest.fixture
def real(shared: Path) -> tuple[Any, list[str]]:
    """Real shapes (EPSG:2180) and their seven-digit codes."""
    path = shared / "admin" / "mazovia_admin_2180.gpkg"
    _, _, wkb, values = pyogrio.raw.read(path, layer="communes", columns=["teryt"])
    return shapely.from_wkb(wkb), list(values[0])


def write(path: Path, shapes: Any, codes: list[str], crs: str = "EPSG:2180", field: str = "JPT_KOD_JE") -> Path:
    names = np.array([f"gmina {code}" for code in codes], dtype=object)
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(shapes),
        field_data=[np.array(codes, dtype=object), names],
        fields=[field, "JPT_NAZWA_"],
        geometry_type="Unknown" if path.suffix != ".shp" else "Polygon",
        crs=crs,
        promote_to_multi=path.suffix != ".shp",
    )
    return path


def read(source: Path, sources: Sources) -> dict[str, Any]:
    return read_official(source, sources.communes, sources.seats, REGION).shapes


def test_the_register_s_zip_of_shapefiles_is_read(
    tmp_path: Path, real: tuple[Any, list[str]], sources: Sources
) -> None:
    shapes, codes = real
    write(tmp_path / "A03_Granice_gmin.shp", [*shapes, shapely.box(0, 0, 1, 1)], [*codes, "0201011"])
    write(tmp_path / "A02_Granice_powiatow.shp", shapes[:42], [code[:4] for code in codes[:42]])
    with zipfile.ZipFile(tmp_path / "prg.zip", "w") as archive:
        for part in tmp_path.glob("A0*"):
            archive.write(part, part.name)
    found = read(tmp_path / "prg.zip", sources)
    assert set(found) == {code[:6] for code in codes}
    assert found["146501"].area == pytest.approx(dict(zip(codes, shapes, strict=True))["1465011"].area, rel=1e-6)


def test_another_crs_is_brought_to_metres(tmp_path: Path, real: tuple[Any, list[str]], sources: Sources) -> None:
    shapes, codes = real
    turn = pyproj.Transformer.from_crs("EPSG:2180", "OGC:CRS84", always_xy=True)
    degrees = shapely.transform(shapes, lambda xy: np.column_stack(turn.transform(xy[:, 0], xy[:, 1])))
    found = read(write(tmp_path / "gminy.geojson", degrees, codes, "OGC:CRS84"), sources)
    assert found[codes[0][:6]].symmetric_difference(shapes[0]).area < 100


def test_files_of_both_axis_orders_and_of_the_newest_codes_are_read(shared: Path, sources: Sources) -> None:
    path = shared / "admin" / "mazovia_admin_4326.gpkg"
    official = read_official(path, sources.communes, sources.seats, REGION)
    assert len(official.shapes) == 314
    kinds = list(kinds_of_codes(official.codes).values())
    assert kinds.count("miejska") == 35
    assert kinds.count("miejsko-wiejska") == 54 + 25, "25 communes have become urban-rural since 2022"


def test_swapped_axes_are_refused(tmp_path: Path, real: tuple[Any, list[str]], sources: Sources) -> None:
    shapes, codes = real
    swapped = shapely.transform(shapes, lambda xy: xy[:, ::-1])
    with pytest.raises(Unprocessable, match="northing and easting"):
        read(write(tmp_path / "swapped.gpkg", swapped, codes), sources)


def test_a_missing_commune_is_named(tmp_path: Path, real: tuple[Any, list[str]], sources: Sources) -> None:
    shapes, codes = real
    warsaw = codes.index("1465011")
    codes[warsaw] = "1499011"
    with pytest.raises(Unprocessable, match="146501 Warszawa"):
        read(write(tmp_path / "some.gpkg", shapes, codes), sources)


def test_a_commune_without_a_shape_is_named(tmp_path: Path, real: tuple[Any, list[str]], sources: Sources) -> None:
    shapes, codes = real
    shapes[5] = None
    with pytest.raises(Unprocessable, match=codes[5]):
        read(write(tmp_path / "empty.gpkg", shapes, codes), sources)


def test_a_file_without_communes_is_refused(shared: Path, sources: Sources) -> None:
    with pytest.raises(Unprocessable, match="no layer of communes"):
        read(shared / "layers" / "warsaw_districts.geojson", sources)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"<gml/>"])
def test_a_spoilt_file_is_refused(tmp_path: Path, content: bytes, sources: Sources) -> None:
    (tmp_path / "spoilt.zip").write_bytes(content)
    with pytest.raises(Unprocessable, match=r"spoilt\.zip"):
        read(tmp_path / "spoilt.zip", sources)


def test_a_file_that_is_not_there_is_told(tmp_path: Path, data_dir: Path, sample: SampleRegion) -> None:
    with pytest.raises(NotFound, match=r"none\.zip"):
        service.official(data_dir, tmp_path / "none.zip", lambda _: None)


def test_the_same_file_again_changes_nothing(data_dir: Path, official: SampleRegion, shared: Path) -> None:
    before = {layer.path: layer.path.stat().st_mtime_ns for layer in official.layers}
    told: list[str] = []
    again = service.official(data_dir, shared / "admin" / "mazovia_admin_2180.gpkg", told.append)
    assert again == official
    assert told == []
    assert {layer.path: layer.path.stat().st_mtime_ns for layer in again.layers} == before


def test_a_refused_file_leaves_the_old_layers(tmp_path: Path, data_dir: Path, official: SampleRegion) -> None:
    (tmp_path / "spoilt.gpkg").write_bytes(b"")
    with pytest.raises(Unprocessable):
        service.official(data_dir, tmp_path / "spoilt.gpkg", lambda _: None)
    assert all(layer.path.is_file() for layer in official.layers)
