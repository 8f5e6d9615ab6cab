# SPDX-License-Identifier: EUPL-1.2
"""Values of ISO's elements, whichever of the two schemas they are written in: the names are found in any namespace."""

from collections.abc import Iterator, Mapping

from lxml import etree

from catalogue.encodings.names import XLINK
from catalogue.metadata import Code, Online, Party, Term
from catalogue.model import LanguageMap

_HREF = f"{{{XLINK}}}href"
_LANGUAGES = {
    "pol": "pl", "eng": "en", "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "dut": "nl", "nld": "nl",
    "cze": "cs", "ces": "cs", "slo": "sk", "slk": "sk", "ukr": "uk", "lit": "lt", "spa": "es", "ita": "it",
    "dan": "da", "swe": "sv", "fin": "fi", "hun": "hu", "por": "pt", "rum": "ro", "ron": "ro", "gre": "el", "ell": "el",
}  # fmt: skip
"""ISO 639-2 codes and what language maps are keyed by."""


def language_key(code: str) -> str:
    """The key of a language map for an ISO 639-2 code."""
    return _LANGUAGES.get(code.lower(), code.lower()[:3] or "pl")


def find(parent: etree._Element | None, path: str) -> etree._Element | None:
    """The first element at a path of local names (`citation/*/title`)."""
    return next(every(parent, path), None)


def every(parent: etree._Element | None, path: str) -> Iterator[etree._Element]:
    """All elements at a path of local names; `*` stands for one object of any name, as ISO nests them."""
    if parent is None:
        return iter(())
    steps = (step if step in ("*", ".") else f"{{*}}{step}" for step in path.split("/"))
    found: Iterator[etree._Element] = parent.iterfind("/".join(steps))
    return (element for element in found if isinstance(element.tag, str))


def local(element: etree._Element) -> str:
    """Name without its namespace."""
    return etree.QName(element).localname


def value(parent: etree._Element | None, path: str) -> str:
    """The text of the property at a path: of its character string, anchor, number, date or code."""
    return plain(find(parent, path))


def values(parent: etree._Element | None, path: str) -> tuple[str, ...]:
    """As `value` for all at the path, each once and without empty ones."""
    found = (plain(element) for element in every(parent, path))
    return tuple(dict.fromkeys(text for text in found if text))


def plain(element: etree._Element | None) -> str:
    """The text of a property; of a code its `codeListValue`."""
    if element is None:
        return ""
    inner = next((child for child in element if isinstance(child.tag, str) and local(child) != "PT_FreeText"), None)
    said = element if inner is None else inner
    return clean(said.get("codeListValue") or said.text or "")


def clean(text: str) -> str:
    """Without the byte order marks and spaces that tools leave round texts."""
    return text.replace("\ufeff", "").strip()


class Texts:
    """Texts in several languages; `main` is the key of the document's own, `locales` those of others by their ids."""

    def __init__(self, main: str, locales: Mapping[str, str]) -> None:
        self.main = main
        self._locales = locales

    def of(self, element: etree._Element | None) -> LanguageMap:
        """A property as a language map; empty where it says nothing."""
        if element is None:
            return {}
        found = {self.main: plain(element)}
        for said in every(element, "PT_FreeText/textGroup/LocalisedCharacterString"):
            key = self._locales.get(said.get("locale", "").removeprefix("#"))
            if key and key not in found:
                found[key] = clean(said.text or "")
        return {key: text for key, text in found.items() if text}

    def term(self, element: etree._Element) -> Term:
        """A property as a text and where its anchor leads."""
        anchor = find(element, "Anchor")
        return Term(self.of(element), anchor.get(_HREF, "") if anchor is not None else "")

    def party(self, element: etree._Element) -> Party:
        """CI_ResponsibleParty of ISO 19139 or CI_Responsibility of ISO 19115-3, inside `element`."""
        inner = next(iter(every(element, "*")), None)
        named = find(inner, "party/CI_Organisation")
        holder = inner if named is None else named
        contact = find(holder, "contactInfo/*")
        address = find(contact, "address/*")
        return Party(
            organisation=self.of(find(holder, "organisationName") if named is None else find(named, "name")),
            person=value(holder, "individualName") or value(named, "individual/CI_Individual/name"),
            position=value(holder, "positionName") or value(named, "individual/CI_Individual/positionName"),
            email=value(address, "electronicMailAddress"),
            phone=value(contact, "phone/*/voice") or value(contact, "phone/*/number"),
            street=value(address, "deliveryPoint"),
            city=value(address, "city"),
            postcode=value(address, "postalCode"),
            country=value(address, "country"),
            url=value(contact, "onlineResource/*/linkage"),
            role=value(inner, "role") or "pointOfContact",
        )

    def online(self, element: etree._Element) -> Online:
        """CI_OnlineResource."""
        return Online(
            href=value(element, "linkage"),
            title=self.of(find(element, "description")),
            name=value(element, "name"),
            protocol=value(element, "protocol"),
            function=value(element, "function"),
        )


def code(element: etree._Element) -> Code:
    """MD_Identifier or RS_Identifier."""
    anchor = find(element, "code/Anchor")
    said = anchor.get(_HREF, "") if anchor is not None else ""
    return Code(value(element, "code") or said, value(element, "codeSpace"))


def number(text: str) -> float | None:
    """A finite number, or None for what is none."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if abs(found) < 1e12 else None
