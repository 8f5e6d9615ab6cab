# SPDX-License-Identifier: EUPL-1.2
"""XML namespaces of catalogue documents, and the one way elements are made."""

from lxml import etree

CSW = "http://www.opengis.net/cat/csw/2.0.2"
CSW3 = "http://www.opengis.net/cat/csw/3.0"
DC = "http://purl.org/dc/elements/1.1/"
DCT = "http://purl.org/dc/terms/"
GCO = "http://www.isotc211.org/2005/gco"
GMD = "http://www.isotc211.org/2005/gmd"
GMX = "http://www.isotc211.org/2005/gmx"
GML = "http://www.opengis.net/gml/3.2"
DCAT = "http://www.w3.org/ns/dcat#"
GML31 = "http://www.opengis.net/gml"
OGC = "http://www.opengis.net/ogc"
OWS = "http://www.opengis.net/ows"
OWS2 = "http://www.opengis.net/ows/2.0"
OWS11 = "http://www.opengis.net/ows/1.1"
FES = "http://www.opengis.net/fes/2.0"
SRV = "http://www.isotc211.org/2005/srv"
XLINK = "http://www.w3.org/1999/xlink"
XSD = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

RECORD_PREFIXES = {"csw": CSW, "dc": DC, "dct": DCT, "ows": OWS}
RECORD3_PREFIXES = {"csw30": CSW3, "dc": DC, "dct": DCT, "ows": OWS2}
ISO_PREFIXES = {
    "gmd": GMD, "gco": GCO, "gmx": GMX, "srv": SRV, "gml": GML, "xlink": XLINK, "xsi": XSI,
}  # fmt: skip

_ISO_3 = "http://standards.iso.org/iso/19115/-3"
MDB = f"{_ISO_3}/mdb/2.0"
MDB_PREFIXES = {
    "mdb": MDB, "cit": f"{_ISO_3}/cit/2.0", "gcx": f"{_ISO_3}/gcx/1.0", "gex": f"{_ISO_3}/gex/1.0",
    "lan": f"{_ISO_3}/lan/1.0", "srv": f"{_ISO_3}/srv/2.1", "mcc": f"{_ISO_3}/mcc/1.0", "mco": f"{_ISO_3}/mco/1.0",
    "mmi": f"{_ISO_3}/mmi/1.0", "mrd": f"{_ISO_3}/mrd/1.0", "mri": f"{_ISO_3}/mri/1.0", "mrl": f"{_ISO_3}/mrl/2.0",
    "mrs": f"{_ISO_3}/mrs/1.0", "msr": f"{_ISO_3}/msr/2.0", "mdq": "http://standards.iso.org/iso/19157/-2/mdq/1.0",
    "gco": f"{_ISO_3}/gco/1.0", "gml": GML, "xlink": XLINK, "xsi": XSI,
}  # fmt: skip

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
