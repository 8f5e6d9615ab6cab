# SPDX-License-Identifier: EUPL-1.2
"""SOAP round CSW's messages (OGC 07-006r1, 10.3.3; 07-045r1, 8.2): both versions of the envelope."""

from lxml import etree

from sdi.errors import BramaError, InvalidParameter

_SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_MEDIA_TYPES = {_SOAP_11: "text/xml; charset=utf-8", _SOAP_12: "application/soap+xml; charset=utf-8"}


def is_envelope(root: etree._Element) -> bool:
    """Whether the document is a SOAP envelope."""
    return root.tag in (f"{{{_SOAP_11}}}Envelope", f"{{{_SOAP_12}}}Envelope")


def content(root: etree._Element) -> etree._Element:
    """The message in an envelope's body."""
    found = [one for one in root.iterfind(f"{{{_namespace(root)}}}Body/*") if isinstance(one.tag, str)]
    if len(found) != 1:
        raise InvalidParameter("The body of the SOAP envelope holds one request.", locator="Body")
    return found[0]


def envelope(root: etree._Element, answer: bytes) -> bytes:
    """An answer in an envelope of the version of the request's."""
    made = etree.Element(f"{{{_namespace(root)}}}Envelope", nsmap={"soap": _namespace(root)})
    etree.SubElement(made, f"{{{_namespace(root)}}}Body").append(etree.fromstring(answer))
    return etree.tostring(made, encoding="UTF-8", xml_declaration=True)


def fault(root: etree._Element, error: BramaError, report: bytes) -> bytes:
    """A fault with the exception report as its detail (OGC 06-121r9, 8.6)."""
    namespace = _namespace(root)
    made = etree.Element(f"{{{namespace}}}Envelope", nsmap={"soap": namespace})
    one = etree.SubElement(etree.SubElement(made, f"{{{namespace}}}Body"), f"{{{namespace}}}Fault")
    if namespace == _SOAP_11:
        etree.SubElement(one, "faultcode").text = "soap:Client" if error.status < 500 else "soap:Server"
        etree.SubElement(one, "faultstring").text = error.ows
        detail = etree.SubElement(one, "detail")
    else:
        code = etree.SubElement(one, f"{{{namespace}}}Code")
        value = etree.SubElement(code, f"{{{namespace}}}Value")
        value.text = "soap:Sender" if error.status < 500 else "soap:Receiver"
        reason = etree.SubElement(etree.SubElement(one, f"{{{namespace}}}Reason"), f"{{{namespace}}}Text")
        reason.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
        reason.text = error.ows
        detail = etree.SubElement(one, f"{{{namespace}}}Detail")
    detail.append(etree.fromstring(report))
    return etree.tostring(made, encoding="UTF-8", xml_declaration=True)


def media_type(root: etree._Element) -> str:
    """The media type of the envelope's version."""
    return _MEDIA_TYPES[_namespace(root)]


def _namespace(root: etree._Element) -> str:
    return str(etree.QName(root).namespace)
