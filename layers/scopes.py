# SPDX-License-Identifier: EUPL-1.2
"""Who may change layers themselves."""

from sdi.people.model import Scope

SCOPES = (
    Scope(
        "layers:write",
        {"pl": "zmiana opisów, stylów i widoczności warstw", "en": "change layers' texts, styles and visibility"},
        roles=("steward",),
    ),
)
