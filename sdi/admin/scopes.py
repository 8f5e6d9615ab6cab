# SPDX-License-Identifier: EUPL-1.2
"""Who may administer organisations, follow background work and read the record of processing."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "organisations:write",
        {"pl": "prowadzenie listy jednostek", "en": "keep the list of organisations"},
        roles=("organisation_admin", "regional_admin"),
    ),
    Scope(
        "jobs:read",
        {"pl": "wgląd w zadania w tle", "en": "follow background jobs"},
        roles=("steward", "head", "organisation_admin", "regional_admin"),
    ),
    Scope(
        "privacy:read",
        {"pl": "wgląd w rejestr czynności przetwarzania", "en": "read the record of processing of personal data"},
        roles=("head", "organisation_admin", "regional_admin"),
    ),
)
