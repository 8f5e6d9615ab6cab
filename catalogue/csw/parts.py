# SPDX-License-Identifier: EUPL-1.2
"""Parts that several requests have, found by their local names: the two versions differ in namespaces alone."""

from lxml import etree

from sdi.errors import InvalidParameter


def first(parent: etree._Element, path: str) -> etree._Element | None:
    """The first element at a path of local names."""
    return parent.find("/".join(f"{{*}}{step}" for step in path.split("/")))


def texts(parent: etree._Element, path: str) -> list[str]:
    """Texts, without empty ones, of the elements at a path of local names."""
    found = parent.iterfind("/".join(f"{{*}}{step}" for step in path.split("/")))
    return [text for element in found if (text := (element.text or "").strip())]


def constraint(parent: etree._Element) -> str | etree._Element | None:
    """The Filter or the CQL text of a csw:Constraint; None where there is no constraint."""
    found = first(parent, "Constraint")
    if found is None:
        return None
    said = first(found, "Filter")
    if said is not None:
        return said
    text = next(iter(texts(found, "CqlText")), "")
    if not text:
        raise InvalidParameter("A Constraint holds an ogc:Filter or a csw:CqlText.", locator="Constraint")
    return text
