# SPDX-License-Identifier: EUPL-1.2
"""Places by their names: features of searchable layers."""
