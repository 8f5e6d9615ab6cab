# SPDX-License-Identifier: EUPL-1.2
"""pycsw and our catalogue on the same 5,000 records of ISO 19139: a full-text search in a box, and the same answers."""

import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from lxml import etree

from benchmarks.load import http_rate
from benchmarks.peers.processes import WORKERS, environment, free_port, running
from benchmarks.stack import Stack
from catalogue import cli
from catalogue.encodings import iso19139
from catalogue.metadata import Code, Metadata, Online, Party, Term, Words

NAME = "pycsw"
COUNT = 5_000
EXPECTED = 20.0
_REQUIREMENTS = ("pycsw==2.6.2", "SQLAlchemy==1.4.54", "gunicorn==23.0.0", "setuptools==80.9.0")
_DC = "{http://purl.org/dc/elements/1.1/}identifier"
_SUBJECTS = ("water supply", "county roads", "rivers", "schools", "monuments", "land use plan", "forests", "soils")
_PLACES = ("Plock", "Radom", "Siedlce", "Ciechanow", "Ostroleka", "Grojec", "Otwock", "Sierpc", "Mlawa")
_SETTINGS = """
[server]
home={home}
url={url}
mimetype=application/xml; charset=UTF-8
encoding=UTF-8
language=en-US
maxrecords=1000
profiles=apiso
[manager]
transactions=false
[metadata:main]
identification_title=bench
[repository]
database=sqlite:///{database}
table=records
"""
_FILTER = (
    '<ogc:Filter xmlns:ogc="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml"><ogc:And>'
    '<ogc:PropertyIsLike wildCard="%" singleChar="_" escapeChar="!"><ogc:PropertyName>csw:AnyText</ogc:PropertyName>'
    "<ogc:Literal>%{word}%</ogc:Literal></ogc:PropertyIsLike><ogc:BBOX><ogc:PropertyName>ows:BoundingBox"
    '</ogc:PropertyName><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4326"><gml:lowerCorner>{south} {west}'
    "</gml:lowerCorner><gml:upperCorner>{north} {east}</gml:upperCorner></gml:Envelope></ogc:BBOX></ogc:And>"
    "</ogc:Filter>"
)


def measure(brama: Stack, seconds: int) -> None:
    """Print both rates and their ratio; fails where the two do not find the same records."""
    with TemporaryDirectory(prefix="brama-pycsw-") as name:
        folder = Path(name)
        (folder / "records").mkdir()
        for number in range(COUNT):
            element = iso19139.encode(_record(number))
            (folder / "records" / f"{number:05}.xml").write_bytes(etree.tostring(element, encoding="UTF-8"))
        cli.bring_folder(brama.database, folder / "records", "mazowieckie")
        with brama.serving():
            mine = {word: _found(f"{brama.url}/csw", word) for word in ("schools", "rivers")}
            own = http_rate(brama.url, _paths("/csw"), seconds)
        with _run(folder) as url:
            theirs = {word: _found(f"{url}/", word) for word in mine}
            other = http_rate(url, _paths("/"), seconds)
    same = mine == theirs and all(mine.values())
    print(f"\nCSW GetRecords, brief, 10 of {COUNT:,}, text and box: Brama {own:,.1f}/s, {NAME} {other:,.1f}/s,"
          f" ratio {own / other:.1f} (>= {EXPECTED:g}); the same records: {same}", flush=True)  # fmt: skip
    if not same:
        told = {word: (len(mine[word]), len(theirs[word])) for word in mine}
        raise RuntimeError(f"the two answers differ: {told}")


@contextmanager
def _run(folder: Path) -> Iterator[str]:
    programs = environment(NAME, _REQUIREMENTS)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    home = next((programs.parent / "lib").glob("python3*/site-packages/pycsw"))
    settings = folder / "default.cfg"
    settings.write_text(_SETTINGS.format(home=home.parent, url=url, database=folder / "records.db"), encoding="utf-8")
    admin = next(path for path in (programs / "pycsw-admin.py", programs / "pycsw-admin") if path.exists())
    for command in (["setup_db"], ["load_records", "-p", str(folder / "records")]):
        subprocess.run([str(programs / "python"), str(admin), "-c", command[0], "-f", str(settings), *command[1:]],
                       check=True, capture_output=True, cwd=folder)  # fmt: skip
    argv = [str(programs / "gunicorn"), "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}",
            "--timeout", "300", "pycsw.wsgi:application"]  # fmt: skip
    with running(argv, f"{url}/?{_query('schools')}", folder, {"PYCSW_CONFIG": str(settings)}):
        yield url


def _query(word: str, limit: int = 10) -> str:
    box = {"south": 51.4, "west": 20.2, "north": 52.0, "east": 20.9}
    return urlencode({
        "service": "CSW", "version": "2.0.2", "request": "GetRecords", "typeNames": "csw:Record",
        "resultType": "results", "elementSetName": "brief", "maxRecords": limit, "constraintLanguage": "FILTER",
        "constraint_language_version": "1.1.0", "constraint": _FILTER.format(word=word, **box),
    })  # fmt: skip


def _paths(address: str) -> list[str]:
    return [f"{address}?{_query(word)}" for word in ("schools", "rivers", "forests", "soils")]


def _found(address: str, word: str) -> set[str]:
    with urllib.request.urlopen(f"{address}?{_query(word, 1_000)}", timeout=120) as answer:
        return {str(one.text) for one in etree.fromstring(answer.read()).iter(_DC)}


def _record(number: int) -> Metadata:
    subject, place = _SUBJECTS[number % len(_SUBJECTS)], _PLACES[number // 3 % len(_PLACES)]
    west, south = 19.3 + number % 71 * 0.05, 51.1 + number // 71 % 60 * 0.03
    party = Party({"en": f"Office of {place}"}, email="office@example.org")
    return Metadata(
        identifier=f"urn:bench:{number}",
        language="eng",
        modified="2026-01-01",
        title={"en": f"{subject.title()} of {place}, sheet {number}"},
        abstract={"en": f"Map and data of {subject} in the county of {place}. " * 8},
        dates={"publication": "2025-01-01"},
        identifiers=(Code(f"sheet-{number}"),),
        contacts=(party,),
        parties=(party,),
        keywords=(Words((Term({"en": subject}), Term({"en": place}))),),
        topics=("environment",),
        languages=("eng",),
        boxes=((west, south, west + 0.04, south + 0.02),),
        lineage={"en": "Made for a benchmark."},
        links=(Online(f"https://example.org/{number}", name=subject, protocol="WWW:LINK"),),
    )
