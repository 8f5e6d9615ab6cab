# SPDX-License-Identifier: EUPL-1.2
"""What it takes to change the catalogue."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "catalogue:write",
        {
            "pl": "dodawanie, zmiana i usuwanie opisów w katalogu",
            "en": "add, change and remove records of the catalogue",
        },
        roles=("steward", "organisation_admin", "regional_admin"),
    ),
)
