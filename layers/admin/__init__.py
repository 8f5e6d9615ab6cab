# SPDX-License-Identifier: EUPL-1.2
"""Layers in the administration: whose they are, who sees them, which theme they stand in; many at once."""
