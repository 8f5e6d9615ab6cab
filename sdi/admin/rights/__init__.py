# SPDX-License-Identifier: EUPL-1.2
"""Roles and what they give, tokens in use, and why a person may see or do something."""
