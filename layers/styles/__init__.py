# SPDX-License-Identifier: EUPL-1.2
"""Styles: GeoStyler JSON is the one source; Mapnik rules and legends are made from it."""
