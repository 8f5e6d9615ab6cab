# SPDX-License-Identifier: EUPL-1.2
"""Names and axis order of every served CRS agree with PROJ; boxes and points land where they should."""

import contextlib
import math

import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from sdi.crs import CRS84, SERVED, WORLD, Box, Crs, by_srid, make_box, parse, parse_bbox, transform_point
from sdi.errors import InvalidParameter

PALACE = (21.00604, 52.23182)


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_facts_agree_with_proj(crs: Crs) -> None:
    truth = pyproj.CRS.from_user_input("OGC:CRS84" if crs is CRS84 else crs.srid)
    assert crs.northing_first == (truth.axis_info[0].direction == "north")
    assert crs.is_geographic == truth.is_geographic
    assert {axis.unit_name for axis in truth.axis_info} == ({"degree"} if crs.is_geographic else {"metre"})
    assert truth.area_of_use is not None
    assert tuple(crs.area) == pytest.approx(truth.area_of_use.bounds)


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_every_name_it_writes_is_read_back(crs: Crs) -> None:
    for name in (crs.uri, crs.urn, crs.name, crs.curie, crs.uri.replace("http:", "https:"), f" {crs.name.lower()} "):
        assert parse(name) is crs


@pytest.mark.parametrize(
    ("text", "srid"),
    [
        ("epsg:2180", 2180),
        ("EPSG::2180", 2180),
        ("urn:ogc:def:crs:EPSG::2180", 2180),
        ("urn:ogc:def:crs:EPSG:9.8:2180", 2180),
        ("urn:x-ogc:def:crs:EPSG:6.9:2180", 2180),
        ("https://www.opengis.net/def/crs/EPSG/9.9.1/2180", 2180),
        ("http://www.opengis.net/gml/srs/epsg.xml#2180", 2180),
        ("[EPSG:2180]", 2180),
        ("EPSG:900913", 3857),
    ],
)
def test_forms_clients_send(text: str, srid: int) -> None:
    assert parse(text).srid == srid
    assert parse(text).authority == "EPSG"


@pytest.mark.parametrize(
    "text", ["CRS:84", "OGC:CRS84", "[OGC:CRS84]", "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84"]
)
def test_crs84_by_every_name(text: str) -> None:
    assert parse(text) is CRS84


@pytest.mark.parametrize(
    "text", ["", "EPSG", "EPSG:", "EPSG:1", "2180", "EPSG:२१८०", "EPSG:2180;DROP", "[EPSG:2180", "EPSG:" + "9" * 5000]
)
def test_unknown_name_lists_what_is_served(text: str) -> None:
    with pytest.raises(InvalidParameter, match="EPSG:2180") as caught:
        parse(text, locator="crs")
    assert caught.value.locator == "crs"
    assert len(caught.value.message) < 400


@given(st.text(max_size=60))
def test_any_text_is_a_served_crs_or_a_refusal(text: str) -> None:
    with contextlib.suppress(InvalidParameter):
        assert parse(text) in SERVED


def test_known_point_in_every_served_crs() -> None:
    for crs in SERVED:
        there = transform_point(*PALACE, CRS84, crs)
        truth = pyproj.Transformer.from_crs(4326, crs.srid, always_xy=True).transform(*PALACE)
        assert there == pytest.approx(truth)
        assert transform_point(*there, crs, CRS84) == pytest.approx(PALACE, abs=1e-8)
    assert transform_point(*PALACE, CRS84, by_srid(2180)) == pytest.approx((636955.15, 486981.24), abs=0.01)


def test_point_without_image_is_refused() -> None:
    with pytest.raises(InvalidParameter):
        transform_point(1e30, 5, CRS84, by_srid(2180))


def test_box_follows_the_axis_order_of_its_crs() -> None:
    assert parse_bbox("486000,636000,487000,637000", by_srid(2180)).bounds == (636000, 486000, 637000, 487000)
    assert parse_bbox("636000,486000,637000,487000", by_srid(2180).xy).bounds == (636000, 486000, 637000, 487000)
    assert parse_bbox("20,52,21,53", CRS84).bounds == (20, 52, 21, 53)
    assert parse_bbox("52,20,53,21", by_srid(4326)).bounds == (20, 52, 21, 53)
    assert parse_bbox(" 20, 52 ,-5,21,53,100", CRS84).bounds == (20, 52, 21, 53)


@pytest.mark.parametrize(
    "text",
    [
        "empty",
        "1,2,3",
        "1,2,3,4,5",
        "1,2,3,4,5,6,7",
        "a,b,c,d",
        "nan,1,2,3",
        "1,inf,2,3",
        "1e999,1,2,3",
        "1_0,1,20,3",
        "1,5,2,3",
        "1,1,9,2,2,3",
        "٣,1,4,5",
        "0x1,1,2,3",
        "1,2,,3",
        "1;2;3;4",
        "200,1,100,2",
    ],
)
def test_bad_boxes_are_refused(text: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_bbox(text, CRS84)
    assert caught.value.locator == "bbox"


def test_antimeridian_only_for_geographic_boxes() -> None:
    box = parse_bbox("170,-10,-170,10", CRS84)
    assert [part.bounds for part in box.parts] == [(170, -10, 180, 10), (-180, -10, -170, 10)]
    assert box.geometry(CRS84).area == pytest.approx(400)
    with pytest.raises(InvalidParameter, match="northing first"):
        parse_bbox("0,2,1,1", by_srid(2180))


def test_box_round_its_own_points_in_every_crs() -> None:
    lonlat = Box(20.9, 52.1, 21.2, 52.4, CRS84)
    for crs in SERVED:
        there = lonlat.to(crs)
        x, y = transform_point(*PALACE, CRS84, crs)
        assert there.minx < x < there.maxx
        assert there.miny < y < there.maxy
        assert there.crs is crs
        back = there.to(CRS84)
        assert back.minx <= lonlat.minx + 1e-9
        assert back.miny <= lonlat.miny + 1e-9
        assert back.maxx >= lonlat.maxx - 1e-9
        assert back.maxy >= lonlat.maxy - 1e-9


def test_edges_are_densified() -> None:
    box = Box(14.0, 52.0, 24.0, 52.1, CRS84)
    middle = transform_point(19.0, 52.0, CRS84, by_srid(2180))
    assert box.to(by_srid(2180)).miny <= middle[1] + 0.01
    corner = transform_point(14.0, 52.0, CRS84, by_srid(2180))
    assert corner[1] > middle[1] + 10_000
    assert box.geometry(by_srid(2180)).distance(Point(middle)) < 200


@pytest.mark.parametrize("crs", SERVED, ids=lambda crs: crs.name)
def test_world_box_covers_the_area_of_use_of_every_crs(crs: Crs) -> None:
    for world in (
        Box(-180, -90, 180, 90, CRS84),
        Box(-4e7, -4e7, 4e7, 4e7, by_srid(3857)),
        Box(170, -90, 160, 90, CRS84),
    ):
        found = world.to(crs)
        for lon, lat in ((crs.area.minx, crs.area.miny), (crs.area.maxx, crs.area.maxy), PALACE):
            x, y = transform_point(lon, lat, CRS84, crs)
            if crs.domain is not WORLD:
                assert found.minx - 1 <= x <= found.maxx + 1
                assert found.miny - 1 <= y <= found.maxy + 1
        assert world.geometry(crs).is_valid


def test_far_box_has_no_area() -> None:
    brazil = Box(-60, -20, -50, -10, CRS84).to(by_srid(2180))
    assert Box(-60, -20, -50, -10, CRS84).geometry(by_srid(2180)).area == 0
    assert brazil.minx == brazil.maxx or brazil.miny == brazil.maxy or brazil.maxx < 0


@given(st.lists(st.floats(), min_size=0, max_size=7), st.sampled_from(SERVED), st.sampled_from(SERVED))
def test_any_numbers_make_a_finite_box_or_a_refusal(numbers: list[float], source: Crs, target: Crs) -> None:
    try:
        box = make_box(numbers, source)
        moved = box.to(target)
        outline = box.geometry(target)
    except InvalidParameter:
        return
    assert all(map(math.isfinite, moved.bounds))
    assert moved.srid == target.srid
    assert all(map(math.isfinite, outline.bounds))


@pytest.mark.parametrize("target", SERVED, ids=lambda crs: crs.name)
def test_a_box_without_area_is_the_point_or_line_that_it_is(target: Crs) -> None:
    point = parse_bbox("21.00604,52.23182,21.00604,52.23182", CRS84).geometry(target)
    assert (point.geom_type, point.is_empty) == ("Point", False)
    assert parse_bbox("21,52.23182,21.5,52.23182", CRS84).geometry(target).geom_type == "LineString"
