# SPDX-License-Identifier: EUPL-1.2
"""Which encoding a text without a label is in: UTF-8, windows-1250 or ISO 8859-2."""

import codecs
from collections.abc import Iterable

import numpy as np

from ingest.reading.model import Decision, Refused

# The six Polish letters whose codes differ: ą ś ź Ą Ś Ź. All others are the same in both encodings.
_WINDOWS = tuple(b"\xb9\x9c\x9f\xa5\x8c\x8f")
_ISO = tuple(b"\xb1\xb6\xbc\xa1\xa6\xac")
_CONTROLS = slice(0x80, 0xA0)


def detect(chunks: Iterable[bytes], asked: str | None) -> Decision:
    """The encoding of a text that comes in `chunks`; `asked` is believed when Python knows it."""
    if asked:
        return Decision("encoding", known(asked), "given with --encoding")
    decoder = codecs.getincrementaldecoder("utf-8")()
    counts = np.zeros(256, dtype=np.int64)
    is_utf8 = True
    for chunk in chunks:
        counts += np.bincount(np.frombuffer(chunk, dtype=np.uint8), minlength=256)
        if is_utf8:
            is_utf8 = _fits(decoder, chunk)
    if is_utf8 and _fits(decoder, b"", final=True):
        return Decision(
            "encoding", "utf-8", "every byte fits UTF-8" if counts[0x80:].any() else "only ASCII characters"
        )
    windows = int(counts[list(_WINDOWS)].sum())
    iso = int(counts[list(_ISO)].sum())
    why = f"not UTF-8; {windows} letters ą ś ź at their codes of windows-1250, {iso} at those of ISO 8859-2"
    if iso > windows and not counts[_CONTROLS].any():
        return Decision("encoding", "iso8859-2", why)
    return Decision("encoding", "cp1250", why)


def known(name: str) -> str:
    """Python's name of an encoding; Refused when there is none such."""
    try:
        info = codecs.lookup(name)
    except LookupError as error:
        raise Refused(f"The encoding {name[:40]!r} is not known; try utf-8, windows-1250 or iso-8859-2.") from error
    if not info._is_text_encoding:  # noqa: SLF001 - the only place that tells text encodings from others
        raise Refused(f"{name[:40]!r} is not an encoding of text; try utf-8, windows-1250 or iso-8859-2.")
    return info.name


def _fits(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
