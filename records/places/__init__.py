# SPDX-License-Identifier: EUPL-1.2
"""Where records are: finding places, evidence, everything about a place."""
