# SPDX-License-Identifier: EUPL-1.2
"""XML namespaces of catalogue documents, and the one way elements are made."""

from lxml import etree

CSW = "http://www.opengis.net/cat/csw/2.0.2"
DC = "http://purl.org/dc/elements/1.1/"
DCT = "http://purl.org/dc/terms/"
GCO = "http://www.isotc211.org/2005/gco"
GMD = "http://www.isotc211.org/2005/gmd"
GMX = "http://www.isotc211.org/2005/gmx"
GML = "http://www.opengis.net/gml/3.2"
GML31 = "http://www.opengis.net/gml"
OGC = "http://www.opengis.net/ogc"
OWS = "http://www.opengis.net/ows"
SRV = "http://www.isotc211.org/2005/srv"
XLINK = "http://www.w3.org/1999/xlink"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

RECORD_PREFIXES = {"csw": CSW, "dc": DC, "dct": DCT, "ows": OWS}
ISO_PREFIXES = {"gmd": GMD, "gco": GCO, "gmx": GMX, "gml": GML, "xlink": XLINK}

# What XML 1.0 cannot hold (section 2.2); data from outside may have it.
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535))


def clean(text: str) -> str:
    """`text` without the characters that XML cannot hold."""
    return text.translate(_FORBIDDEN)


def put(
    parent: etree._Element, namespace: str, name: str, text: str | None = None, /, **attributes: str
) -> etree._Element:
    """Append an element and return it."""
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    for attribute, value in attributes.items():
        element.set(attribute, clean(value))
    if text is not None:
        element.text = clean(text)
    return element


def document(root: etree._Element) -> bytes:
    """The bytes of a whole document."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
