# SPDX-License-Identifier: EUPL-1.2
"""EXCEPTIONS: a refusal of GetMap as a report, written on a picture, or as an empty picture (OGC 06-042, 7.3.3.11)."""

from flask import Response

from layers.maps.notice import notice
from layers.maps.service import map_service
from layers.wms.model import EXCEPTION_FORMATS, ExceptionFormat
from layers.wms.parse import background, map_format, version_of
from sdi.errors import BramaError, InvalidParameter
from sdi.web.parameters import Parameters

_USUAL, _LARGEST = 256, 2_048


def picture_of(error: BramaError, parameters: Parameters) -> Response | None:
    """The refusal as a picture; None where a report is wanted, or where no picture can be made of it."""
    form = _form(parameters)
    if form == "XML":
        return None
    text = error.message if form == "INIMAGE" else ""
    try:
        media_type, picture = map_format(parameters.text("format") or "image/png")
        drawn = notice(text, _side(parameters, "width"), _side(parameters, "height"), picture,
                       background(parameters, picture))  # fmt: skip
        content = map_service().paint(drawn)
    except BramaError:
        return None
    return Response(content, content_type=media_type, headers={"Cache-Control": "no-store"})


def _form(parameters: Parameters) -> ExceptionFormat:
    """What was asked for; a report where that is unknown, since this is no time to refuse."""
    asked = (parameters.text("exceptions", 100) or "").lower()
    known = EXCEPTION_FORMATS["1.3.0"] | EXCEPTION_FORMATS["1.1.1"]
    if version_of(parameters) == "1.1.1":
        known |= {name.replace("vnd.ogc.", ""): form for name, form in EXCEPTION_FORMATS["1.1.1"].items()}
    return next((form for name, form in known.items() if name.lower() == asked), "XML")


def _side(parameters: Parameters, name: str) -> int:
    try:
        return parameters.integer(name, _USUAL, 1, _LARGEST)
    except InvalidParameter:
        return _USUAL
