# SPDX-License-Identifier: EUPL-1.2
"""Layers whose records the catalogue's tests look for."""

import pytest
from flask.testing import FlaskClient

from catalogue import service
from layers.model import ColumnType, GeometryType, Layer
from sdi.db.database import Database
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
