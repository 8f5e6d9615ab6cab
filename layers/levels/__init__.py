# SPDX-License-Identifier: EUPL-1.2
"""Generalised levels: what a large layer looks like where features are smaller than pixels."""
