# SPDX-License-Identifier: EUPL-1.2
"""The official schemas of the services, as far as distributions carry them, to hold answers to.

MapProxy carries those of WMS, WMTS and INSPIRE view services, pycsw those of OWS, filters and GML. None carries those
of WFS, SLD and SE: they are checked where `BRAMA_OGC_SCHEMAS` names a folder laid out as schemas.opengis.net.
"""

import importlib.util
import os
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml import etree

WFS_20, WFS_11 = "wfs/2.0/wfs.xsd", "wfs/1.1.0/wfs.xsd"
SLD_10, SLD_11 = "sld/1.0.0/StyledLayerDescriptor.xsd", "sld/1.1.0/StyledLayerDescriptor.xsd"
_NAMED = os.environ.get("BRAMA_OGC_SCHEMAS", "")
_W3C = {"/1999/xlink.xsd": "1999/xlink.xsd", "/2001/xml.xsd": "2001/xml.xsd", "/2009/01/xml.xsd": "2001/xml.xsd"}


def _carried(distribution: str, inside: str) -> Path:
    """A folder of a distribution, which is not imported for that."""
    found = importlib.util.find_spec(distribution)
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / inside


@cache
def _roots() -> tuple[Path, ...]:
    carried = (_carried("pycsw", "core/schemas/ogc"), _carried("mapproxy", "test/schemas"))
    return (Path(_NAMED), *carried) if _NAMED else carried


def find(place: str) -> Path:
    """The file of a schema by its place under schemas.opengis.net; skips the test where there is none."""
    found = next((root / place for root in _roots() if (root / place).is_file()), None)
    if found is None:
        pytest.skip(f"no distribution carries {place}; name a folder with it in BRAMA_OGC_SCHEMAS")
    return found


class _Local(etree.Resolver):
    """What schemas import by its address comes from the files at hand; nothing is fetched."""

    def resolve(self, system_url: str, public_id: str, context: Any) -> Any:  # noqa: ARG002 - as lxml calls it
        parts = urlsplit(system_url)
        if parts.netloc == "www.w3.org":
            return self.resolve_filename(str(_carried("pycsw", "core/schemas/w3c") / _W3C[parts.path]), context)
        if parts.netloc == "schemas.opengis.net":
            found = find(parts.path.lstrip("/"))
            if _NAMED and found.is_relative_to(_NAMED):  # its files include each other by either name
                return self.resolve_string(found.read_bytes(), context, base_url=system_url)
            return self.resolve_filename(str(found), context)
        return None


def _parser() -> etree.XMLParser:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return parser


@cache
def schema(*places: str) -> etree.XMLSchema:
    """The schemas of these places as one; compiled once."""
    names = {place: etree.parse(find(place)).getroot().get("targetNamespace") for place in places}
    imports = "".join(
        f'<xs:import namespace="{name}" schemaLocation="http://schemas.opengis.net/{place}"/>'
        for place, name in names.items()
    )
    return compiled(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'.encode())


def compiled(document: bytes) -> etree.XMLSchema:
    """A schema of our own, its imports from the files at hand."""
    return etree.XMLSchema(etree.fromstring(document, _parser()))


def mistakes(document: bytes | etree._Element, *places: str) -> list[str]:
    """What the schemas of these places say against a document or an element; empty where it is valid."""
    return said(document, schema(*places))


def said(document: bytes | etree._Element, validator: etree.XMLSchema) -> list[str]:
    """What a schema says against a document or an element."""
    # An element alone is written and read again: what it inherits from its parents goes with it.
    text = document if isinstance(document, bytes) else etree.tostring(document, with_tail=False)
    validator.validate(etree.fromstring(text))
    return [f"line {entry.line}: {entry.message}" for entry in validator.error_log]


def dtd_mistakes(document: bytes, place: str) -> list[str]:
    """What a document type definition says against a document."""
    with find(place).open("rb") as file:
        definition = etree.DTD(file)
    definition.validate(etree.fromstring(document))
    return [f"line {entry.line}: {entry.message}" for entry in definition.error_log]
