# SPDX-License-Identifier: EUPL-1.2
"""Records read, made and changed in a browser."""
