# SPDX-License-Identifier: EUPL-1.2
"""Records that are brought as XML documents: read, checked, kept whole, changed where they stand."""
