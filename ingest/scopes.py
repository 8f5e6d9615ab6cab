# SPDX-License-Identifier: EUPL-1.2
"""Who may load data."""

from sdi.people.model import Scope

SCOPES = (Scope("ingest", {"pl": "wczytywanie danych", "en": "load data"}, roles=("steward",)),)
