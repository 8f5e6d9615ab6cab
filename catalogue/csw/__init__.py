# SPDX-License-Identifier: EUPL-1.2
"""CSW 2.0.2 (OGC 07-006r1) with the ISO metadata application profile's output (OGC 07-045r1), over the catalogue."""
