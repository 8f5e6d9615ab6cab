# SPDX-License-Identifier: EUPL-1.2
"""Pictures: typed map requests drawn by Mapnik in processes of their own; only `draw` imports Mapnik."""
