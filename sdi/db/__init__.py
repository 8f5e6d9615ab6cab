# SPDX-License-Identifier: EUPL-1.2
"""The database: engines by role, statements and migrations."""
