# SPDX-License-Identifier: EUPL-1.2
"""People in the administration: accounts and their states, roles and assignments, lists taken in, tokens, reasons."""
