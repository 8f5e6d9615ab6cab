# SPDX-License-Identifier: EUPL-1.2
"""What filters and sorting of the catalogue may ask for: the standards' names, and the columns behind them.

Texts are compared folded (without case and diacritics), so that whoever types `gminy` or `plock` finds them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, Text, cast, func

from catalogue.store import RECORD as R
from sdi.errors import InvalidParameter
from sdi.filters.schema import Kind, Queryable, Schema

RECORD = ("AnyText", "Identifier", "Title", "Abstract", "Subject", "Type", "Modified", "Date", "Language", "Creator",
          "Publisher", "Contributor", "Format", "Source", "Relation", "Rights", "CRS", "BoundingBox")  # fmt: skip
"""Queryables of csw:Record (OGC 07-006r1, table 6)."""

ISO = ("AnyText", "Identifier", "Title", "AlternateTitle", "Abstract", "Subject", "Type", "Modified", "CreationDate",
       "RevisionDate", "PublicationDate", "Language", "ResourceLanguage", "ResourceIdentifier", "ParentIdentifier",
       "OrganisationName", "HasSecurityConstraints", "KeywordType", "TopicCategory", "GeographicDescriptionCode",
       "Denominator", "DistanceValue", "DistanceUOM", "Format", "CRS", "TempExtent_begin", "TempExtent_end",
       "ServiceType", "ServiceTypeVersion", "Operation", "CouplingType", "OperatesOn", "OperatesOnIdentifier",
       "BoundingBox")  # fmt: skip
"""Queryables of the ISO application profile (OGC 07-045r1, tables 9 to 14)."""

INSPIRE = ("Degree", "SpecificationTitle", "SpecificationDate", "SpecificationDateType", "AccessConstraints",
           "OtherConstraints", "Classification", "ConditionApplyingToAccessAndUse", "Lineage", "ResponsiblePartyRole",
           "MetadataPointOfContact")  # fmt: skip
"""Queryables that INSPIRE adds (Technical Guidance for Discovery Services 3.1, table 1)."""

_ALIASES = {
    "keyword": "subject",
    "keywords": "subject",
    "created": "date",
    "boundingbox": "bbox",
    "coverage": "bbox",
    "spatial": "bbox",
    "geometry": "bbox",
    "description": "abstract",
    "parentidentifier": "relation",
    "operatesonidentifier": "operateson",
    "rights": "otherconstraints",
    "source": "lineage",
    "classification": "accessconstraints",
    "theme": "inspire",
    "updated": "modified",
    "license": "licence",
}
_MULTIPLE = (
    "subject crs resourceidentifier format organisationname contributor responsiblepartyrole metadatapointofcontact"
    " resourcelanguage alternatetitle keywordtype servicetypeversion operation operateson geographicdescriptioncode"
    " accessconstraints otherconstraints conditionapplyingtoaccessanduse specificationtitle degree topiccategory"
    " inspire"
)
MULTIPLE = frozenset(_MULTIPLE.split())
"""Those whose texts stand between bars (`|one|other|`): one of them equal makes them equal."""


def _folded(text: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.sdi.fold(text, type_=Text())


def _said(name: str) -> Queryable:
    return Queryable(Kind.TEXT, _folded(R.c.queryable[name].astext))


def _listed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # In lower case and not folded: these are codes.
    return func.lower(func.concat("|", func.array_to_string(column, "|"), "|"), type_=Text())


SCHEMA: Schema = {
    "anytext": Queryable(Kind.TEXT, R.c.folded),
    "identifier": Queryable(Kind.TEXT, R.c.identifier),
    "title": Queryable(Kind.TEXT, _folded(R.c.name)),
    "abstract": Queryable(Kind.TEXT, _folded(func.catalogue.texts(R.c.abstract))),
    "subject": Queryable(Kind.TEXT, _folded(R.c.subjects)),
    "type": Queryable(Kind.TEXT, func.lower(R.c.type, type_=Text())),
    "language": Queryable(Kind.TEXT, R.c.language),
    "relation": Queryable(Kind.TEXT, R.c.parent),
    "licence": Queryable(Kind.TEXT, R.c.licence),
    "organisation": Queryable(Kind.TEXT, R.c.organisation),
    "topiccategory": Queryable(Kind.TEXT, _listed(R.c.topics)),
    "inspire": Queryable(Kind.TEXT, _listed(R.c.inspires)),
    "modified": Queryable(Kind.TIMESTAMP, R.c.modified),
    "date": Queryable(Kind.TIMESTAMP, R.c.created),
    **{f"{kind}date": Queryable(Kind.DATE, cast(R.c.queryable[f"{kind}date"].astext, Date))
       for kind in ("publication", "specification")},
    "creationdate": Queryable(Kind.DATE, cast(R.c.created, Date)),
    "revisiondate": Queryable(Kind.DATE, cast(R.c.modified, Date)),
    "tempextent_begin": Queryable(Kind.DATE, R.c.time_begin),
    "tempextent_end": Queryable(Kind.DATE, R.c.time_end),
    "bbox": Queryable(Kind.GEOMETRY, R.c.bbox, srid=4326),
    **{name: Queryable(Kind.NUMBER, cast(R.c.queryable[name].astext, Numeric))
       for name in ("denominator", "distancevalue")},
    "hassecurityconstraints": Queryable(Kind.BOOLEAN, R.c.visibility != "public"),
    **{name: _said(name) for name in (
        "creator", "publisher", "contributor", "organisationname", "lineage", "crs", "resourceidentifier", "format",
        "resourcelanguage", "alternatetitle", "keywordtype", "servicetype", "servicetypeversion", "operation",
        "couplingtype", "operateson", "geographicdescriptioncode", "distanceuom", "accessconstraints",
        "otherconstraints", "conditionapplyingtoaccessanduse", "specificationtitle", "specificationdatetype", "degree",
        "responsiblepartyrole", "metadatapointofcontact")},
}  # fmt: skip
"""Queryables by their canonical names."""

_SORTED: Mapping[str, ColumnElement[Any]] = {
    "title": R.c.name,
    "modified": R.c.modified,
    "date": R.c.created,
    "creationdate": R.c.created,
    "revisiondate": R.c.modified,
    "identifier": R.c.identifier,
    "type": R.c.type,
    "publisher": R.c.organisation,
    "organisation": R.c.organisation,
    "organisationname": R.c.organisation,
    "tempextent_begin": R.c.time_begin,
    "language": R.c.language,
}
SORTABLES = ("title", "modified", "date", "identifier", "type", "organisation", "language")


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
        listed = ", ".join(dict.fromkeys((*RECORD, *ISO, *INSPIRE)))
        raise InvalidParameter(f"There is no queryable {name[:80]!r}; there are: {listed}.", locator=locator)
    return found


def sort_column(name: str, locator: str = "SortBy") -> ColumnElement[Any]:
    """The column to sort by; InvalidParameter where records are not sorted by it."""
    column = _SORTED.get(known(name, locator))
    if column is None:
        message = f"Records are not sorted by {name[:80]!r}; they are by: {', '.join(_SORTED)}."
        raise InvalidParameter(message, locator=locator)
    return column
