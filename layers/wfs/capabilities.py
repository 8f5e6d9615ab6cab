# SPDX-License-Identifier: EUPL-1.2
"""Capabilities of both versions (OGC 09-025r2, clause 8; OGC 04-094, clause 13): prepared bytes, section by section."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast
from xml.sax.saxutils import escape

from flask import Response, render_template
from lxml import etree

from layers import inspire
from layers.formats.model import FORMATS
from layers.model import Layer
from layers.service import Snapshot, visible, visible_layers
from layers.wfs.answers import GML_TYPES
from layers.wfs.model import DOWNLOAD, Asked, Version
from layers.wfs.names import PREFIX, feature_types, namespace
from layers.wfs.pairs import OPERATIONS
from layers.wfs.stored import BY_ID
from sdi import crs
from sdi.crs import SERVED
from sdi.errors import InvalidParameter, StaleSequence, VersionMismatch
from sdi.web.context import base_url, organisation, principal, services
from sdi.web.i18n import language, localised

VERSIONS: tuple[Version, ...] = ("2.0.0", "1.1.0")
SECTIONS = (
    "ServiceIdentification",
    "ServiceProvider",
    "OperationsMetadata",
    "FeatureTypeList",
    "Filter_Capabilities",
)
_CUT = "<!--cut-->"
_KEPT_FRAGMENTS = 20_000

_fragments: dict[tuple[Any, ...], str] = {}


def answer(asked: Asked) -> Response:
    """GetCapabilities, by the versions and sections that the request wants."""
    sent = asked.sent
    inspire.answer_in(sent.text("language", 20))
    version = _negotiated([word for word in sent.words("acceptversions", 20) if word], asked.version)
    snapshot, layers = visible(), visible_layers()
    sections = _sections(sent.words("sections", 20))
    now = sequence(layers)
    theirs = sent.text("updatesequence", 200)
    if theirs is not None:
        if theirs.partition("-")[0] > now.partition("-")[0] and theirs[:1].isdigit():
            raise StaleSequence("The document is older than yours.", locator="updateSequence")
        sections = ("none",) if theirs == now else sections
    body = document(snapshot, layers, version, sections)
    media_type = "text/xml; charset=utf-8" if version == "1.1.0" else "application/xml; charset=utf-8"
    shared = "private" if principal() else "public"
    headers = {"Cache-Control": f"{shared}, max-age=60", "Vary": "Accept-Language, Authorization"}
    return Response(body, content_type=media_type, headers=headers)


def document(snapshot: Snapshot, layers: Mapping[str, Layer], version: Version, sections: Sequence[str] = ()) -> bytes:
    """The document in this answer's language, whole or of these sections; kept until something changes."""
    key = ("wfs", version, organisation(), language())
    if key not in snapshot.derived:
        parts = _made(layers, version)
        snapshot.derived[key] = (parts, b"".join(parts))
    parts, whole = cast("tuple[list[bytes], bytes]", snapshot.derived[key])
    if not sections:
        return whole
    head, *middle, tail = parts
    return b"".join((head, *(part for name, part in zip(SECTIONS, middle, strict=True) if name in sections), tail))


def sequence(layers: Mapping[str, Layer]) -> str:
    """The document's updateSequence: when a layer last changed, and how many there are and their sum of versions."""
    changed = max((layer.updated_at for layer in layers.values()), default=None)
    moment = f"{changed:%Y%m%dT%H%M%S%fZ}" if changed else "0"
    return f"{moment}-{len(layers)}-{sum(layer.version for layer in layers.values())}"


def _negotiated(accepted: Sequence[str], spoken: Version) -> Version:
    """The first version that the client accepts and we serve (OGC 06-121r9, 7.3.2)."""
    if not accepted:
        return spoken
    known: Mapping[str, Version] = {"2.0.0": "2.0.0", "2.0.2": "2.0.0", "2.0": "2.0.0", "1.1.0": "1.1.0"}
    for name in accepted:
        if name in known:
            return known[name]
    raise VersionMismatch(f"None of the accepted versions is served; served are {', '.join(VERSIONS)}.")


def _sections(wanted: Sequence[str]) -> tuple[str, ...]:
    names = {name.lower(): name for name in SECTIONS}
    asked = [word.lower() for word in wanted if word]
    for word in asked:
        if word not in names and word != "all":
            raise InvalidParameter(f"There is no section {word[:80]!r}.", locator="sections")
    return () if "all" in asked else tuple(names[word] for word in asked)


def _made(layers: Mapping[str, Layer], version: Version) -> list[bytes]:
    """The start tag, the sections and the end tag."""
    described = list(feature_types(layers))
    settings = services().settings
    extended = inspire.extended("download", settings.site, _address(version), "application/xml", described)
    page = render_template(
        f"wfs/capabilities_{version[0]}.xml",
        site=settings.site,
        base=base_url(),
        namespace=namespace(),
        prefix=PREFIX,
        sequence=sequence(layers),
        operations=[name for name, versions in OPERATIONS.items() if version in versions],
        format=GML_TYPES[version],
        formats=[one.media_type for one in FORMATS.values()],
        count=settings.limits.items,
        most=DOWNLOAD,
        by_id=BY_ID,
        inspire="".join(etree.tostring(element, encoding="unicode") for element in extended),
        identifiers=[layer.id for layer in described],
        language=language(),
        cut=_CUT,
    )
    head, *sections, tail = page.split(_CUT)
    # The schema wants a type in the list, or no list.
    types = "".join(_listed(described, version))
    sections[3] = f"{sections[3]}{types}</FeatureTypeList>\n" if described else ""
    return [part.encode() for part in (head, *sections, tail)]


def _address(version: Version) -> str:
    return f"{base_url()}/wfs?service=WFS&version={version}&request=GetCapabilities"


def _listed(layers: Sequence[Layer], version: Version) -> Iterator[str]:
    """A FeatureType element a layer; it lives on while the layer stays as it is, whatever else changes."""
    spoken = language()
    for layer in layers:
        key = (layer.id, layer.state, layer.updated_at, version, spoken)
        if key not in _fragments:
            if len(_fragments) >= _KEPT_FRAGMENTS:
                _fragments.clear()
            _fragments[key] = _feature_type(layer, version)
        yield _fragments[key]


def _feature_type(layer: Layer, version: Version) -> str:
    abstract = " ".join(text for text in (localised(layer.abstract), localised(layer.notice)) if text)
    words = "".join(f"<ows:Keyword>{escape(word)}</ows:Keyword>" for word in layer.keywords)
    west, south, east, north = (round(number, 7) for number in layer.bbox)
    kind = "CRS" if version == "2.0.0" else "SRS"
    own = crs.by_srid(layer.srid)
    others = "".join(f"<Other{kind}>{one.urn}</Other{kind}>" for one in SERVED if one != own)
    return (
        f"<FeatureType><Name>{PREFIX}:{layer.id}</Name><Title>{escape(localised(layer.title))}</Title>"
        + (f"<Abstract>{escape(abstract)}</Abstract>" if abstract else "")
        + (f"<ows:Keywords>{words}</ows:Keywords>" if words else "")
        + f"<Default{kind}>{own.urn}</Default{kind}>{others}"
        f"<ows:WGS84BoundingBox><ows:LowerCorner>{west} {south}</ows:LowerCorner>"
        f"<ows:UpperCorner>{east} {north}</ows:UpperCorner></ows:WGS84BoundingBox></FeatureType>\n"
    )
