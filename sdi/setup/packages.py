# SPDX-License-Identifier: EUPL-1.2
"""What Brama takes from the system's packages, and how it gets it (standard library only)."""

POSTGRES_VERSION = 15
