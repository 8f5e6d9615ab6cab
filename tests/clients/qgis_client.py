# SPDX-License-Identifier: EUPL-1.2
"""A program for the system's Python: does with QGIS what its one argument says, as JSON, and prints the outcome.

`{"do": "features" | "draw" | "edit", "provider": ..., "uri": ..., ...}`; see the functions for the rest.
"""

import json
import sys
from typing import Any

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize, Qt, QVariant

_LAYERS = {"wms": QgsRasterLayer, "WFS": QgsVectorLayer, "OAPIF": QgsVectorLayer}


def opened(asked: dict[str, Any]) -> Any:
    """The layer, which must be valid."""
    if asked["provider"] == "tiles":
        layer = QgsVectorTileLayer(asked["uri"], "tiles")
    else:
        layer = _LAYERS[asked["provider"]](asked["uri"], "layer", asked["provider"])
    if not layer.isValid():
        error = layer.error().message()
        raise SystemExit(f"not valid: {error} {getattr(layer.dataProvider(), 'error', lambda: '')()}")
    return layer


def features(asked: dict[str, Any]) -> dict[str, Any]:
    """Fields, CRS, and every feature that `box`, `expression` and `subset` leave."""
    layer = opened(asked)
    if "subset" in asked and not layer.setSubsetString(asked["subset"]):
        raise SystemExit("the subset is refused")
    request = QgsFeatureRequest()
    if "box" in asked:
        request.setFilterRect(QgsRectangle(*asked["box"]))
    if "expression" in asked:
        request.setFilterExpression(asked["expression"])
    found = [
        {"xy": _corner(one.geometry()), "values": [_plain(value) for value in one.attributes()]}
        for one in layer.getFeatures(request)
    ]
    return {
        "crs": layer.crs().authid(),
        "fields": {field.name(): QVariant.typeToName(field.type()) for field in layer.fields()},
        "count": layer.featureCount(),
        "extent": _corners(layer.extent()),
        "features": found,
    }


def draw(asked: dict[str, Any]) -> dict[str, Any]:
    """The box that the drawn pixels fill of `box` in `crs`, in map units, and the shown CRS of the layer."""
    layer = opened(asked)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem(asked["crs"]))
    settings.setExtent(QgsRectangle(*asked["box"]))
    settings.setOutputSize(QSize(asked["side"], asked["side"]))
    settings.setBackgroundColor(Qt.transparent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    picture = job.renderedImage()
    drawn = [
        (x, y) for y in range(picture.height()) for x in range(picture.width()) if picture.pixelColor(x, y).alpha() > 40
    ]
    if not drawn:
        raise SystemExit(f"nothing is drawn: {[error.message for error in job.errors()]}")
    unit = (asked["box"][2] - asked["box"][0]) / asked["side"]
    columns, rows = [x for x, _ in drawn], [y for _, y in drawn]
    west, north = asked["box"][0], asked["box"][3]
    return {
        "crs": layer.crs().authid(),
        "drawn": [west + min(columns) * unit, north - (max(rows) + 1) * unit,
                  west + (max(columns) + 1) * unit, north - min(rows) * unit],
        "errors": [error.message for error in job.errors()],
    }  # fmt: skip


def edit(asked: dict[str, Any]) -> dict[str, Any]:
    """Add a feature with `values` at `xy`, change the one that `change` finds, delete the one of `delete`."""
    layer = opened(asked)
    steps: list[tuple[str, bool, list[str]]] = []

    def committed(name: str) -> None:
        steps.append((name, layer.commitChanges(), layer.commitErrors()))

    layer.startEditing()
    added = QgsFeature(layer.fields())
    for name, value in asked["values"].items():
        added.setAttribute(name, value)
    added.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(*asked["xy"])))
    layer.addFeature(added)
    committed("add")
    for name, act in (("attribute", _attribute), ("geometry", _geometry), ("delete", _delete)):
        layer.startEditing()
        act(layer, asked)
        committed(name)
    return {"steps": steps, "count": len(list(layer.getFeatures()))}


def _attribute(layer: QgsVectorLayer, asked: dict[str, Any]) -> None:
    for name, value in asked["changed"].items():
        layer.changeAttributeValue(_found(layer, asked["change"]), layer.fields().indexOf(name), value)


def _geometry(layer: QgsVectorLayer, asked: dict[str, Any]) -> None:
    layer.changeGeometry(_found(layer, asked["change"]), QgsGeometry.fromPointXY(QgsPointXY(*asked["moved"])))


def _delete(layer: QgsVectorLayer, asked: dict[str, Any]) -> None:
    layer.deleteFeature(_found(layer, asked["delete"]))


def _found(layer: QgsVectorLayer, expression: str) -> int:
    (one,) = layer.getFeatures(QgsFeatureRequest().setFilterExpression(expression))
    return int(one.id())


def _corner(geometry: QgsGeometry) -> list[float] | None:
    return None if geometry.isNull() else _corners(geometry.boundingBox())[:2]


def _corners(box: QgsRectangle) -> list[float]:
    return [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()]


def _plain(value: Any) -> Any:
    if isinstance(value, QVariant):
        return None
    return value.toString(Qt.ISODate) if hasattr(value, "toString") else value


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    application = QgsApplication([], False)
    application.initQgis()
    application.messageLog().messageReceived.connect(lambda *said: print(*said, file=sys.stderr))  # noqa: T201
    outcome = {"features": features, "draw": draw, "edit": edit}[told["do"]](told)
    print("OUTCOME " + json.dumps(outcome), flush=True)  # noqa: T201 (this is how it answers)
    QgsProject.instance().clear()
    application.exitQgis()
