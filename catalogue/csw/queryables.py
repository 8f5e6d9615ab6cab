# SPDX-License-Identifier: EUPL-1.2
"""What CSW filters and sorting may ask for: the standard's names, and the columns behind them.

Texts are compared folded (without case and diacritics), so that whoever types `gminy` or `plock` finds them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Date, Text, cast, func, literal

from catalogue.store import RECORD as R
from sdi.errors import InvalidParameter
from sdi.filters.schema import Kind, Queryable, Schema

RECORD = ("AnyText", "Identifier", "Title", "Abstract", "Subject", "Type", "Modified", "Date", "Language", "Creator",
          "Publisher", "CRS", "BoundingBox")  # fmt: skip
"""Queryables of csw:Record (OGC 07-006r1, table 6)."""

ISO = ("AnyText", "Identifier", "Title", "AlternateTitle", "Abstract", "Subject", "Type", "Modified", "CreationDate",
       "RevisionDate", "Language", "ResourceLanguage", "OrganisationName", "TopicCategory", "Lineage", "CRS",
       "TempExtent_begin", "TempExtent_end", "BoundingBox")  # fmt: skip
"""Queryables of the ISO application profile (OGC 07-045r1, tables 9 to 14) that records here can answer."""

_ALIASES = {
    "keyword": "subject",
    "keywords": "subject",
    "organisationname": "publisher",
    "resourcelanguage": "language",
    "creationdate": "date",
    "created": "date",
    "revisiondate": "modified",
    "boundingbox": "bbox",
    "coverage": "bbox",
    "spatial": "bbox",
    "geometry": "bbox",
    "description": "abstract",
    "resourceidentifier": "identifier",
}


def _folded(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.sdi.fold(text, type_=Text())


def _fact(name: str) -> ColumnElement[Any]:
    text: ColumnElement[Any] = R.c.facts[name].astext
    return text


SCHEMA: Schema = {
    "anytext": Queryable(Kind.TEXT, R.c.folded),
    "identifier": Queryable(Kind.TEXT, cast(R.c.id, Text)),
    "title": Queryable(Kind.TEXT, _folded(R.c.name)),
    "alternatetitle": Queryable(Kind.TEXT, _folded(R.c.title["en"].astext)),
    "abstract": Queryable(Kind.TEXT, _folded(R.c.abstract["pl"].astext)),
    "subject": Queryable(Kind.TEXT, _folded(R.c.subjects)),
    "type": Queryable(Kind.TEXT, R.c.type),
    "language": Queryable(Kind.TEXT, R.c.language),
    "publisher": Queryable(Kind.TEXT, _folded(R.c.organisation_title["pl"].astext)),
    "creator": Queryable(Kind.TEXT, _folded(func.coalesce(_fact("attribution"), R.c.organisation_title["pl"].astext))),
    "topiccategory": Queryable(Kind.TEXT, _folded(_fact("topic"))),
    "lineage": Queryable(Kind.TEXT, _folded(_fact("lineage"))),
    "crs": Queryable(Kind.TEXT, _folded(literal("urn:ogc:def:crs:EPSG::").concat(_fact("srid")))),
    "modified": Queryable(Kind.TIMESTAMP, R.c.modified),
    "date": Queryable(Kind.TIMESTAMP, R.c.created),
    "tempextent_begin": Queryable(Kind.DATE, cast(func.left(_fact("time_start"), 10), Date)),
    "tempextent_end": Queryable(Kind.DATE, cast(func.left(_fact("time_end"), 10), Date)),
    "bbox": Queryable(Kind.GEOMETRY, R.c.bbox, srid=4326),
}
"""Queryables by their canonical names."""

_SORTED: Mapping[str, ColumnElement[Any]] = {
    "title": R.c.name,
    "modified": R.c.modified,
    "date": R.c.created,
    "identifier": R.c.id,
    "type": R.c.type,
    "publisher": R.c.organisation,
}


def canonical(name: str) -> str | None:
    """The canonical name of a queryable written as `csw:Title`, `dc:title` or `apiso:Title`; None if unknown."""
    local = name.strip().rpartition(":")[2].rpartition("/")[2].lower()
    local = _ALIASES.get(local, local)
    return local if local in SCHEMA else None


class _Names(Mapping[str, str]):
    """`canonical` as the mapping that the reader of filters wants."""

    def __getitem__(self, name: str) -> str:
        found = canonical(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(SCHEMA)

    def __len__(self) -> int:
        return len(SCHEMA)


NAMES: Mapping[str, str] = _Names()


def known(name: str, locator: str) -> str:
    """As `canonical`; InvalidParameter for a name that is none."""
    found = canonical(name)
    if found is None:
        listed = ", ".join(dict.fromkeys((*RECORD, *ISO)))
        raise InvalidParameter(f"There is no queryable {name[:80]!r}; there are: {listed}.", locator=locator)
    return found


def sort_column(name: str) -> ColumnElement[Any]:
    """The column to sort by; InvalidParameter where records are not sorted by it."""
    column = _SORTED.get(known(name, "SortBy"))
    if column is None:
        message = f"Records are not sorted by {name[:80]!r}; they are by: {', '.join(_SORTED)}."
        raise InvalidParameter(message, locator="SortBy")
    return column
