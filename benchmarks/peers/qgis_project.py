# SPDX-License-Identifier: EUPL-1.2
"""Writes a QGIS project of PostGIS layers; run by the system's Python, which has PyQGIS, with its wishes on stdin."""

import json
import sys

from qgis.core import (  # type: ignore[import-not-found]
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsProject,
    QgsVectorLayer,
)


def main() -> None:
    """Read the wishes, write the project."""
    wanted = json.load(sys.stdin)
    application = QgsApplication([], False)  # noqa: FBT003
    application.initQgis()
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:2180"))
    ids = []
    for layer in wanted["layers"]:
        source = (
            f"{wanted['connection']} key='fid' srid=2180 type={layer['type']} checkPrimaryKeyUnicity='0'"
            f' table="data"."{layer["relation"]}" (geom)'
        )
        made = QgsVectorLayer(source, layer["id"], "postgres")
        made.setCrs(QgsCoordinateReferenceSystem("EPSG:2180"))
        made.setShortName(layer["id"])
        project.addMapLayer(made)
        ids.append(made.id())
    project.writeEntry("WFSLayers", "/", ids)
    project.writeEntry("WMSCrsList", "/", ["EPSG:2180", "EPSG:3857", "EPSG:4326"])
    project.writeEntry("WMSServiceCapabilities", "/", True)  # noqa: FBT003
    if not project.write(wanted["project"]):
        sys.exit("the project was not written")


main()
