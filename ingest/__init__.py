# SPDX-License-Identifier: EUPL-1.2
"""Data in: readers, checks, loading, updates."""
