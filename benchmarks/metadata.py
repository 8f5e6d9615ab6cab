# SPDX-License-Identifier: EUPL-1.2
"""The catalogue's search among 20,000 and 200,000 records: `python -m benchmarks.metadata [COUNT ...]`."""

import sys
import time
import urllib.request
from statistics import median
from urllib.parse import urlencode

from sqlalchemy import text

from benchmarks import report
from benchmarks.stack import Stack, stack
from catalogue import service

_COUNTS = (20_000, 200_000)
_LIMITS = {20_000: 100.0, 200_000: 300.0}
_ROUNDS = 15
_BATCH = 20_000
_SEARCHES = {
    "one word, inflected": {"q": "wodociągami"},
    "two words": {"q": "plany gmin"},
    "without diacritics": {"q": "zabytki radom"},
    "a mistyped word": {"q": "zagospodarovania"},
    "a rare word": {"q": "nr1234"},
    "words in a box": {"q": "drogi", "bbox": "20.5,52.0,20.9,52.3"},
    "words, theme, licence": {"q": "rzeki", "theme": "wody", "licence": "CC-BY-4.0"},
    "words and time": {"q": "mapa", "datetime": "2015-01-01/2016-12-31"},
    "no words, newest": {},
    "page 50 of a word": {"q": "szkoły", "page": "50"},
}
_SUBJECTS = (
    "wodociągi kanalizacja drogi rzeki jeziora szkoły zabytki plany lasy gleby ewidencja przystanki pomniki ścieżki"
    " rezerwaty studnie oświetlenie hydranty cmentarze parki"
)
_PLACES = (
    "Płock Radom Siedlce Ostrołęka Ciechanów Gąbin Łąck Żuromin Przasnysz Sokołów Garwolin Grójec Kozienice Legionowo"
    " Mława Otwock Piaseczno Pruszków Sierpc Wołomin Wyszków Zwoleń Żyrardów Węgrów Maków Mszczonów"
)
_THEMES = "wody transport planowanie przyroda edukacja zabytki uzbrojenie ewidencja"
_GENERATE = text(
    """
    INSERT INTO catalogue.record (identifier, organisation_id, visibility, schema, document, type, language, title,
        abstract, keywords, subjects, theme, bbox, created, modified, facts, queryable, time_begin, time_end, licence,
        inspires, topics, folded, fulltext)
    SELECT 'urn:bench:' || i, o.id, 'public', 'http://www.isotc211.org/2005/gmd', '<a/>',
        (ARRAY['dataset', 'dataset', 'dataset', 'series', 'service'])[1 + i % 5], 'pol',
        jsonb_build_object('pl', initcap(s) || ' – ' || p || ', arkusz nr' || i),
        jsonb_build_object('pl', 'Mapa i baza danych: ' || s || ' na terenie gmin powiatu ' || p
            || '. Plan zagospodarowania, opracowano w skali 1:' || (1 + i % 9) * 1000
            || ' dla mieszkańców, urzędów oraz szkół. '
            || md5(i::text)),
        ARRAY[s, p], '|' || s || '|' || p || '|', (CAST(:themes AS text[]))[1 + i % 8],
        ST_MakeEnvelope(19.2 + i % 97 * 0.03, 51.0 + i / 97 % 71 * 0.03, 19.25 + i % 97 * 0.03,
            51.05 + i / 97 % 71 * 0.03, 4326),
        now() - i * interval '1 hour', now() - i * interval '10 minutes',
        jsonb_build_object('identifier', 'urn:bench:' || i, 'title', jsonb_build_object('pl', s)), '{}',
        date '2000-01-01' + i % 9000, date '2000-06-01' + i % 9000, (ARRAY['CC-BY-4.0', 'CC0-1.0', NULL])[1 + i % 3],
        ARRAY[(ARRAY['hy', 'tn', 'lu', 'ps'])[1 + i % 4]], ARRAY['environment'], s || ' ' || p || ' urząd nr' || i, ''
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) i,
        LATERAL (SELECT (CAST(:subjects AS text[]))[1 + i % 20] s, (CAST(:places AS text[]))[1 + i / 7 % 26] p) w,
        (SELECT id FROM sdi.organisation LIMIT 1) o
    """
)


def make(brama: Stack, count: int) -> None:
    """Records of Polish words, places in the region, times, licences and themes, up to `count`."""
    values = {"subjects": _SUBJECTS.split(), "places": _PLACES.split(), "themes": _THEMES.split()}
    with brama.database.owner.begin() as connection:
        there = connection.execute(text("SELECT count(*) FROM catalogue.record")).scalar_one()
    for first in range(there + 1, count + 1, _BATCH):
        with brama.database.owner.begin() as connection:
            connection.execute(_GENERATE, {**values, "first": first, "last": min(first + _BATCH - 1, count)})
    with brama.database.owner.begin() as connection:
        service.learn(connection)
    with brama.database.owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE catalogue.record, catalogue.word"))


def measure(brama: Stack, count: int) -> None:
    """Print milliseconds of the results page with its facets, and of suggestions."""
    make(brama, count)
    print(f"\n{count:,} records, the page of results with facets", flush=True)
    limit = _LIMITS.get(count, 300.0)
    with brama.serving():
        for name, query in _SEARCHES.items():
            report.milliseconds(name, _median(f"{brama.url}/catalogue?{urlencode(query)}"), limit)
        for typed in ("wo", "wodo", "plan zag"):
            address = f"{brama.url}/api/catalogue/suggestions?{urlencode({'q': typed})}"
            report.milliseconds(f"suggestions for {typed!r}", _median(address), limit)


def _median(url: str) -> float:
    times = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        with urllib.request.urlopen(url, timeout=60) as answer:
            answer.read()
        times.append((time.perf_counter() - begun) * 1000)
    return median(times)


def main() -> None:
    """Measure among so many records, one number after the other."""
    with stack() as brama:
        for count in [int(word) for word in sys.argv[1:]] or _COUNTS:
            measure(brama, count)


if __name__ == "__main__":
    main()
