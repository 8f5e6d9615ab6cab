# SPDX-License-Identifier: EUPL-1.2
"""Reading GeoStyler JSON that somebody sends."""

import json

from pydantic import ValidationError

from layers.styles.model import Style
from sdi.errors import TooLarge, Unprocessable

MAX_BYTES = 256_000
MAX_PROBLEMS = 10


def parse_style(content: bytes | str) -> Style:
    """The style in `content`; raises Unprocessable naming each place at fault, TooLarge over 256 kB."""
    raw = content.encode() if isinstance(content, str) else content
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"A style has at most {MAX_BYTES // 1000} kB")
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unprocessable("The style is not JSON") from error
    return style_of(value)


def style_of(definition: object) -> Style:
    """The style that plain values of JSON (such as the registry keeps) mean; raises Unprocessable."""
    try:
        return Style.model_validate(definition)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        places = [f"{'.'.join(map(str, problem['loc'])) or 'style'}: {problem['msg']}" for problem in problems]
        raise Unprocessable("The style cannot be used: " + "; ".join(places[:MAX_PROBLEMS])) from error
