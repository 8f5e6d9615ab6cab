# SPDX-License-Identifier: EUPL-1.2
"""Which representation an answer has: `f` first, then the Accept header."""

from collections.abc import Mapping

from flask import request

from sdi.errors import InvalidParameter

JSON = "application/json"
HTML = "text/html"
COMMON = {"json": JSON, "html": HTML}


def negotiate(offers: Mapping[str, str] = COMMON) -> str:
    """The short name (`json`, `html`, ...) of the representation to send; `offers` maps them to media types.

    The first offer serves whoever accepts anything. An unknown `f` is refused; an Accept header that fits nothing
    gets the first offer, as RFC 9110 section 12.5.1 allows, because many GIS clients send a wrong one.
    """
    wanted = request.args.get("f")
    if wanted is not None:
        for name, media_type in offers.items():
            if wanted in (name, media_type):
                return name
        raise InvalidParameter(f"Parameter 'f' is {wanted[:80]!r}; expected one of: {', '.join(offers)}.", locator="f")
    accept = request.headers.get("Accept", "*/*")
    first = next(iter(offers))
    if accept == "*/*":
        return first
    best = request.accept_mimetypes.best_match([media_type.partition(";")[0] for media_type in offers.values()])
    for name, media_type in offers.items():
        if media_type.partition(";")[0] == best:
            return name
    return first
