# SPDX-License-Identifier: EUPL-1.2
"""SQL text for the PostGIS plug-in: values come out as they went in, and nothing leaves its quotes."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, Text, and_, func, or_
from sqlalchemy.dialects.postgresql import JSONB

from layers.model import ColumnType, GeometryType
from layers.rendering.model import Box, Connection, MapRequest, PostgisSource, RenderLayer
from layers.rendering.service import connection_from, postgis_source, where_sql
from layers.rendering.sql import literal
from layers.rendering.table import table_sql
from sdi.db.database import Database, Role
from sdi.errors import BramaError, InvalidParameter, TooBusy, Unsupported
from tests.conftest import LayerMaker
from tests.layers.rendering.pool import Pool, run_pool

DOT = '<Rule><MarkersSymbolizer width="9" height="9" fill="#ff0000" stroke-width="0"/></Rule>'
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["'", "\\", "%s", "%(x)s", "!bbox!", "@zoom", "'; DROP TABLE x; --", "U&'", "$$", "!@a!", "\\'"]
)
anywhere = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ROWS = Table("t", MetaData(), Column("name", Text), Column("n", Integer), Column("more", JSONB), schema="data")


@given(TEXT)
@anywhere
def test_any_text_comes_back_as_itself(database: Database, text: str) -> None:
    with database.public.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT {literal(text)}").scalar_one() == text


@given(TEXT)
def test_a_literal_of_text_has_no_sign_with_a_meaning(text: str) -> None:
    inner = literal(text).removeprefix("U&'").removesuffix("'")
    assert not set(inner) & set("'\"!@%$;-")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "text"), (True, "boolean"), (2**62 + 1, "bigint"), (-5, "integer"), (1.5e-9, "float8"),
        (Decimal("-1.10"), "numeric"),
        (date(2024, 2, 29), "date"), (datetime(2024, 2, 29, 12, tzinfo=UTC), "timestamptz"), (b"\x00'\\", "bytea"),
        (UUID(int=7), "uuid"), (["a'b", "c"], "text[]"),
    ],
)  # fmt: skip
def test_every_kind_of_value_comes_back_as_itself(database: Database, value: object, kind: str) -> None:
    with database.public.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT ({literal(value)})::{kind}").scalar_one() == value


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), "a\0b", object(), {"a": 1}])
def test_a_value_that_has_no_literal_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter):
        literal(value)


def test_a_clause_keeps_its_meaning() -> None:
    clause = and_(
        ROWS.c.name.in_(["a%", "b"]), or_(ROWS.c.n > 5, ROWS.c.name.like("50%!_")), func.mod(ROWS.c.n, 2) == 0
    )
    text = where_sql(clause)
    assert "data.t.name IN (U&'a\\+000025'" in text
    assert "%" not in text
    assert "__[" not in text


@pytest.mark.parametrize("where", ["name = '!bbox!'", "n = @n", "n > !pixel_width!", "n = !@x!"])
def test_a_variable_of_the_renderer_is_refused(where: str) -> None:
    source = PostgisSource(Connection("d", "u"), "data", "t", 2180, Box(0, 0, 1, 1), where=where)
    with pytest.raises(InvalidParameter, match="variable"):
        table_sql(source)


@pytest.mark.parametrize("name", ["", "a\0", "!bbox!", "@x"])
def test_a_name_that_the_renderer_would_misread_is_refused(name: str) -> None:
    source = PostgisSource(Connection("d", "u"), "data", "t", 2180, Box(0, 0, 1, 1), columns=(name,))
    with pytest.raises(InvalidParameter, match="cannot be drawn"):
        table_sql(source)


@given(TEXT)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_map_shows_the_features_that_a_filter_means(
    pool: Pool, database: Database, add_layer: LayerMaker, text: str
) -> None:
    layer = add_layer(
        "nazwy",
        GeometryType.POINT,
        {"dziwna Nazwa": ColumnType.TEXT},
        [["POINT(25 50)", text], ["POINT(75 50)", text + "x"]],
    )
    table = Table(str(layer.relation), MetaData(), Column("dziwna Nazwa", Text), schema="data")
    where = where_sql(table.c["dziwna Nazwa"] == text)
    source = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)), ("dziwna Nazwa",), where)
    picture = pool.picture(MapRequest(100, 100, Box(0, 0, 100, 100), 2180, (RenderLayer(source, (DOT,)),)))
    alpha = picture.getchannel("A")
    assert (alpha.getpixel((25, 50)), alpha.getpixel((75, 50))) == (255, 0)


def test_the_renderer_reads_no_layer_that_is_not_public(database: Database, add_layer: LayerMaker) -> None:
    layer = add_layer("tajne", GeometryType.POINT, {}, [["POINT(1 1)"]], visibility="private")
    with pytest.raises(Unsupported, match="public"):
        postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)))


def test_a_slow_statement_ends_with_a_clear_refusal(tmp_path: Path, database: Database, add_layer: LayerMaker) -> None:
    layer = add_layer("wolne", GeometryType.POINT, {}, [["POINT(1 1)"]])
    source = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)), (), "pg_sleep(60) IS NOT NULL")
    request = MapRequest(10, 10, Box(0, 0, 10, 10), 2180, (RenderLayer(source, (DOT,)),))
    with run_pool(tmp_path, workers=1, limit_ms=5000) as pool, pytest.raises(TooBusy, match="Reading"):
        pool.client().render(request)
    with database.owner.connect() as connection:
        running = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%%pg_sleep(60)%%'"
        )
        assert (
            connection.exec_driver_sql(running + " AND state = 'active' AND pid <> pg_backend_pid()").scalar_one() == 0
        )


def test_the_renderer_cannot_write(pool: Pool, database: Database, add_layer: LayerMaker) -> None:
    layer = add_layer("pola", GeometryType.POINT, {}, [["POINT(1 1)"]])
    writes = "nextval('data.counter') > 0"
    with database.owner.begin() as connection:
        connection.exec_driver_sql("CREATE SEQUENCE data.counter; GRANT ALL ON SEQUENCE data.counter TO brama_public")
    source = postgis_source(layer, connection_from(database.conninfo(Role.PUBLIC)), (), writes)
    with pytest.raises(BramaError, match="could not be drawn"):
        pool.picture(MapRequest(10, 10, Box(0, 0, 10, 10), 2180, (RenderLayer(source, (DOT,)),)))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://u:p%27w@h:5433/d", Connection("d", "u", "h", 5433, "p'w")),
        ("host=/run/x user=brama_public dbname=brama", Connection("brama", "brama_public", "/run/x")),
    ],
)
def test_an_address_gives_its_pieces(address: str, expected: Connection) -> None:
    assert connection_from(address) == expected
