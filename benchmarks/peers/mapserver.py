# SPDX-License-Identifier: EUPL-1.2
"""MapServer of the system's packages: WMS and WFS over the same tables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from benchmarks.peers import requests
from benchmarks.peers.model import Data, Peer
from benchmarks.peers.processes import fastcgi
from layers.model import Layer

_MAP = """
MAP
  NAME "bench"
  PROJECTION "init=epsg:2180" END
  EXTENT 587000 437000 687000 537000
  SIZE 512 512
  MAXSIZE 8192
  WEB METADATA
    "ows_title" "bench" "ows_onlineresource" "http://localhost/" "ows_enable_request" "*"
    "ows_srs" "EPSG:2180 EPSG:3857 EPSG:4326" "wfs_getfeature_formatlist" "gml,geojson"
  END END
  OUTPUTFORMAT NAME "geojson" DRIVER "OGR/GEOJSON" MIMETYPE "application/json" FORMATOPTION "STORAGE=memory"
    FORMATOPTION "FORM=SIMPLE" END
  {layers}
END
"""
_LAYER = """
  LAYER
    NAME "{id}" TYPE {kind} STATUS ON
    CONNECTIONTYPE postgis
    CONNECTION "host={host} dbname={dbname} user={user}"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    DATA "geom FROM data.{relation} USING UNIQUE fid USING SRID=2180"
    EXTENT {extent}
    PROJECTION "init=epsg:2180" END
    TEMPLATE "none"
    METADATA
      "ows_title" "{id}" "wfs_title" "{id}" "gml_include_items" "all" "gml_featureid" "fid"
      "wfs_getfeature_formatlist" "gml,geojson" "wms_abstract" "{abstract}"
    END
    CLASS NAME "all" STYLE COLOR 136 170 204 OUTLINECOLOR 51 68 85 WIDTH 1 END END
  END
"""


def _layer(data: Data, layer: Layer) -> str:
    kind = "POLYGON" if layer is data.million else "POINT"
    return _LAYER.format(
        id=layer.id, kind=kind, host=data.host, dbname=data.dbname, user=data.user, relation=layer.relation,
        extent=" ".join(str(value) for value in layer.extent), abstract=layer.abstract.get("en", ""),
    )  # fmt: skip


@contextmanager
def _run(data: Data) -> Iterator[str]:
    file = data.folder / "bench.map"
    file.write_text(_MAP.format(layers="".join(_layer(data, layer) for layer in data.layers)), encoding="utf-8")
    settings = data.folder / "mapserver.conf"
    settings.write_text('CONFIG\n  ENV\n    MS_MAP_PATTERN "."\n  END\nEND\n', encoding="utf-8")
    environ = {"MS_MAPFILE": str(file), "MAPSERVER_CONFIG_FILE": str(settings)}
    with fastcgi("/usr/lib/cgi-bin/mapserv", data.folder, environ, requests.capabilities()) as url:
        yield url


def _paths(data: Data) -> Mapping[str, Sequence[str]]:
    name = data.million.id
    return {
        **{measured: [path] for measured, path in requests.wfs_measures(name).items()},
        "map of 10,000": [requests.small_map(name)],
        "map of all": [requests.whole_map(name)],
        "capabilities of 680": [requests.capabilities()],
    }


PEER = Peer("MapServer", _run, _paths)
