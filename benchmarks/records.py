# SPDX-License-Identifier: EUPL-1.2
"""A million records of 314 organisations: list, search, map tile and page of a record, timed inside the server.

`python -m benchmarks.records` beside `./brama bench`; it makes a cluster of its own.
"""

import argparse
import time
from statistics import median, quantiles

from sqlalchemy import Connection, text

from benchmarks import report
from benchmarks.stack import stack
from sdi.db.database import Database
from sdi.people.model import Organisation
from sdi.people.service import add_account, add_organisations, issue_token
from sdi.settings import Settings
from sdi.web.app import create_app

ROWS = 1_000_000
COMMUNES = 314
_EXPECTED_MS = 100.0
_TIMES = 30

# Records of an organisation lie in a square of 10 km of its own; titles are of ten words, states as in a real register.
_FILL = """
INSERT INTO records.record (organisation_id, kind, number, state, title, commune, geom, opened, due, closed, is_public,
    terms)
SELECT o.id, 'monument', 'GEZ/' || (n / :communes + 1),
    CASE WHEN n % 10 < 7 THEN 'included' WHEN n % 10 < 9 THEN 'proposed' ELSE 'excluded' END,
    (ARRAY['Dom', 'Kościół', 'Dwór', 'Młyn', 'Kapliczka', 'Kamienica', 'Spichlerz', 'Park', 'Cmentarz', 'Szkoła'])[
        1 + n % 10] || ' nr ' || n, o.teryt,
    ST_SetSRID(ST_MakePoint(500000 + (o.place % 18) * 12000 + (hashint8(n) & 9999),
        400000 + (o.place / 18) * 12000 + (hashint8(n + 7) & 9999)), 2180),
    date '2000-01-01' + (n % 9000), CASE WHEN n % 10 BETWEEN 7 AND 8 THEN date '2026-01-01' + n % 700 END,
    CASE WHEN n % 10 = 9 THEN date '2026-01-01' END, n % 10 < 7, 'miejscowość ' || n % 1000
FROM generate_series(0, CAST(:rows AS int) - 1) n
    JOIN (SELECT id, teryt, (row_number() OVER (ORDER BY teryt) - 1)::int AS place FROM sdi.organisation
        WHERE kind = 'commune' AND slug LIKE 'bench%') o ON o.place = n % :communes
"""
_TYPED = """
INSERT INTO records.kind_monument (record_id, object_type, locality, protection, condition)
SELECT id, 'house', terms, 'gez', 'fair' FROM records.record WHERE kind = 'monument'
"""
_INDEXES = ("record_words", "record_folded", "record_geom")


def fill(connection: Connection, rows: int, communes: int = COMMUNES) -> None:
    """Make `communes` organisations under the region and so many monuments spread over them, as the owner."""
    units = [
        Organisation(f"bench{n}", "commune", {"pl": f"Gmina {n}"}, f"15{n:04}", "mazowieckie") for n in range(communes)
    ]
    add_organisations(connection, units)
    found = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'records' AND indexname = ANY(:names)")
    definitions = connection.execute(found, {"names": list(_INDEXES)}).all()
    for name, _ in definitions:
        connection.exec_driver_sql(f"DROP INDEX records.{name}")
    connection.execute(text(_FILL), {"rows": rows, "communes": communes})
    connection.exec_driver_sql(_TYPED)
    for _, definition in definitions:
        connection.exec_driver_sql(definition)
    connection.exec_driver_sql("ANALYZE records.record, records.kind_monument")


def measure(settings: Settings, database: Database) -> None:
    """Print how long the server works on each page, for a clerk of one commune and for the region."""
    with database.owner.begin() as connection:
        add_account(connection, "bench100", "bench", "Clerk", role="clerk")
        add_account(connection, "mazowieckie", "region", "Region", role="regional_admin")
        tokens = {
            "clerk": issue_token(connection, "bench", ["monuments:read", "monuments:write"], "bench", 1),
            "region": issue_token(connection, "region", ["admin"], "bench", 1),
        }
        record = connection.execute(
            text("SELECT r.id FROM records.record r JOIN sdi.organisation o ON o.id = r.organisation_id"
                 " WHERE o.slug = 'bench100' LIMIT 1")
        ).scalar_one()  # fmt: skip
    client = create_app(settings, database, listen=False).test_client()
    list_page = "/registers/monuments"
    addresses = {
        "list": list_page,
        "list by title": f"{list_page}?sort=title",
        "list of late ones by term": f"{list_page}?sort=due&late=1",
        "list, filtered": f"{list_page}?state=proposed&condition=fair",
        "list, words": f"{list_page}?q=spichlerz+nr+46",
        "search over all kinds": "/records?q=kosciol+nr+14",
        "board": f"{list_page}/board",
        "map tile z11": "/api/records/monument/tiles/11/1142/676",
        "map tile z14": "/api/records/monument/tiles/14/9139/5409",
        "map tile z7": "/api/records/monument/tiles/7/71/42",
        "page of a record": f"{list_page}/{record}",
    }
    for who, token in tokens.items():
        headers = {"Authorization": f"Bearer {token}"}
        for name, address in addresses.items():
            spent = []
            for _ in range(_TIMES):
                begun = time.perf_counter()
                answer = client.get(address, headers=headers)
                spent.append((time.perf_counter() - begun) * 1000)
                assert answer.status_code == 200, (address, answer.status_code)
            report.milliseconds(f"{name}, {who}", median(spent), _EXPECTED_MS)
            report.plain("", f"95 % within {quantiles(spent, n=20)[-1]:.0f} ms, {len(answer.data):,} bytes")


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    options = parser.parse_args()
    with stack() as brama:
        begun = time.perf_counter()
        with brama.database.owner.begin() as connection:
            fill(connection, options.rows)
        report.plain(f"{options.rows:,} records made", f"in {time.perf_counter() - begun:.0f} s")
        measure(brama.settings, brama.database)


if __name__ == "__main__":
    main()
