# SPDX-License-Identifier: EUPL-1.2
"""Lists of a kind: table, board, calendar, map, files."""
