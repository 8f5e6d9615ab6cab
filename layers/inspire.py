# SPDX-License-Identifier: EUPL-1.2
"""What INSPIRE adds to every network service: languages of answers, and the service's own metadata in its capabilities.

Technical Guidance for View Services 3.11 and for Download Services 3.1: the metadata stand whole in the document
("scenario 2"), since the catalogue holds records of data sets only.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from lxml import etree

from layers.model import Layer
from sdi.settings import Site
from sdi.web.i18n import LANGUAGES, language, localised, use_language

COMMON = "http://inspire.ec.europa.eu/schemas/common/1.0"
VIEW = "http://inspire.ec.europa.eu/schemas/inspire_vs/1.0"
VIEW_OWS = "http://inspire.ec.europa.eu/schemas/inspire_vs_ows11/1.0"
DOWNLOAD = "http://inspire.ec.europa.eu/schemas/inspire_dls/1.0"
CODES: Mapping[str, str] = {"pl": "pol", "en": "eng"}
"""Languages of answers by ISO 639-2/B, the first the default."""

Kind = Literal["view", "download"]
_KEYWORDS: Mapping[Kind, str] = {"view": "infoMapAccessService", "download": "infoFeatureAccessService"}
_REGULATION = (
    "COMMISSION REGULATION (EU) No 1089/2010 of 23 November 2010 implementing Directive 2007/2/EC of the European "
    "Parliament and of the Council as regards interoperability of spatial data sets and services"
)


def answer_in(code: str | None) -> None:
    """Answer in the language of the parameter LANGUAGE; one that is not spoken here means the default."""
    if code is None:
        return
    spoken = {three: two for two, three in CODES.items()} | {two: two for two in CODES}
    use_language(spoken.get(code.lower(), LANGUAGES[0]))


def extended(kind: Kind, site: Site, address: str, media_type: str, layers: Iterable[Layer]) -> list[etree._Element]:
    """The children of an ExtendedCapabilities element, in the order of the schema `common.xsd`.

    `address` is where the capabilities with these elements are, `media_type` theirs. The service is as old as the
    newest of its `layers`. None at all where no e-mail address is set, which the schema demands.
    """
    if not site.contact:
        return []
    changed = max((layer.updated_at.date() for layer in layers), default=date(2000, 1, 1)).isoformat()
    return [
        _group("ResourceLocator", _element("URL", address), _element("MediaType", media_type)),
        _element("ResourceType", "service"),
        _group("TemporalReference", _element("DateOfLastRevision", changed)),
        _group(
            "Conformity",
            _group("Specification", _element("Title", _REGULATION), _element("DateOfPublication", "2010-12-08")),
            _element("Degree", "notEvaluated"),
        ),
        _group(
            "MetadataPointOfContact",
            _element("OrganisationName", localised(site.title)),
            _element("EmailAddress", site.contact),
        ),
        _element("MetadataDate", changed),
        _element("SpatialDataServiceType", kind),
        _group("MandatoryKeyword", _element("KeywordValue", _KEYWORDS[kind])),
        *languages(),
    ]


def languages() -> list[etree._Element]:
    """SupportedLanguages and ResponseLanguage (the language of this answer)."""
    default, *others = CODES.values()
    return [
        _group(
            "SupportedLanguages",
            _group("DefaultLanguage", _element("Language", default)),
            *(_group("SupportedLanguage", _element("Language", code)) for code in others),
        ),
        _group("ResponseLanguage", _element("Language", CODES[language()])),
    ]


def _element(name: str, text: str) -> etree._Element:
    made = etree.Element(f"{{{COMMON}}}{name}", nsmap={"inspire_common": COMMON})
    made.text = text
    return made


def _group(name: str, *children: etree._Element) -> etree._Element:
    made = etree.Element(f"{{{COMMON}}}{name}", nsmap={"inspire_common": COMMON})
    made.extend(children)
    return made
