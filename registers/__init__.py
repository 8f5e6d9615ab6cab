# SPDX-License-Identifier: EUPL-1.2
"""The domain systems, a folder each, on the records that they declare."""
