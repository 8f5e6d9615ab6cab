# SPDX-License-Identifier: EUPL-1.2
"""Vector tiles of layers, made by PostGIS in the grids that are served."""
