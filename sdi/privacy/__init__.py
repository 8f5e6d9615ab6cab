# SPDX-License-Identifier: EUPL-1.2
"""Personal data: where they lie, why and how long; one person's data handed over, erased, or let go when time is up."""
