# SPDX-License-Identifier: EUPL-1.2
"""Filters: CQL2 text, CQL2 JSON and FES come in, one SQL condition goes out; inside, a filter is CQL2 JSON."""
