# SPDX-License-Identifier: EUPL-1.2
"""Who may set legal values."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "parameters:write",
        {"pl": "ustawianie wartości wynikających z przepisów", "en": "set values that law sets"},
        roles=("organisation_admin", "regional_admin"),
    ),
)
