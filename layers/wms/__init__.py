# SPDX-License-Identifier: EUPL-1.2
"""Web Map Service 1.3.0 (OGC 06-042), with GetMap and GetFeatureInfo of 1.1.1 for older clients."""
