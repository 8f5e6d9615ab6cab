# SPDX-License-Identifier: EUPL-1.2
"""The discovery service's own metadata in its capabilities (Technical Guidance 3.1 for them, scenario 2)."""

from datetime import UTC, datetime

from lxml import etree

from catalogue.encodings.names import put

DISCOVERY = "http://inspire.ec.europa.eu/schemas/inspire_ds/1.0"
COMMON = "http://inspire.ec.europa.eu/schemas/common/1.0"
_REGULATION = (
    "COMMISSION REGULATION (EC) No 976/2009 of 19 October 2009 implementing Directive 2007/2/EC of the European "
    "Parliament and of the Council as regards the Network Services"
)


def extended(operations: etree._Element, base: str, title: str, contact: str) -> None:
    """Append inspire_ds:ExtendedCapabilities, in the order of `common.xsd`; nothing without the e-mail it demands."""
    if not contact:
        return
    today = datetime.now(UTC).date().isoformat()
    root = etree.SubElement(operations, f"{{{DISCOVERY}}}ExtendedCapabilities",
                            nsmap={"inspire_ds": DISCOVERY, "inspire_common": COMMON})  # fmt: skip
    locator = put(root, COMMON, "ResourceLocator")
    put(locator, COMMON, "URL", f"{base}/csw?service=CSW&version=2.0.2&request=GetCapabilities")
    put(locator, COMMON, "MediaType", "application/xml")
    put(root, COMMON, "ResourceType", "service")
    put(put(root, COMMON, "TemporalReference"), COMMON, "DateOfLastRevision", today)
    conformity = put(root, COMMON, "Conformity")
    specification = put(conformity, COMMON, "Specification")
    put(specification, COMMON, "Title", _REGULATION)
    put(specification, COMMON, "DateOfPublication", "2009-10-20")
    put(conformity, COMMON, "Degree", "notEvaluated")
    point = put(root, COMMON, "MetadataPointOfContact")
    put(point, COMMON, "OrganisationName", title)
    put(point, COMMON, "EmailAddress", contact)
    put(root, COMMON, "MetadataDate", today)
    put(root, COMMON, "SpatialDataServiceType", "discovery")
    put(put(root, COMMON, "MandatoryKeyword"), COMMON, "KeywordValue", "infoCatalogueService")
    supported = put(root, COMMON, "SupportedLanguages")
    put(put(supported, COMMON, "DefaultLanguage"), COMMON, "Language", "pol")
    put(put(root, COMMON, "ResponseLanguage"), COMMON, "Language", "pol")
