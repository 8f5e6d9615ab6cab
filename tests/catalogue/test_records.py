# SPDX-License-Identifier: EUPL-1.2
"""Records are true by themselves: they follow their layers, keep their ids, and are found through indexes."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Connection, text

import layers.service as layers
from catalogue import service, store
from catalogue.model import Found, Record
from catalogue.store import RECORD, Search
from layers.model import ColumnType, GeometryType, Layer
from sdi.crs import CRS84, Box
from sdi.db.database import Database
from tests.conftest import LayerMaker


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    with database.owner.begin() as connection:
        yield connection


def _record(database: Database, layer_id: str) -> Record | None:
    with database.public.connect() as connection:
        return store.by_layer(connection, layer_id, public=True)


def _search(database: Database, *where: object, limit: int = 10, start: int = 0) -> Found:
    wanted = Search(where, (RECORD.c.name, RECORD.c.id), start, limit)  # type: ignore[arg-type]
    with database.public.connect() as connection:
        return store.search(connection, wanted, public=True)


def _layers(found: Found) -> list[str]:
    return [record.layer_id for record in found.records]


def test_a_record_says_what_the_layer_is(database: Database, region: dict[str, Layer]) -> None:
    record = _record(database, "communes")
    assert record is not None
    assert record.title == {"pl": "Gminy Mazowsza", "en": "Communes of Mazovia"}
    assert (record.organisation, record.visibility, record.language) == ("mazowieckie", "public", "pol")
    facts = record.facts
    assert facts.bbox == (19.6, 52.5, 19.8, 52.6)
    assert (facts.kind, facts.srid, facts.geometry_type, facts.feature_count) == ("vector", 4326, "Polygon", 1)
    assert [column["name"] for column in facts.columns] == ["name", "residents"]
    assert facts.inspire == {"code": "au", "pl": "Jednostki administracyjne", "en": "Administrative units"}
    assert facts.topic == "boundaries"
    assert record.created <= record.modified


def test_a_record_keeps_its_id_and_follows_a_new_version(database: Database, add_layer: LayerMaker) -> None:
    add_layer("towns", GeometryType.POINT, {"name": ColumnType.TEXT}, [["POINT(637000 487000)", "a"]])
    first = _record(database, "towns")
    add_layer("towns", GeometryType.POINT, {}, [["POINT(500000 500000)"], ["POINT(600000 500000)"]])
    second = _record(database, "towns")
    assert first is not None
    assert second is not None
    assert (second.id, second.created) == (first.id, first.created)
    assert second.facts.feature_count == 2
    assert second.facts.columns == ()
    assert second.facts.bbox[0] < first.facts.bbox[0]
    assert second.modified > first.modified


def test_a_title_changed_by_hand_is_found_at_once(
    database: Database, region: dict[str, Layer], sign_in: Callable[..., tuple]
) -> None:
    clerk, _ = sign_in("admin", "admin")
    with database.write(clerk) as connection:
        connection.execute(
            text(
                """UPDATE app.layer_write SET title = '{"pl": "Żółte ćmy"}', keywords = '{owady}' WHERE id = 'stops'"""
            )
        )
    assert _layers(_search(database, service.words("zolte cmy"))) == ["stops"]
    assert _layers(_search(database, service.words("owady"))) == ["stops"]
    assert _search(database, service.words("przystanki")).total == 0


def test_a_record_goes_with_its_layer(database: Database, region: dict[str, Layer], owner: Connection) -> None:
    layers.remove(owner, "stops")
    owner.commit()
    assert _record(database, "stops") is None


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("gminy", ["communes"]),
        ("GMIN plock", ["communes"]),
        ("mazow", ["communes", "places", "stops"]),
        ("Płock", ["communes"]),
        ("administrative", ["communes"]),
        ("miejscowosci", ["places"]),
        ("gminy przystanki", []),
        ("residents", ["communes", "places", "stops"]),
        ("???", []),
        ("'); DROP TABLE catalogue.record; --", []),
        ("a:* & | ! <-> \\ ' ŉ ½", []),
    ],
)
def test_words_are_found_without_case_and_diacritics(
    database: Database, region: dict[str, Layer], typed: str, found: list[str]
) -> None:
    assert sorted(_layers(_search(database, service.words(typed)))) == found


def test_records_are_found_by_place(database: Database, region: dict[str, Layer]) -> None:
    warsaw = Box(20.9, 52.1, 21.1, 52.3, CRS84)
    assert _layers(_search(database, service.within(warsaw))) == ["places", "stops"]
    assert _search(database, service.within(Box(0, 0, 1, 1, CRS84))).total == 0


def test_a_page_tells_how_many_there_are_in_all(database: Database, region: dict[str, Layer]) -> None:
    assert _search(database, limit=0) == Found(3, ())
    assert _layers(_search(database, limit=2)) == ["communes", "places"]
    beyond = _search(database, start=50)
    assert (beyond.total, beyond.records) == (3, ())


def test_titles_are_ordered_as_poles_order_them(database: Database, add_layer: LayerMaker) -> None:
    for layer_id, title in (("a", "Zabytki"), ("b", "Łąki"), ("c", "Lasy"), ("d", "Ósemki"), ("e", "Osada")):
        add_layer(layer_id, GeometryType.POINT, {}, [["POINT(637000 487000)"]], title={"pl": title})
    titles = [record.title["pl"] for record in _search(database).records]
    assert titles == [
        "Lasy",
        "Łąki",
        "Osada",
        "Ósemki",
        "Zabytki",
    ]


def test_refresh_writes_all_records_anew(
    app: Flask, database: Database, region: dict[str, Layer], owner: Connection
) -> None:
    before = _record(database, "communes")
    assert before is not None
    owner.execute(text("UPDATE catalogue.record SET title = '{}', folded = ''"))
    assert service.refresh(owner) == 5
    owner.commit()
    after = _record(database, "communes")
    assert after is not None
    assert replace(after, changed=before.changed) == before


def generate(connection: Connection, count: int) -> None:
    """Layers with titles, themes and places of their own, through the registry as a loader leaves them."""
    connection.execute(
        text(
            "INSERT INTO layers.layer (id, organisation_id, kind, title, abstract, theme, keywords, version,"
            " object_key, srid, geometry_type, extent, bbox, updated_at)"
            " SELECT 'generated_' || i, (SELECT id FROM sdi.organisation WHERE slug = 'mazowieckie'), 'raster',"
            " jsonb_build_object('pl', (ARRAY['Gminy', 'Drogi', 'Rzeki', 'Szkoły', 'Lasy'])[1 + i % 5]"
            " || ' arkusz ' || i, 'en', 'Sheet ' || i), jsonb_build_object('pl', 'Opis ' || md5(i::text)), 'granice',"
            " ARRAY['arkusz', 'k' || i % 50], 1, 'none', 2180, 'Raster', ARRAY[500000, 500000, 600000, 600000],"
            " ARRAY[19 + i % 60 * 0.05, 51 + i / 60 % 50 * 0.05, 19.04 + i % 60 * 0.05, 51.04 + i / 60 % 50 * 0.05],"
            " now() - i * interval '1 minute' FROM generate_series(1, :count) i"
        ),
        {"count": count},
    )


_BOX = Box(20.0, 52.0, 20.1, 52.1, CRS84)
_HOT = {
    "words": Search((service.words("szkoly k7"),), (RECORD.c.modified.desc(), RECORD.c.id)),
    "text anywhere": Search((RECORD.c.folded.like("%usz 1234%"),), (RECORD.c.name, RECORD.c.id)),
    "box": Search((service.within(_BOX),), (RECORD.c.name, RECORD.c.id)),
}


@pytest.mark.parametrize("name", [*_HOT, "newest"])
def test_hot_statements_use_indexes_as_each_role(
    database: Database, owner: Connection, sign_in: Callable[..., tuple], name: str
) -> None:
    generate(owner, 4_000)
    owner.execute(text("ANALYZE catalogue.record, layers.layer"))
    owner.commit()
    wanted = _HOT.get(name, Search((), (RECORD.c.modified.desc(), RECORD.c.id)))
    principal, _ = sign_in("clerk", "ingest")
    for caller in (None, principal):
        with database.read(caller) as connection:
            plan = _plan(connection, wanted, public=caller is None)
        page = plan[plan.index("WindowAgg") :] if name == "newest" else plan
        assert "Seq Scan on record" not in page, plan
        assert "Index" in page


def _plan(connection: Connection, wanted: Search, *, public: bool) -> str:
    compiled = store.statement(wanted).compile(
        connection,
        compile_kwargs={"literal_binds": True},
        schema_translate_map={None: "pub" if public else "app"},
        render_schema_translate=True,
    )
    return "\n".join(connection.exec_driver_sql(f"EXPLAIN {compiled}".replace("%%", "%").replace("%", "%%")).scalars())
