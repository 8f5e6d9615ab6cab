# SPDX-License-Identifier: EUPL-1.2
"""INSPIRE download service of pre-defined data sets: Atom feeds and OpenSearch (Technical Guidance 3.1, part A)."""
