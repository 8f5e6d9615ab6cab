# SPDX-License-Identifier: EUPL-1.2
"""Values that a GetDomain asks for: of parameters of requests those served, of queryables those that records have."""

from collections.abc import Mapping, Sequence
from typing import Any
from typing import cast as typed

from sqlalchemy import ColumnElement, Text, cast, func, select

from catalogue import service
from catalogue.csw.model import FORMATS, VERSIONS, GetDomain, Schema
from catalogue.queryables import MULTIPLE, SCHEMA, known
from catalogue.store import RECORD, options
from sdi.errors import InvalidParameter
from sdi.filters.schema import Kind
from sdi.web.context import principal, services

_MOST = 500
"""Most values of one name: the first in order."""
_PARAMETERS: Mapping[str, Sequence[str]] = {
    "service": ("CSW",),
    "version": VERSIONS,
    "acceptversions": VERSIONS,
    "outputformat": FORMATS,
    "outputschema": tuple(Schema),
    "typenames": ("csw:Record", "gmd:MD_Metadata", "mdb:MD_Metadata", "dcat:Dataset"),
    "typename": ("csw:Record", "gmd:MD_Metadata", "mdb:MD_Metadata"),
    "elementsetname": ("brief", "summary", "full"),
    "resulttype": ("hits", "results"),
    "constraintlanguage": ("FILTER", "CQL_TEXT"),
    "schemalanguage": ("XMLSCHEMA",),
}


def values(asked: GetDomain) -> dict[str, Sequence[str]]:
    """Values by each name asked for; InvalidParameter for a name that is none."""
    return {
        **{name: _parameter(name) for name in asked.parameters},
        **{name: _property(name) for name in asked.properties},
    }


def _parameter(name: str) -> Sequence[str]:
    found = _PARAMETERS.get(name.rpartition(".")[2].lower())
    if found is None:
        listed = ", ".join(f"GetRecords.{one}" for one in _PARAMETERS)
        raise InvalidParameter(f"There is no parameter {name[:80]!r}; there are: {listed}.", locator="parameterName")
    return found


def _property(name: str) -> Sequence[str]:
    canonical = known(name, "propertyName")
    queryable = SCHEMA[canonical]
    if queryable.kind is Kind.GEOMETRY or canonical == "anytext":
        return ()
    column = _plain(canonical)
    one = func.unnest(func.string_to_array(func.btrim(column, "|"), "|")) if canonical in MULTIPLE else column
    found = select(one.label("value")).distinct().select_from(RECORD)
    listed = service.here_only(found).subquery()
    wanted = select(listed.c.value).where(listed.c.value != "").order_by(listed.c.value).limit(_MOST)
    caller = principal()
    with services().database.read(caller) as connection:
        return list(connection.execute(wanted, execution_options=options(public=caller is None)).scalars())


def _plain(name: str) -> ColumnElement[Any]:
    """What records say, as they say it and not folded."""
    columns: Mapping[str, ColumnElement[Any]] = {
        "title": RECORD.c.name, "abstract": func.catalogue.texts(RECORD.c.abstract), "subject": RECORD.c.subjects,
        "type": RECORD.c.type, "relation": RECORD.c.parent, "topiccategory": func.array_to_string(RECORD.c.topics, "|"),
        "inspire": func.array_to_string(RECORD.c.inspires, "|"),
    }  # fmt: skip
    if name in columns:
        return columns[name]
    if SCHEMA[name].kind is Kind.TEXT and name not in RECORD.c:
        return typed("ColumnElement[Any]", RECORD.c.queryable[name].astext)
    return typed("ColumnElement[Any]", cast(SCHEMA[name].column, Text))
