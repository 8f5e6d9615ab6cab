# SPDX-License-Identifier: EUPL-1.2
"""Rights to the register of monuments."""

from sdi.people.model import Scope

SCOPES = (
    Scope("monuments:read", {"pl": "wgląd do rejestru zabytków", "en": "see the register of monuments"},
          roles=("clerk", "head", "steward")),
    Scope("monuments:write", {"pl": "prowadzenie rejestru zabytków", "en": "keep the register of monuments"},
          roles=("clerk", "head")),
    Scope("monuments:decide", {"pl": "ujęcie zabytku, przyznanie dotacji", "en": "enter monuments, award grants"},
          roles=("head",)),
)  # fmt: skip
