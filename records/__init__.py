# SPDX-License-Identifier: EUPL-1.2
"""Records with a place: what every register and every case of the office has in common."""
