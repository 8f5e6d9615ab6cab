# SPDX-License-Identifier: EUPL-1.2
"""Lists that exist already, brought in as records."""
