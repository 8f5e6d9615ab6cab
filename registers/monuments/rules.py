# SPDX-License-Identifier: EUPL-1.2
"""Guards and effects of the lifecycles of monuments: what the law asks before a step, and what a step writes."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from records.model import Change, LanguageMap


def has_place(change: Change) -> LanguageMap | None:
    """A monument stands somewhere before it is entered."""
    if "subject" in change.roles:
        return None
    return {"pl": "Najpierw wskaż miejsce zabytku na mapie.", "en": "First show on the map where the monument is."}


def has_decision(change: Change) -> LanguageMap | None:
    """The registers A, B and C are entered by a decision (Act of 23 July 2003, art. 9 and 10)."""
    typed = change.typed
    if typed["protection"] not in ("register_a", "register_b", "register_c"):
        return {"pl": "Tylko do rejestru A, B lub C wpisuje się decyzją.",
                "en": "Only the registers A, B and C are entered by a decision."}  # fmt: skip
    if typed["register_number"] and typed["decision_date"]:
        return None
    return {"pl": "Wpisz numer rejestru i datę decyzji.", "en": "Write the register's number and the decision's date."}


def owner_was_heard(change: Change) -> LanguageMap | None:
    """An entry without protection for the owner is unconstitutional (Constitutional Tribunal, P 12/18)."""
    if change.typed["owner_notified"]:
        return None
    return {"pl": "Najpierw zawiadom właściciela.", "en": "First notify the owner."}


def conservator_agreed(change: Change) -> LanguageMap | None:
    """The commune's record holds what was agreed with the conservator (Act of 23 July 2003, art. 22)."""
    if change.typed["agreed_on"]:
        return None
    return {"pl": "Wpisz datę porozumienia z konserwatorem.", "en": "Write when the conservator agreed."}


def has_reasons(change: Change) -> LanguageMap | None:
    """The owner learns why the monument is entered."""
    if change.typed["reasons"]:
        return None
    return {"pl": "Wpisz uzasadnienie ujęcia w ewidencji.", "en": "Write the reasons for the entry."}


def has_photo(change: Change) -> LanguageMap | None:
    """An inspection shows what was seen."""
    if change.documents:
        return None
    return {"pl": "Dołącz zdjęcie albo protokół.", "en": "Attach a photo or the report."}


def within_share(change: Change) -> LanguageMap | None:
    """A grant is at most half of the costs, all only for exceptional value, complexity or urgent work (art. 78)."""
    granted, cost = change.typed["granted"], change.typed["cost"]
    if not granted:
        return {"pl": "Wpisz przyznaną kwotę.", "en": "Write the sum that is granted."}
    share = Decimal(1) if change.typed["exception"] else Decimal(str(change.parameter("monuments.grant_share")))
    if Decimal(str(granted)) <= Decimal(str(cost)) * share:
        return None
    return {"pl": "Kwota przekracza dopuszczalny udział w kosztach (50 %, w przypadkach szczególnych 100 %).",
            "en": "The sum is over the share of the costs that is allowed (50 %, in special cases 100 %)."}  # fmt: skip


def is_settled(change: Change) -> LanguageMap | None:
    """What was spent is known before a grant is closed."""
    if change.typed["settled"] is not None:
        return None
    return {"pl": "Wpisz rozliczoną kwotę.", "en": "Write the sum that was settled."}


def has_resolution(change: Change) -> LanguageMap | None:
    """The council decides by a resolution."""
    if change.typed["resolution"]:
        return None
    return {"pl": "Wpisz numer uchwały rady.", "en": "Write the number of the council's resolution."}


def note_notice(change: Change) -> Mapping[str, Any]:
    """The day of the notice."""
    return {"owner_notified": change.typed["owner_notified"] or change.today}


def note_agreement(change: Change) -> Mapping[str, Any]:
    """The day of the agreement."""
    return {"agreed_on": change.typed["agreed_on"] or change.today}


def note_entry(change: Change) -> Mapping[str, Any]:
    """The day of the entry."""
    return {"entered_on": change.typed["entered_on"] or change.today}
