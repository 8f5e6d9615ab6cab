# SPDX-License-Identifier: EUPL-1.2
"""Who may read what others did."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "audit:read",
        {"pl": "wgląd w dziennik zmian", "en": "read who changed what"},
        roles=("head", "organisation_admin", "regional_admin"),
    ),
)
