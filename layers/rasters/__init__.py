# SPDX-License-Identifier: EUPL-1.2
"""Rasters: reading a window of a cloud-optimised GeoTIFF in any CRS and painting its values."""
