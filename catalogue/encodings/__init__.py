# SPDX-License-Identifier: EUPL-1.2
"""Records in the encodings of the standards; pure functions of a record and its publisher."""
