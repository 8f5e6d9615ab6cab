# SPDX-License-Identifier: EUPL-1.2
"""Catalogue: metadata records of layers and services, and their encodings."""
