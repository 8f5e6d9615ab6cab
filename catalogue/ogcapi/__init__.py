# SPDX-License-Identifier: EUPL-1.2
"""OGC API Records, Part 1 (OGC 20-004r1): the catalogue as a collection of records beside the layers'."""
