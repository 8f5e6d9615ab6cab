# SPDX-License-Identifier: EUPL-1.2
"""The service's own metadata as gmd:MD_Metadata (ISO/TS 19139:2007, ISO 19119), for the feed's `describedby`."""

from collections.abc import Sequence
from datetime import date
from uuid import NAMESPACE_URL, uuid5

from flask import render_template

from layers import inspire
from layers.atom.document import clean
from layers.atom.feeds import metadata, service_title
from layers.model import Layer
from sdi.web.context import base_url, services
from sdi.web.i18n import language, localised

_POLAND = (14.07, 49.0, 24.15, 54.84)


def record(layers: Sequence[Layer]) -> bytes:
    """The record, with a link to the metadata of every data set that the service offers."""
    site = services().settings.site
    own = f"{base_url()}/atom"
    boxes = [layer.bbox for layer in layers] or [_POLAND]
    text = render_template(
        "atom/metadata.xml",
        identifier=uuid5(NAMESPACE_URL, own),
        spoken=inspire.CODES[language()],
        organisation=clean(localised(site.title)),
        contact=site.contact,
        changed=max((layer.updated_at.date() for layer in layers), default=date(2000, 1, 1)).isoformat(),
        title=clean(service_title()),
        abstract=clean(localised(site.abstract)),
        box=[func(box[side] for box in boxes) for side, func in enumerate((min, min, max, max))],
        address=own,
        operates_on=[metadata(layer) for layer in layers],
    )
    return text.encode()
