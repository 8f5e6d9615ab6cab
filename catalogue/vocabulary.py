# SPDX-License-Identifier: EUPL-1.2
"""Vocabularies of metadata: INSPIRE themes and topic categories by theme, licences, categories of high-value data."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from catalogue.metadata import Metadata, Term

_INSPIRE_URI = "inspire.ec.europa.eu/theme/"


@cache
def vocabulary() -> Mapping[str, Any]:
    """All of `vocabulary.yml`."""
    path = Path(__file__).with_name("vocabulary.yml")
    return cast("Mapping[str, Any]", yaml.safe_load(path.read_text(encoding="utf-8")))


def licence(name: str | None) -> tuple[str, str | None]:
    """Title and address of a licence of the registry; the address alone when it is one."""
    if not name:
        return "", None
    known = vocabulary()["licences"].get(name)
    if known:
        return known["title"], known["url"]
    return name, name if name.startswith(("https://", "http://")) else None


def licence_of(metadata: Metadata) -> str | None:
    """The licence that a record names among its conditions of use, by the short name the registry would give it."""
    for term in metadata.rights:
        said = " ".join((term.uri, *term.text.values())).lower()
        for name, known in vocabulary()["licences"].items():
            address = known["url"].partition("://")[2].rstrip("/")
            if address in said or known["title"].lower() in said or name.lower() in said:
                return str(name)
    return None


def inspire_codes(metadata: Metadata) -> tuple[str, ...]:
    """Codes of the INSPIRE themes among the keywords, by their addresses or their names in any language known here."""
    names = _inspire_names()
    found: dict[str, None] = {}
    for term in metadata.terms:
        _, here, code = term.uri.partition(_INSPIRE_URI)
        if here and code.strip("/") in vocabulary()["inspire"]:
            found[code.strip("/")] = None
        for text in term.text.values():
            if text.lower() in names:
                found[names[text.lower()]] = None
    return tuple(found)


def hvd_category(inspire: str) -> Term | None:
    """The category of high-value data (Implementing Regulation 2023/138) that an INSPIRE theme belongs to."""
    name = vocabulary()["high_value"]["themes"].get(inspire)
    if name is None:
        return None
    known = vocabulary()["high_value"]["categories"][name]
    return Term({"pl": known["pl"], "en": known["en"]}, known["uri"])


@cache
def _inspire_names() -> Mapping[str, str]:
    return {
        text.lower(): code for code, texts in vocabulary()["inspire"].items() for text in (texts["pl"], texts["en"])
    }
