# SPDX-License-Identifier: EUPL-1.2
"""Who may change features."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "features:write",
        {"pl": "dodawanie, zmiana i usuwanie obiektów", "en": "add, change and delete features"},
        roles=("editor", "steward"),
    ),
)
