# SPDX-License-Identifier: EUPL-1.2
"""What a browser sees: the portal's pages and assets."""
