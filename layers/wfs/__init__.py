# SPDX-License-Identifier: EUPL-1.2
"""Web Feature Service 2.0.0 (ISO 19142, OGC 09-025r2), and 1.1.0 (OGC 04-094) for older clients."""
