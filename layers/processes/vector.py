# SPDX-License-Identifier: EUPL-1.2
"""Processes over features and positions: one SQL statement each."""

import json

from layers.processes import inputs
from layers.processes.model import Run
from layers.processes.sources import Source, check, feature, reading, source, write
from layers.search.service import find_places
from sdi import crs as crss


def buffer(run: Run, asked: inputs.BufferInputs) -> None:
    """Everything within a distance of the features, each by itself or all as one shape."""
    given, crs = source(run, "features", asked.features), crss.parse(asked.crs)
    style = f"'quad_segs={asked.segments}'"
    shape = f"ST_Buffer(geom, %(distance)s::float8, {style})"
    if given.is_geographic:
        shape = _flat(f"ST_Buffer(ST_SetSRID(geom, 4326)::geography, %(distance)s::float8, {style})", given)
    made = f"made AS (SELECT fid, properties, {shape} AS geom FROM features)"
    if asked.dissolve:
        made = f"made AS (SELECT '1' AS fid, '{{}}'::jsonb AS properties, ST_Union({shape}) AS geom FROM features)"
    statement = (
        f"WITH {given.cte}, {made} SELECT {feature('geom', given.srid, crs)} FROM made WHERE NOT ST_IsEmpty(geom)"
    )
    with reading(run) as raw:
        check(raw, given)
        run.progress(0.2, "features")
        write(run, raw, statement, {**given.values, "distance": asked.distance})


def clip(run: Run, asked: inputs.ClipInputs) -> None:
    """The parts of the features inside the mask, which stay points, lines or polygons as they are."""
    given, mask = source(run, "features", asked.features), source(run, "mask", asked.mask)
    part = "ST_CollectionExtract(ST_Intersection(f.geom, u.geom), ST_Dimension(f.geom) + 1)"
    statement = (
        f"WITH {given.cte}, {mask.cte}, u AS MATERIALIZED"
        f" (SELECT ST_Union({_in('geom', mask, given.srid)}) AS geom FROM mask),"
        " cut AS (SELECT f.fid, f.properties, CASE WHEN ST_CoveredBy(f.geom, u.geom) THEN f.geom"
        f" WHEN GeometryType(f.geom) <> 'GEOMETRYCOLLECTION' THEN {part}"
        " ELSE ST_Intersection(f.geom, u.geom) END AS geom FROM u JOIN features f ON ST_Intersects(f.geom, u.geom))"
        f" SELECT {feature('geom', given.srid, crss.parse(asked.crs))} FROM cut WHERE NOT ST_IsEmpty(geom)"
    )
    with reading(run) as raw:
        check(raw, mask)
        check(raw, given, within=mask)
        run.progress(0.2, "features")
        write(run, raw, statement, {**given.values, **mask.values})


def statistics(run: Run, asked: inputs.StatisticsInputs) -> None:
    """For each zone how many features meet it, and their area, length and sum of a property inside it."""
    given, zones = source(run, "features", asked.features), source(run, "zones", asked.zones)
    part = "CASE WHEN ST_CoveredBy(f.geom, z.here) THEN f.geom ELSE ST_Intersection(f.geom, z.here) END"
    number = (
        "CASE WHEN jsonb_typeof(properties->%(attribute)s::text) = 'number'"
        " THEN (properties->>%(attribute)s::text)::float8 END"
    )
    measured = "ST_SetSRID(part, 4326)::geography" if given.is_geographic else "part"
    found = (
        "jsonb_build_object('count', count(part), 'area_m2', round(coalesce(sum(CASE WHEN ST_Dimension(part) = 2"
        f" THEN ST_Area({measured}) END), 0)::numeric, 2), 'length_m', round(coalesce(sum(CASE WHEN"
        f" ST_Dimension(part) = 1 THEN ST_Length({measured}) END), 0)::numeric, 2))"
        f" || CASE WHEN %(attribute)s::text IS NULL THEN '{{}}'::jsonb"
        f" ELSE jsonb_build_object('sum', sum({number})) END"
    )
    shape = "geom" if asked.geometry else "NULL::geometry"
    statement = (
        f"WITH {given.cte}, {zones.cte}, z AS MATERIALIZED (SELECT row_number() OVER () AS place, fid,"
        f" properties AS told, geom, {_in('geom', zones, given.srid)} AS here FROM zones),"
        f" met AS (SELECT z.place, f.properties, {part} AS part"
        " FROM z JOIN features f ON ST_Intersects(f.geom, z.here)),"
        f" summed AS (SELECT z.place, z.fid, z.told || ({found}) AS properties FROM z LEFT JOIN met USING (place)"
        " GROUP BY z.place, z.fid, z.told)"
        f" SELECT {feature(shape, zones.srid, crss.parse(asked.crs))} FROM"
        " (SELECT s.place, s.fid, s.properties, z.geom FROM summed s JOIN z USING (place)) done ORDER BY place"
    )
    with reading(run) as raw:
        check(raw, zones)
        check(raw, given, within=zones)
        run.progress(0.2, "features")
        write(run, raw, statement, {**given.values, **zones.values, "attribute": asked.attribute})


def transform_features(run: Run, asked: inputs.TransformFeaturesInputs) -> None:
    """The features in another CRS, vertex by vertex."""
    target = crss.parse(asked.target)
    given = source(run, "features", asked.features, crss.parse(asked.source))
    with reading(run) as raw:
        check(raw, given)
        run.progress(0.2, "features")
        write(run, raw, f"WITH {given.cte} SELECT {feature('geom', given.srid, target)} FROM features", given.values)


def transform_coordinates(run: Run, asked: inputs.TransformCoordinatesInputs) -> None:
    """Positions in another CRS, each system's own axis order on both sides."""
    start, target = crss.parse(asked.source), crss.parse(asked.target)
    x, y = ("second", "first") if start.northing_first else ("first", "second")
    out = ("ST_Y(p)", "ST_X(p)") if target.northing_first else ("ST_X(p)", "ST_Y(p)")
    decimals = target.decimals + 1
    listed = ", ".join(f"round({axis}::numeric, {decimals})" for axis in out)
    statement = (
        f"SELECT json_agg(json_build_array({listed}) ORDER BY place)::text FROM (SELECT place,"
        f" ST_Transform(ST_SetSRID(ST_MakePoint({x}, {y}), {start.srid}), {target.srid}) AS p"
        " FROM unnest(%(first)s::float8[], %(second)s::float8[]) WITH ORDINALITY u(first, second, place)) moved"
    )
    firsts, seconds = zip(*asked.coordinates, strict=True)
    with reading(run) as raw:
        row = raw.execute(statement, {"first": list(firsts), "second": list(seconds)}).fetchone()
    run.target.write_text(row[0] if row else "[]", encoding="utf-8")


def geocode(run: Run, asked: inputs.GeocodeInputs) -> None:
    """Places of that name in the searchable layers that the caller may see, the best first, as points."""
    with run.database.read(run.caller) as connection:
        rows = find_places(connection, run.layers(), asked.q, asked.limit, public=run.caller is None)
    found = [
        {"layer": row.layer, "fid": row.fid, "label": row.label, "context": row.context or "",
         "bbox": [row.west, row.south, row.east, row.north], "rank": rank, "x": row.x, "y": row.y}
        for rank, row in enumerate(rows, 1)
    ]  # fmt: skip
    statement = (
        f"SELECT {feature('geom', 4326, crss.parse(asked.crs))} FROM (SELECT f->>'rank' AS fid,"
        " f - 'x' - 'y' AS properties, ST_SetSRID(ST_MakePoint((f->>'x')::float8, (f->>'y')::float8), 4326) AS geom"
        " FROM jsonb_array_elements(%(found)s::jsonb) f) places ORDER BY fid::int"
    )
    with reading(run) as raw:
        write(run, raw, statement, {"found": json.dumps(found)})


def _in(shape: str, given: Source, srid: int) -> str:
    return shape if given.srid == srid else f"ST_Transform({shape}, {srid})"


def _flat(shape: str, given: Source) -> str:
    """A geography as geometry in the reference system of the source."""
    return f"ST_SetSRID({shape}::geometry, {given.srid})"
