# SPDX-License-Identifier: EUPL-1.2
"""Layers: registry, features, styles, rendering and the services over them."""
