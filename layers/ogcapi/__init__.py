# SPDX-License-Identifier: EUPL-1.2
"""OGC API over the registered layers: Common, Features (Parts 1 to 3) and Tiles, as JSON and as pages."""
