# SPDX-License-Identifier: EUPL-1.2
"""Monuments as INSPIRE Protected Sites, application schema "Protected Sites Simple" 4.0 (Regulation 1089/2010)."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from sqlalchemy import RowMapping

MEDIA_TYPE = "application/gml+xml; version=3.2"
_NAMES = {
    "ps": "http://inspire.ec.europa.eu/schemas/ps/4.0",
    "base": "http://inspire.ec.europa.eu/schemas/base/3.3",
    "gn": "http://inspire.ec.europa.eu/schemas/gn/4.0",
    "gml": "http://www.opengis.net/gml/3.2",
    "gmd": "http://www.isotc211.org/2005/gmd",
    "gco": "http://www.isotc211.org/2005/gco",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_LOCATION = f"{_NAMES['ps']} https://inspire.ec.europa.eu/schemas/ps/4.0/ProtectedSites.xsd"
_CODES = "http://inspire.ec.europa.eu/codelist"
_SCHEME = f"{_CODES}/DesignationSchemeValue/nationalMonumentsRecord"
_UNKNOWN = 'xsi:nil="true" nilReason="other:unpopulated"'
_DESIGNATIONS: Mapping[str, str] = MappingProxyType(
    {
        "church": "religiousRitualAndFunerary",
        "cemetery": "religiousRitualAndFunerary",
        "shrine": "religiousRitualAndFunerary",
        "manor": "domestic",
        "palace": "domestic",
        "house": "domestic",
        "tenement": "domestic",
        "castle": "defence",
        "public": "civil",
        "industrial": "industrial",
        "farm": "agricultureAndSubsistence",
        "park": "gardensParksAndUrbanSpaces",
        "ensemble": "settlement",
    }
)
"""Designations of the national monuments' record by the type of a monument; the rest are monuments only."""


def collection(rows: Iterable[RowMapping], namespace: str) -> Iterator[bytes]:
    """A feature collection of GML 3.2 with one member a monument, in pieces; geometries are in ETRS89, EPSG:4258."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMES.items())
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<gml:FeatureCollection {declared} gml:id="protected-sites"'
        f' xsi:schemaLocation="{_LOCATION}">\n'
    ).encode()
    for row in rows:
        yield f"<gml:featureMember>{_site(row, namespace)}</gml:featureMember>\n".encode()
    yield b"</gml:FeatureCollection>\n"


def _site(row: RowMapping, namespace: str) -> str:
    identifier = (
        f"<base:localId>{row['id']}</base:localId><base:namespace>{escape(namespace)}</base:namespace>"
        f"<base:versionId>{row['version']}</base:versionId>"
    )
    designation = (
        f"<ps:designationScheme xlink:href={quoteattr(_SCHEME)}/>"
        f"<ps:designation xlink:href={quoteattr(_designation(row))}/>"
    )
    parts = (
        f"<ps:geometry>{row['gml']}</ps:geometry>",
        f"<ps:inspireID><base:Identifier>{identifier}</base:Identifier></ps:inspireID>",
        _date(row),
        _document(row),
        f"<ps:siteDesignation><ps:DesignationType>{designation}</ps:DesignationType></ps:siteDesignation>",
        _name(row["title"]),
        f"<ps:siteProtectionClassification>{_classification(row)}</ps:siteProtectionClassification>",
    )
    return f'<ps:ProtectedSite gml:id="monument.{row["id"]}">{"".join(parts)}</ps:ProtectedSite>'


def _date(row: RowMapping) -> str:
    founded = row["decision_date"] or row["entered_on"]
    if founded is None:
        return f"<ps:legalFoundationDate {_UNKNOWN}/>"
    return f"<ps:legalFoundationDate>{founded.isoformat()}T00:00:00</ps:legalFoundationDate>"


def _document(row: RowMapping) -> str:
    title = " ".join(filter(None, (row["decision"], row["register_number"])))
    if not title or row["decision_date"] is None:
        return f"<ps:legalFoundationDocument {_UNKNOWN}/>"
    return (
        "<ps:legalFoundationDocument><gmd:CI_Citation>"
        f"<gmd:title><gco:CharacterString>{escape(title)}</gco:CharacterString></gmd:title>"
        f"<gmd:date><gmd:CI_Date><gmd:date><gco:Date>{row['decision_date'].isoformat()}</gco:Date></gmd:date>"
        '<gmd:dateType><gmd:CI_DateTypeCode codeList="http://standards.iso.org/iso/19139/resources/gmxCodelists.xml'
        '#CI_DateTypeCode" codeListValue="publication">publication</gmd:CI_DateTypeCode></gmd:dateType></gmd:CI_Date>'
        "</gmd:date></gmd:CI_Citation></ps:legalFoundationDocument>"
    )


def _name(title: str) -> str:
    return (
        "<ps:siteName><gn:GeographicalName><gn:language>pol</gn:language>"
        f'<gn:nativeness xlink:href="{_CODES}/NativenessValue/endonym"/>'
        f'<gn:nameStatus xlink:href="{_CODES}/NameStatusValue/official"/>'
        f"<gn:sourceOfName {_UNKNOWN}/><gn:pronunciation {_UNKNOWN}/>"
        f"<gn:spelling><gn:SpellingOfName><gn:text>{escape(title)}</gn:text><gn:script>Latn</gn:script>"
        "</gn:SpellingOfName></gn:spelling></gn:GeographicalName></ps:siteName>"
    )


def _designation(row: RowMapping) -> str:
    value = _DESIGNATIONS.get(row["object_type"], "monument")
    return f"{_CODES}/NationalMonumentsRecordDesignationValue/{value}"


def _classification(row: RowMapping) -> str:
    return "archaeological" if row["protection"] == "register_c" else "cultural"
