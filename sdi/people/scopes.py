# SPDX-License-Identifier: EUPL-1.2
"""The scope above all others, and who may change accounts and their rights."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "admin",
        {"pl": "wszystko w organizacji", "en": "everything in the organisation"},
        roles=("organisation_admin", "regional_admin"),
    ),
    Scope(
        "people:write",
        {"pl": "konta, role i przydziały w organizacji", "en": "accounts, roles and assignments of the organisation"},
        roles=("organisation_admin", "regional_admin"),
    ),
)
