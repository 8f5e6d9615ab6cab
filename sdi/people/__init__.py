# SPDX-License-Identifier: EUPL-1.2
"""Organisations, accounts and tokens."""
