# SPDX-License-Identifier: EUPL-1.2
"""Records over JSON."""
