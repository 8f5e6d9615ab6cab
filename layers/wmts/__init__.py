# SPDX-License-Identifier: EUPL-1.2
"""Web Map Tile Service 1.0.0 (OGC 07-057r7): the same map tiles, for clients of before OGC API."""
