# SPDX-License-Identifier: EUPL-1.2
"""Small pieces of which the XML documents are made: elements, links, texts without what XML cannot hold."""

from datetime import datetime

from lxml import etree

from layers import inspire
from sdi.crs import Crs
from sdi.web.i18n import language

ATOM = "http://www.w3.org/2005/Atom"
GEORSS = "http://www.georss.org/georss"
OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"
PREFIXES: dict[str | None, str] = {None: ATOM, "georss": GEORSS, "inspire_dls": inspire.DOWNLOAD}
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_FORBIDDEN = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(55296, 57344), 65534, 65535))


def put(parent: etree._Element, name: str, text: str | None = None, **attributes: str) -> etree._Element:
    """A child in the namespace of its parent, or in that named `{...}name`."""
    if not name.startswith("{"):
        name = f"{{{etree.QName(parent).namespace}}}{name}"
    made = etree.SubElement(parent, name, {key: clean(value) for key, value in attributes.items()})
    if text is not None:
        made.text = clean(text)
    return made


def link(parent: etree._Element, rel: str, href: str, media_type: str, title: str, spoken: str | None = None) -> None:
    """An atom:link in a language, this answer's unless said."""
    put(parent, "link", rel=rel, href=href, type=media_type, hreflang=spoken or language(), title=title)


def category(parent: etree._Element, crs: Crs, title: str) -> None:
    """The reference system as the guidance wants it: its URI and a label to read."""
    put(parent, "category", term=crs.uri, label=title)


def clean(text: str) -> str:
    """The text without what XML 1.0 cannot hold (section 2.2)."""
    return text.translate(_FORBIDDEN)


def moment(value: datetime) -> str:
    """RFC 3339 without fractions of a second."""
    return value.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def encoded(root: etree._Element) -> bytes:
    """The document's bytes."""
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
