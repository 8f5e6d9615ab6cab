# SPDX-License-Identifier: EUPL-1.2
"""The feed of the service and the feeds of data sets (Technical Guidance 3.1, A.5.1 and A.5.2)."""

from collections.abc import Sequence
from datetime import UTC, datetime

from lxml import etree

from layers import inspire
from layers.atom.document import ATOM, GEORSS, PREFIXES, XML_LANG, category, encoded, link, moment, put
from layers.atom.model import ATOM as ATOM_TYPE
from layers.atom.model import OPENSEARCH, Offer, offers, systems
from layers.model import Layer
from sdi.web.context import base_url, services
from sdi.web.i18n import LANGUAGES, language, localised
from sdi.web.i18n import gettext as _

_XML = "application/xml"
_HTML = "text/html"
_NOTHING_YET = datetime(2000, 1, 1, tzinfo=UTC)


def namespace() -> str:
    """The namespace of the identifiers of data sets; the codes are the layers' ids."""
    return f"{services().settings.public_url}/"


def service_title() -> str:
    """What the service is called."""
    return f"{localised(services().settings.site.title)}: {_('data sets to download')}"


def rights(layer: Layer) -> str:
    """What a data set may be used for, as far as it is stated."""
    return layer.licence or _("The licence is not stated; ask the publisher.")


def service_feed(layers: Sequence[Layer]) -> bytes:
    """Every data set, in the order of the portal."""
    own = f"{base_url()}/atom"
    changed = max((layer.updated_at for layer in layers), default=_NOTHING_YET)
    feed = _feed(service_title(), localised(services().settings.site.abstract), f"{own}?lang={language()}")
    link(feed, "describedby", f"{own}/metadata", _XML, _("Metadata of the service"))
    link(feed, "search", f"{own}/opensearch?lang={language()}", OPENSEARCH, _("Search description"))
    _translations(feed, own)
    _head(feed, f"{own}?lang={language()}", _("Each data set names its own licence."), changed)
    for layer in layers:
        _dataset(feed, layer)
    return encoded(feed)


def dataset_feed(layer: Layer) -> bytes:
    """The files of one data set, an entry each; of a raster its one file."""
    own = address(layer)
    title = localised(layer.title) or layer.id
    feed = _feed(title, localised(layer.abstract), f"{own}?lang={language()}")
    link(feed, "describedby", metadata(layer), _XML, _("Metadata of the data set"))
    if layer.kind == "vector":
        schema = f"{base_url()}/ogc/collections/{layer.id}/schema?lang={language()}"
        link(feed, "describedby", schema, "application/schema+json", _("Schema of the features"))
    link(feed, "up", f"{base_url()}/atom?lang={language()}", ATOM_TYPE, service_title())
    _translations(feed, own)
    _head(feed, f"{own}?lang={language()}", rights(layer), layer.updated_at)
    for offer in offers(layer):
        _file(feed, offer, title)
    return encoded(feed)


def address(layer: Layer) -> str:
    """Where a data set's feed is."""
    return f"{base_url()}/atom/datasets/{layer.id}"


def metadata(layer: Layer) -> str:
    """Where the ISO 19139 record of a data set is, by the catalogue's own address of a layer's record."""
    return f"{base_url()}/catalogue/{layer.id}?f=iso"


def file_title(offer: Offer, title: str) -> str:
    """What an entry of a data set is called."""
    return f"{title} – {localised(offer.format.title)}, {localised(offer.crs.titles)}"


def _feed(title: str, subtitle: str, own: str) -> etree._Element:
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap=PREFIXES)  # type: ignore[arg-type]
    feed.set(XML_LANG, language())
    put(feed, "title", title)
    if subtitle:
        put(feed, "subtitle", subtitle)
    link(feed, "self", own, ATOM_TYPE, title)
    return feed


def _translations(feed: etree._Element, own: str) -> None:
    for code in LANGUAGES:
        if code != language():
            link(feed, "alternate", f"{own}?lang={code}", ATOM_TYPE, _("The feed in another language"), code)
        link(feed, "alternate", f"{own}?f=html&lang={code}", _HTML, _("The feed as a page"), code)


def _head(feed: etree._Element, own: str, allowed: str, changed: datetime) -> None:
    site = services().settings.site
    put(feed, "id", own)
    put(feed, "rights", allowed)
    put(feed, "updated", moment(changed))
    author = put(feed, "author")
    put(author, "name", localised(site.title))
    if site.contact:
        put(author, "email", site.contact)


def _dataset(feed: etree._Element, layer: Layer) -> None:
    title, own = localised(layer.title) or layer.id, address(layer)
    entry = put(feed, "entry")
    put(entry, f"{{{inspire.DOWNLOAD}}}spatial_dataset_identifier_code", layer.id)
    put(entry, f"{{{inspire.DOWNLOAD}}}spatial_dataset_identifier_namespace", namespace())
    put(entry, "title", title)
    link(entry, "describedby", metadata(layer), _XML, _("Metadata of the data set"))
    for code in LANGUAGES:
        link(entry, "alternate", f"{own}?lang={code}", ATOM_TYPE, title, code)
    if layer.kind == "vector":
        wfs = f"{base_url()}/wfs?service=WFS&version=2.0.0&request=GetCapabilities"
        link(entry, "related", wfs, _XML, _("Direct access to the features (WFS)"))
    else:
        coverage = f"{base_url()}/ogc/collections/{layer.id}/coverage?f=html"
        link(entry, "related", coverage, _HTML, _("Direct access to the values (OGC API Coverages)"))
    put(entry, "id", own)
    put(entry, "rights", rights(layer))
    put(entry, "updated", moment(layer.updated_at))
    put(entry, "summary", localised(layer.abstract) or title)
    _place(entry, layer)
    for crs in systems(layer):
        category(entry, crs, localised(crs.titles))


def _file(feed: etree._Element, offer: Offer, title: str) -> None:
    entry = put(feed, "entry")
    named = file_title(offer, title)
    put(entry, "title", named)
    west, south, east, north = offer.layer.bbox
    put(entry, "link", rel="alternate", href=offer.address, type=offer.format.media_type, hreflang=language(),
        title=named, bbox=f"{south:.6f} {west:.6f} {north:.6f} {east:.6f}")  # fmt: skip
    put(entry, "id", offer.address)
    put(entry, "rights", rights(offer.layer))
    put(entry, "updated", moment(offer.layer.updated_at))
    _place(entry, offer.layer)
    category(entry, offer.crs, localised(offer.crs.titles))


def _place(entry: etree._Element, layer: Layer) -> None:
    """The layer's box as a ring of latitudes and longitudes, counter-clockwise from the south-west."""
    west, south, east, north = layer.bbox
    ring = ((south, west), (south, east), (north, east), (north, west), (south, west))
    put(entry, f"{{{GEORSS}}}polygon", " ".join(f"{lat:.6f} {lon:.6f}" for lat, lon in ring))
