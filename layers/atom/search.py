# SPDX-License-Identifier: EUPL-1.2
"""The OpenSearch description with the queries that INSPIRE asks for (Technical Guidance 3.1, A.5.3)."""

from collections.abc import Sequence

from lxml import etree

from layers import inspire
from layers.atom.document import OPENSEARCH, encoded, put
from layers.atom.feeds import namespace, service_title
from layers.atom.model import ATOM, GEOTIFF, systems
from layers.atom.model import OPENSEARCH as OPENSEARCH_TYPE
from layers.formats.model import FORMATS
from layers.model import Layer
from sdi.web.context import base_url, services
from sdi.web.i18n import LANGUAGES, language, localised

_IDENTIFIED = (
    "spatial_dataset_identifier_code={inspire_dls:spatial_dataset_identifier_code?}"
    "&spatial_dataset_identifier_namespace={inspire_dls:spatial_dataset_identifier_namespace?}"
)
_EXAMPLES = 20


def description(layers: Sequence[Layer]) -> bytes:
    """How to search: words, the feed of a data set by its identifier, a file of it by format and CRS."""
    prefixes: dict[str | None, str] = {None: OPENSEARCH, "inspire_dls": inspire.DOWNLOAD}
    root = etree.Element(f"{{{OPENSEARCH}}}OpenSearchDescription", nsmap=prefixes)  # type: ignore[arg-type]
    site, own = services().settings.site, f"{base_url()}/atom"
    put(root, "ShortName", localised(site.title)[:16])
    put(root, "Description", service_title()[:1024])
    if site.contact:
        put(root, "Contact", site.contact)
    put(root, "Tags", "INSPIRE download Atom")
    put(root, "LongName", localised(site.title)[:48])
    _url(root, "self", OPENSEARCH_TYPE, f"{own}/opensearch?lang={language()}")
    _url(root, "results", ATOM, f"{own}/search?q={{searchTerms}}&language={{language?}}")
    _url(root, "results", "text/html", f"{own}/search?f=html&q={{searchTerms}}&language={{language?}}")
    _url(root, "describedby", ATOM, f"{own}/describe?{_IDENTIFIED}&language={{language?}}")
    for kind in (*FORMATS.values(), GEOTIFF):
        query = f"{_IDENTIFIED}&crs={{inspire_dls:crs?}}&language={{language?}}&format={kind.name}"
        _url(root, "results", kind.media_type, f"{own}/get?{query}")
    for layer in layers[:_EXAMPLES]:
        _example(root, layer)
    put(root, "Developer", localised(site.title)[:64])
    for code in (language(), *(code for code in LANGUAGES if code != language())):
        put(root, "Language", code)
    put(root, "OutputEncoding", "UTF-8")
    put(root, "InputEncoding", "UTF-8")
    return encoded(root)


def _url(root: etree._Element, rel: str, media_type: str, template: str) -> None:
    put(root, "Url", type=media_type, rel=rel, template=template)


def _example(root: etree._Element, layer: Layer) -> None:
    made = put(root, "Query", role="example", title=(localised(layer.title) or layer.id)[:256], count="1")
    made.set(f"{{{inspire.DOWNLOAD}}}spatial_dataset_identifier_code", layer.id)
    made.set(f"{{{inspire.DOWNLOAD}}}spatial_dataset_identifier_namespace", namespace())
    made.set(f"{{{inspire.DOWNLOAD}}}crs", systems(layer)[0].uri)
    made.set("language", language())
    made.set("searchTerms", layer.id)
