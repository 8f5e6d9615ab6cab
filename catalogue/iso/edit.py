# SPDX-License-Identifier: EUPL-1.2
"""Values set in a document where they stand, by the names of queryables or by paths; all the rest stays as it is."""

import re
from collections.abc import Mapping, Sequence

from lxml import etree

from catalogue.encodings.names import clean
from catalogue.iso.elements import every, local
from sdi.errors import InvalidParameter, Unprocessable

_PATHS: Mapping[str, Sequence[str]] = {
    "title": ("identificationInfo/*/citation/*/title",),
    "alternatetitle": ("identificationInfo/*/citation/*/alternateTitle",),
    "abstract": ("identificationInfo/*/abstract",),
    "modified": ("dateStamp", "dateInfo/*/date"),
    "language": ("language", "defaultLocale/*/language"),
    "type": ("hierarchyLevel", "metadataScope/*/resourceScope"),
    "parentidentifier": ("parentIdentifier",),
    "topiccategory": ("identificationInfo/*/topicCategory",),
    "organisationname": (
        "identificationInfo/*/pointOfContact/*/organisationName",
        "identificationInfo/*/pointOfContact/*/party/*/name",
    ),
    "lineage": ("dataQualityInfo/*/lineage/*/statement", "resourceLineage/*/statement"),
    "otherconstraints": ("identificationInfo/*/resourceConstraints/*/otherConstraints",),
    "conditionapplyingtoaccessanduse": ("identificationInfo/*/resourceConstraints/*/useLimitation",),
    "linkage": ("distributionInfo/*/transferOptions/*/onLine/*/linkage",),
}
_PATH = re.compile(r"/?(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*(?:/(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*){0,40}")
_VALUES = ("CharacterString", "Anchor", "URL", "Date", "DateTime", "Integer", "Decimal", "Boolean", "Real")


def edit(root: etree._Element, properties: Sequence[tuple[str, str]]) -> None:
    """Set each named property to its text, in every place that has it.

    Raises InvalidParameter for what is no name and no path, Unprocessable where the document has no such element.
    """
    for name, text in properties:
        places = _places(root, name)
        if not places:
            message = f"The record has no {name[:120]!r} to set; put the whole record in its place."
            raise Unprocessable(message, locator="RecordProperty")
        for place in places:
            _set(place, clean(text))


def _places(root: etree._Element, name: str) -> list[etree._Element]:
    known = _PATHS.get(name.rpartition(":")[2].lower()) if "/" not in name.strip("/") else None
    if known:
        return next((found for path in known if (found := list(every(root, path)))), [])
    if not _PATH.fullmatch(name):
        raise InvalidParameter(f"{name[:120]!r} is no name and no path of elements.", locator="Name")
    steps = [step.rpartition(":")[2] for step in name.strip("/").split("/")]
    if steps and steps[0] == local(root):
        steps = steps[1:]
    return list(every(root, "/".join(steps))) if steps else []


def _set(place: etree._Element, text: str) -> None:
    """The text of a property's value, of the value itself, or of a term of Dublin Core."""
    inner = next((child for child in place if isinstance(child.tag, str)), None)
    if inner is None:
        place.text = text
    elif inner.get("codeListValue") is not None:
        inner.set("codeListValue", text)
        inner.text = text
    elif local(inner) in _VALUES or len(inner) == 0:
        inner.text = text
    else:
        raise Unprocessable(f"{local(place)!r} holds more than a text; name what is inside it.", locator="Name")
