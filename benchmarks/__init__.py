# SPDX-License-Identifier: EUPL-1.2
"""Benchmarks: each prints a ratio of our edge to the bare engine doing the same work in the same run."""
