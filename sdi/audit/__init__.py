# SPDX-License-Identifier: EUPL-1.2
"""Who changed what, when and from where: entries that only grow, chained by digests so that tampering shows."""
