# SPDX-License-Identifier: EUPL-1.2
"""Values that law sets and changes (terms, rates, fees), each with its dates and its legal basis."""
