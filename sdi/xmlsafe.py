# SPDX-License-Identifier: EUPL-1.2
"""The one way XML from outside becomes a tree: no document type, no entities, no network, limits of bytes and depth."""

import codecs
import re

from lxml import etree

from sdi.errors import InvalidParameter, TooLarge

DEPTH = 100
"""Levels of elements; ISO 19139 records and GML use under 40."""

# What Polish offices send. Encodings that libxml2 knows beside these could hide a document type from the check below.
_ENCODINGS = {
    "utf-8": "utf-8",
    "us-ascii": "ascii",
    "iso-8859-1": "latin-1",
    "iso-8859-2": "iso8859-2",
    "windows-1250": "cp1250",
    "windows-1252": "cp1252",
}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# No possessive groups: Python before 3.11.4 matches them wrongly. Nothing here can fail after a repeat: it is linear.
_DECLARATION = re.compile(r"""<\?xml\s[^>]*\?>""")
_ENCODING = re.compile(r"""\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MISC = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)


def parse(data: bytes, *, limit: int, depth: int = DEPTH, locator: str | None = None) -> etree._Element:
    """The root element of a document of at most `limit` bytes.

    Raises TooLarge over the limits of bytes or depth, and InvalidParameter for what is not well-formed, has a document
    type declaration (and so could have entities) or comes in an encoding that is not read.
    """
    if len(data) > limit:
        raise TooLarge(f"The XML document is over {limit} bytes.", locator=locator)
    text = _decode(data, locator)
    start = _MISC.match(text)
    if start and text.startswith("<!", start.end()):
        message = "The XML document has a document type declaration; documents with DTD or entities are not read."
        raise InvalidParameter(message, locator=locator)
    root = _tree(text, locator)
    if root.getroottree().docinfo.internalDTD is not None:
        raise InvalidParameter("The XML document has a document type declaration.", locator=locator)
    if etree.XPath(f"boolean({'/*' * (depth + 1)})")(root.getroottree()):
        raise TooLarge(f"The XML document is nested over {depth} levels.", locator=locator)
    return root


def _decode(data: bytes, locator: str | None) -> str:
    """The document without its XML declaration, which a decoded text must not have."""
    encoding = "utf-16" if data.startswith(_UTF16) else _declared(data, locator)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        message = f"The XML document is not {encoding.upper()} as it says: byte {error.start} does not fit."
        raise InvalidParameter(message, locator=locator) from error
    return _DECLARATION.sub("", text, count=1) if text.startswith("<?xml") else text


def _declared(data: bytes, locator: str | None) -> str:
    head = data[:200].removeprefix(codecs.BOM_UTF8)
    declaration = _DECLARATION.match(head.decode("latin-1"))
    found = _ENCODING.search(declaration[0]) if declaration else None
    name = found[1].lower() if found else "utf-8"
    if name not in _ENCODINGS:
        served = ", ".join(_ENCODINGS)
        raise InvalidParameter(f"XML in {name!r} is not read; write it in {served}.", locator=locator)
    return _ENCODINGS[name]


def _tree(text: str, locator: str | None) -> etree._Element:
    # A parser of its own for every document: parsers keep state and are not shared between threads.
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False
    )
    try:
        return etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        raise InvalidParameter(f"The XML document is not well-formed: {error.msg}", locator=locator) from error
