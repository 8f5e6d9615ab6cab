# SPDX-License-Identifier: EUPL-1.2
"""Historical monuments: registers A, B and C and the record of the commune."""
