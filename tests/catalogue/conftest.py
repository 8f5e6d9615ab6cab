# SPDX-License-Identifier: EUPL-1.2
"""Layers whose records the catalogue's tests look for."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask.testing import FlaskClient
from lxml import etree

from catalogue import service
from catalogue.documents import service as documents
from catalogue.documents.model import Outcome, Owner
from catalogue.documents.reading import envelope
from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
from sdi.people.model import Principal
from tests.conftest import LayerMaker

NAME = {"name": ColumnType.TEXT, "residents": ColumnType.INTEGER}
PLOCK = "POLYGON((19.6 52.5, 19.8 52.5, 19.8 52.6, 19.6 52.6, 19.6 52.5))"
WARSAW = "POINT(21.00604 52.23182)"


@pytest.fixture
def region(add_layer: LayerMaker, database: Database) -> dict[str, Layer]:
    """Three public layers, one for Gąbin's people only, one private."""
    made = (
        add_layer(
            "communes", GeometryType.POLYGON, NAME, [[PLOCK, "Płock", 120_000]], srid=4326, theme="granice",
            title={"pl": "Gminy Mazowsza", "en": "Communes of Mazovia"}, keywords=("gminy", "podział & granice"),
            abstract={"pl": "Granice <gmin> okolic Płocka", "en": "Borders of communes"}, licence="CC-BY-4.0",
            attribution="Urząd Marszałkowski", lineage="Wczytano z gminy.gpkg",
            notice={"pl": "Granice przybliżone", "en": "Approximate borders"},
        ),
        add_layer(
            "stops", GeometryType.POINT, NAME, [[WARSAW, "Centrum", None]], srid=4326, theme="transport",
            title={"pl": "Przystanki Warszawy", "en": "Stops of Warsaw"},
        ),
        add_layer(
            "places", GeometryType.POINT, NAME, [[WARSAW, "Centrum", None]], srid=4326, theme="nazwy",
            title={"pl": "Miejscowości", "en": "Places"},
        ),
        add_layer(
            "cases", GeometryType.POINT, NAME, [[WARSAW, "Sprawa", None]], srid=4326, theme="planowanie",
            organisation="gabin", visibility="organisation", title={"pl": "Sprawy Gąbina", "en": "Cases"},
        ),
        add_layer(
            "drafts", GeometryType.POINT, NAME, [[WARSAW, "Szkic", None]], srid=4326, theme="planowanie",
            organisation="gabin", visibility="private", title={"pl": "Szkice", "en": "Drafts"},
        ),
    )  # fmt: skip
    with database.owner.begin() as connection:
        for layer in made:
            service.write_record(connection, layer)
    return {layer.id: layer for layer in made}


@pytest.fixture
def visitor(region: dict[str, Layer], client: FlaskClient) -> FlaskClient:
    """A client that nobody has signed in, over the region's records."""
    return client


class Schemas:
    """The published XML schemas, as the distribution of pycsw ships them; with no network.

    Documents of services are checked by the edition of ISO 19139 of 2006, the only one with a schema of services,
    whose GML had another namespace.
    """

    _PARTS: ClassVar[dict[str, tuple[str, dict[str, str]]]] = {
        "gmd": ("plugins/profiles/apiso/schemas/ogc/iso/19139/20070417",
                {"http://www.isotc211.org/2005/gmd": "gmd/gmd.xsd", "http://www.isotc211.org/2005/gmx": "gmx/gmx.xsd"}),
        "services": ("plugins/profiles/apiso/schemas/ogc/iso/19139/20060504",
                     {"http://www.isotc211.org/2005/gmd": "gmd/gmd.xsd",
                      "http://www.isotc211.org/2005/gmx": "gmx/gmx.xsd",
                      "http://www.isotc211.org/2005/srv": "srv/srv.xsd"}),
        "csw": ("core/schemas/ogc/csw/2.0.2", {"http://www.opengis.net/cat/csw/2.0.2": "CSW-publication.xsd"}),
        "csw30": ("core/schemas/ogc/cat/csw/3.0", {"http://www.opengis.net/cat/csw/3.0": "cswAll.xsd"}),
    }  # fmt: skip

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, etree.XMLSchema] = {}

    def check(self, name: str, element: etree._Element) -> None:
        """Fail with the reasons where the element is not valid."""
        if name == "gmd" and any(True for _ in element.iter("{http://www.isotc211.org/2005/srv}*")):
            name = "services"
            element = etree.fromstring(etree.tostring(element).replace(b"opengis.net/gml/3.2", b"opengis.net/gml"))
        if name not in self._read:
            self._read[name] = etree.XMLSchema(self._driver(*self._PARTS[name]))
        schema = self._read[name]
        assert schema.validate(element), "\n".join(str(error) for error in schema.error_log)[:2_000]

    def _driver(self, base: str, imported: dict[str, str]) -> etree._Element:
        """One schema of several namespaces."""
        imports = "".join(
            f'<xs:import namespace="{namespace}" schemaLocation="{self._folder / base / path}"/>'
            for namespace, path in imported.items()
        )
        return etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>')


@pytest.fixture(scope="session")
def schemas() -> Schemas:
    """Schemas of OGC and ISO of the distribution that carries them, which is not imported for that."""
    found = importlib.util.find_spec("pycsw")
    assert found is not None
    assert found.submodule_search_locations
    return Schemas(Path(found.submodule_search_locations[0]))


@pytest.fixture
def bring(
    region: dict[str, Layer], database: Database, sign_in: Callable[..., tuple[Principal, dict[str, str]]]
) -> Callable[..., list[dict[str, Any]]]:
    """Bring documents of a file, a folder or bytes as an organisation's steward; gives the outcomes as JSON."""

    def run(
        source: Path | bytes, organisation: str = "mazowieckie", visibility: str = "public"
    ) -> list[dict[str, Any]]:
        login = {"mazowieckie": "admin", "radomski": "stranger", "gabin": "clerk"}[organisation]
        caller, _ = sign_in(login, "catalogue:write")
        owner = Owner(caller.organisation_id, caller.account_id, visibility)  # type: ignore[arg-type]
        found = list(documents.records_of(source)) if isinstance(source, Path) else []
        if isinstance(source, bytes):
            found += [("", one) for one in envelope(source)]
        with database.write(caller) as connection:
            outcomes = [one for one in found if isinstance(one, Outcome)]
            outcomes += documents.bring(connection, [one for one in found if not isinstance(one, Outcome)], owner)
        with database.owner.begin() as connection:
            service.learn(connection)
        return [one.json() for one in outcomes]

    return run
