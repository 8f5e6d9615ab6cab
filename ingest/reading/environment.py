# SPDX-License-Identifier: EUPL-1.2
"""The environment of the reading process: which drivers GDAL leaves out, and that it calls nobody."""

# Drivers of formats that are never read here, and all that call out or point at other files.
SKIPPED = (
    "ADBC", "AIVector", "AVCBin", "AVCE00", "AmigoCloud", "CSV", "CSW", "Carto", "DAAS", "DERIVED", "DGN",
    "DXF", "EDIGEO", "EEDA", "EEDAI", "ESRIJSON", "Elasticsearch", "GDALG", "GPSBabel", "GPX", "GTFS", "GTI",
    "GeoJSONSeq", "GeoRSS", "HTTP", "Idrisi", "JML", "JSONFG", "KML", "LIBERTIFF", "LVBAG", "MBTiles", "MVT",
    "MapInfo File", "MapML", "MiraMonVector", "NGW", "OAPIF", "ODS", "OGCAPI", "OGR_GMT", "OGR_PDS", "OGR_VRT",
    "OSM", "OpenFileGDB", "PCIDSK", "PDF", "PDS4", "PGDUMP", "PLMOSAIC", "PLSCENES", "PMTiles", "S57", "STACIT",
    "STACTA", "SXF", "Selafin", "TopoJSON", "VDV", "VFK", "VICAR", "WAsP", "WCS", "WFS", "WMS", "WMTS", "XLSX",
)  # fmt: skip

ENVIRONMENT = {
    "GDAL_SKIP": ",".join(SKIPPED),
    "GDAL_PAM_ENABLED": "NO",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GML_SAVE_RESOLVED_TO": "NO",
    # The virtual file systems of the network exist in every build: they may open one name that no file has,
    # and would find a proxy that refuses.
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "OGR_GEOMETRY_ACCEPT_UNCLOSED_RING": "YES",
    "OGR_ARROW_MEM_LIMIT": str(200_000_000),
    "OGR_GEOJSON_MAX_OBJ_SIZE": "200",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "CPL_LOG_ERRORS": "NO",
}
"""Set before the process starts: GDAL reads the list of drivers to leave out when it is loaded."""

# The writer of cloud-optimized files builds on VRT in memory; rasters are opened by the GTiff driver only.
READING = {**ENVIRONMENT, "GDAL_SKIP": ",".join((*SKIPPED, "VRT"))}
"""As `ENVIRONMENT`, for features: without VRT."""
