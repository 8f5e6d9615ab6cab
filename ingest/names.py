# SPDX-License-Identifier: EUPL-1.2
"""Makes safe, unique identifiers of columns and layers from names as files have them."""

import re
import unicodedata
from collections.abc import Sequence

COLUMN_BYTES = 60
LAYER_LENGTH = 48
# Ours, and PostgreSQL's system columns, which no table can have twice.
_RESERVED = frozenset({"fid", "geom", "ctid", "oid", "xmin", "xmax", "cmin", "cmax", "tableoid"})
_LETTERS = str.maketrans({"ł": "l", "Ł": "l", "ß": "ss", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "æ": "ae", "Æ": "ae"})


def column_names(sources: Sequence[str]) -> list[str]:
    """A name for each source name, in order: lower-case ASCII, unique, not reserved, at most 60 bytes."""
    taken: set[str] = set()
    names = []
    for source in sources:
        name = _free(_column(source), taken)
        taken.add(name)
        names.append(name)
    return names


def layer_id(name: str) -> str:
    """A layer id of a file's or table's name: `[a-z][a-z0-9_]{0,47}`."""
    folded = _fold(name)
    if not folded or not folded[0].isalpha():
        folded = f"layer_{folded}".rstrip("_")
    return folded[:LAYER_LENGTH].rstrip("_")


def prefixed_layer_id(prefix: str, name: str) -> str:
    """The id with an organisation's short name in front."""
    return layer_id(f"{_fold(prefix)}_{name}")


def is_layer_id(text: str) -> bool:
    """Whether `text` can be a layer's id."""
    return re.fullmatch(r"[a-z][a-z0-9_]{0,47}", text) is not None


def title_of(name: str) -> str:
    """A readable title of a file's or table's name."""
    words = re.sub(r"[\s_]+", " ", unicodedata.normalize("NFC", name)).strip()
    readable = "".join(letter for letter in words if letter.isprintable())[:200]
    return readable[:1].upper() + readable[1:] or "?"


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    ascii_only = "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def _column(source: str) -> str:
    name = _fold(source) or "column"
    if name[0].isdigit():
        name = f"c_{name}"
    if name in _RESERVED:
        name = f"source_{name}"
    return name[:COLUMN_BYTES].rstrip("_")


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while (numbered := f"{name[: COLUMN_BYTES - len(str(number)) - 1]}_{number}") in taken:
        number += 1
    return numbered
