# SPDX-License-Identifier: EUPL-1.2
"""Documents of records as PDF."""
