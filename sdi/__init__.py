# SPDX-License-Identifier: EUPL-1.2
"""The kernel: what every feature stands on. It knows no feature by name."""
