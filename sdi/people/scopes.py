# SPDX-License-Identifier: EUPL-1.2
"""The scope above all others."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "admin",
        {"pl": "wszystko w organizacji", "en": "everything in the organisation"},
        roles=("organisation_admin", "regional_admin"),
    ),
)
