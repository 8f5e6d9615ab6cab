# SPDX-License-Identifier: EUPL-1.2
"""The kinds of the register of monuments: the monument with its card, inspections, care programmes, grants."""

from records.model import (
    SUBJECT,
    Field,
    FieldType,
    Kind,
    LanguageMap,
    Numbering,
    PublicLayer,
    Role,
    State,
    Term,
    Transition,
)
from registers.monuments import rules

READ, WRITE, DECIDE = "monuments:read", "monuments:write", "monuments:decide"


def _t(pl: str, en: str) -> LanguageMap:
    return {"pl": pl, "en": en}


_CARD = _t("Karta adresowa", "Address card")
_PROTECTION = _t("Ochrona", "Protection")
_RECORD_CARD = _t("Karta ewidencyjna", "Record card")
_OWNER = _t("Postępowanie wobec właściciela", "Procedure towards the owner")

PROTECTIONS = {
    "gez": _t("gminna ewidencja zabytków", "commune's record"),
    "wez": _t("wojewódzka ewidencja zabytków", "provincial record"),
    "register_a": _t("rejestr A (nieruchome)", "register A (immovable)"),
    "register_b": _t("rejestr B (ruchome)", "register B (movable)"),
    "register_c": _t("rejestr C (archeologiczne)", "register C (archaeological)"),
    "monument_of_history": _t("pomnik historii", "Monument of History"),
    "cultural_park": _t("park kulturowy", "cultural park"),
    "plan": _t("ochrona w planie miejscowym", "protected by the local plan"),
}
TYPES = {
    "church": _t("obiekt sakralny", "place of worship"),
    "manor": _t("dwór", "manor"),
    "palace": _t("pałac", "palace"),
    "castle": _t("zamek, obiekt obronny", "castle, fortification"),
    "tenement": _t("kamienica", "tenement house"),
    "house": _t("dom", "house"),
    "public": _t("budynek użyteczności publicznej", "public building"),
    "industrial": _t("obiekt przemysłowy", "industrial building"),
    "farm": _t("budynek gospodarczy", "farm building"),
    "cemetery": _t("cmentarz", "cemetery"),
    "park": _t("park, zieleń", "park, greenery"),
    "shrine": _t("kapliczka, krzyż", "shrine, cross"),
    "site": _t("stanowisko archeologiczne", "archaeological site"),
    "ensemble": _t("zespół, układ", "ensemble, layout"),
    "movable": _t("zabytek ruchomy", "movable monument"),
    "other": _t("inny", "other"),
}
CONDITIONS = {
    "good": _t("dobry", "good"),
    "fair": _t("zadowalający", "fair"),
    "poor": _t("zły", "poor"),
    "threatened": _t("zagrożony", "threatened"),
    "gone": _t("nie istnieje", "gone"),
}

MONUMENT = Kind(
    id="monument",
    path="registers/monuments",
    title=_t("Zabytek", "Monument"),
    plural=_t("Zabytki", "Monuments"),
    abstract=_t(
        "Rejestry A, B i C oraz gminna ewidencja zabytków, z kartami adresowymi i ewidencyjnymi.",
        "Registers A, B and C and the commune's record of monuments, with address and record cards.",
    ),
    read_scope=READ,
    write_scope=WRITE,
    imported="included",
    numbering=Numbering("GEZ/{n}", "monument"),
    roles=(
        SUBJECT,
        Role("surroundings", _t("otoczenie", "surroundings"), watched=True),
        Role("zone", _t("strefa archeologiczna", "archaeological zone"), watched=True),
    ),
    fields=(
        Field("object_type", FieldType.CHOICE, _t("Rodzaj", "Type"), TYPES, required=True, listed=True, searched=True,
              section=_CARD),
        Field("dating", FieldType.TEXT, _t("Czas powstania", "Date of origin"), listed=True, section=_CARD, length=100),
        Field("locality", FieldType.TEXT, _t("Miejscowość", "Locality"), required=True, listed=True, searched=True,
              section=_CARD, length=200),
        Field("street", FieldType.TEXT, _t("Adres", "Address"), listed=True, searched=True, section=_CARD, length=300),
        Field("parcel", FieldType.TEXT, _t("Działki ewidencyjne", "Parcels"), section=_CARD,
              help=_t("Identyfikatory po przecinku.", "Identifiers, with commas between.")),
        Field("land_register", FieldType.TEXT, _t("Księga wieczysta", "Land register"), public=False, section=_CARD,
              length=60),
        Field("card_author", FieldType.TEXT, _t("Autor karty", "Author of the card"), public=False, section=_CARD),
        Field("card_date", FieldType.DATE, _t("Data karty", "Date of the card"), section=_CARD),
        Field("protection", FieldType.CHOICE, _t("Forma ochrony", "Form of protection"), PROTECTIONS, required=True,
              listed=True, section=_PROTECTION),
        Field("register_number", FieldType.TEXT, _t("Numer rejestru", "Number in the register"), searched=True,
              section=_PROTECTION, length=100),
        Field("decision", FieldType.TEXT, _t("Decyzja lub zarządzenie", "Decision or order"), section=_PROTECTION),
        Field("decision_date", FieldType.DATE, _t("Data decyzji", "Date of the decision"), section=_PROTECTION),
        Field("scope_of_protection", FieldType.LONG, _t("Zakres ochrony", "What is protected"), section=_PROTECTION),
        Field("azp", FieldType.TEXT, _t("AZP: obszar i stanowisko", "AZP sheet and site"), section=_PROTECTION,
              length=60, searched=True),
        Field("entered_on", FieldType.DATE, _t("Data ujęcia", "Entered on"), section=_PROTECTION),
        Field("materials", FieldType.TEXT, _t("Materiał i technika", "Materials"), section=_RECORD_CARD),
        Field("floor_area", FieldType.NUMBER, _t("Powierzchnia użytkowa (m²)", "Floor area (m²)"), minimum=0,
              section=_RECORD_CARD),
        Field("volume", FieldType.NUMBER, _t("Kubatura (m³)", "Volume (m³)"), minimum=0, section=_RECORD_CARD),
        Field("history", FieldType.LONG, _t("Historia", "History"), section=_RECORD_CARD),
        Field("description", FieldType.LONG, _t("Opis", "Description"), searched=True, section=_RECORD_CARD),
        Field("condition", FieldType.CHOICE, _t("Stan zachowania", "Condition"), CONDITIONS, listed=True,
              section=_RECORD_CARD),
        Field("threats", FieldType.LONG, _t("Zagrożenia i postulaty", "Threats and needs"), public=False,
              section=_RECORD_CARD),
        Field("owner_notified", FieldType.DATE, _t("Zawiadomienie właściciela", "Owner notified on"), public=False,
              section=_OWNER),
        Field("owner_statement", FieldType.LONG, _t("Stanowisko właściciela", "The owner's statement"), public=False,
              section=_OWNER),
        Field("reasons", FieldType.LONG, _t("Uzasadnienie", "Reasons"), public=False, section=_OWNER),
        Field("agreed_on", FieldType.DATE, _t("Porozumienie z WKZ", "Agreed with the conservator on"), public=False,
              section=_OWNER),
    ),
    states=(
        State("proposed", _t("proponowany", "proposed")),
        State("notified", _t("właściciel zawiadomiony", "owner notified")),
        State("agreed", _t("uzgodniony z WKZ", "agreed with the conservator")),
        State("included", _t("ujęty", "included"), public=True),
        State("changing", _t("w trakcie zmiany", "being changed"), public=True),
        State("excluded", _t("wyłączony", "excluded"), closed=True),
    ),
    transitions=(
        Transition("notify", _t("Zawiadom właściciela", "Notify the owner"), ("proposed",), "notified",
                   effects=(rules.note_notice,), term=Term("KPA art. 10", days=7, code="monuments.owner_term")),
        Transition("agree", _t("Zapisz porozumienie z WKZ", "Note the conservator's agreement"), ("notified",),
                   "agreed", guards=(rules.owner_was_heard,), effects=(rules.note_agreement,)),
        Transition("include", _t("Ujmij w ewidencji", "Include"), ("agreed",), "included", scope=DECIDE,
                   guards=(rules.has_place, rules.owner_was_heard, rules.has_reasons, rules.conservator_agreed),
                   effects=(rules.note_entry,)),
        Transition("enter", _t("Wpisz na podstawie decyzji WKZ", "Enter by the conservator's decision"), ("proposed",),
                   "included", scope=DECIDE, guards=(rules.has_place, rules.has_decision), effects=(rules.note_entry,)),
        Transition("change", _t("Rozpocznij zmianę", "Begin a change"), ("included",), "changing"),
        Transition("confirm", _t("Zatwierdź zmianę", "Confirm the change"), ("changing",), "included", scope=DECIDE,
                   guards=(rules.has_place,)),
        Transition("exclude", _t("Wyłącz", "Exclude"), ("included", "changing"), "excluded", scope=DECIDE, reason=True),
        Transition("withdraw", _t("Wycofaj propozycję", "Withdraw the proposal"), ("proposed", "notified", "agreed"),
                   "excluded", reason=True),
    ),
    party_roles={"owner": _t("właściciel", "owner"), "holder": _t("posiadacz", "holder")},
    layer=PublicLayer(
        "monuments",
        _t("Zabytki", "Monuments"),
        _t("Zabytki z rejestrów i z gminnych ewidencji, z formą ochrony i stanem zachowania.",
           "Monuments of the registers and of the communes' records, with their protection and condition."),
        "zabytki",
        ("zabytki", "Protected sites"),
    ),
)  # fmt: skip

INSPECTION = Kind(
    id="inspection",
    path="registers/monuments/inspections",
    title=_t("Kontrola zabytku", "Inspection"),
    plural=_t("Kontrole", "Inspections"),
    parent="monument",
    read_scope=READ,
    write_scope=WRITE,
    numbering=Numbering("ZAB.K.{n}.{year}", "inspection"),
    fields=(
        Field("inspected_on", FieldType.DATE, _t("Data kontroli", "Inspected on"), required=True, listed=True),
        Field("inspector", FieldType.TEXT, _t("Kontrolujący", "Inspector"), public=False, listed=True),
        Field("condition", FieldType.CHOICE, _t("Stan zachowania", "Condition"), CONDITIONS, required=True,
              listed=True),
        Field("findings", FieldType.LONG, _t("Ustalenia", "Findings"), searched=True),
        Field("recommendations", FieldType.LONG, _t("Zalecenia", "Recommendations")),
        Field("carry_out_by", FieldType.DATE, _t("Termin zaleceń", "Carry out by"), listed=True),
    ),
    states=(
        State("planned", _t("planowana", "planned")),
        State("done", _t("przeprowadzona", "done")),
        State("followed", _t("zalecenia wykonane", "recommendations carried out"), closed=True),
    ),
    transitions=(
        Transition("close", _t("Zakończ kontrolę", "Finish the inspection"), ("planned",), "done",
                   guards=(rules.has_photo,)),
        Transition("follow", _t("Potwierdź wykonanie zaleceń", "Confirm the recommendations"), ("done",), "followed"),
    ),
)  # fmt: skip

PROGRAMME = Kind(
    id="care_programme",
    path="registers/monuments/programmes",
    title=_t("Gminny program opieki", "Care programme"),
    plural=_t("Programy opieki", "Care programmes"),
    read_scope=READ,
    write_scope=WRITE,
    numbering=Numbering("ZAB.P.{n}.{year}", "care_programme"),
    fields=(
        Field("year_from", FieldType.INTEGER, _t("Od roku", "From year"), required=True, listed=True, minimum=1990,
              maximum=2100),
        Field("year_to", FieldType.INTEGER, _t("Do roku", "To year"), required=True, listed=True, minimum=1990,
              maximum=2100),
        Field("resolution", FieldType.TEXT, _t("Uchwała", "Resolution"), listed=True),
        Field("aims", FieldType.LONG, _t("Cele i zadania", "Aims and tasks"), searched=True),
    ),
    states=(
        State("draft", _t("projekt", "draft")),
        State("opinion", _t("w opiniowaniu WKZ", "with the conservator")),
        State("adopted", _t("przyjęty", "adopted"), public=True),
        State("reported", _t("po sprawozdaniu", "reported"), public=True),
        State("ended", _t("zakończony", "ended"), public=True, closed=True),
    ),
    transitions=(
        Transition("submit", _t("Przekaż do opinii WKZ", "Send to the conservator"), ("draft",), "opinion"),
        Transition("adopt", _t("Przyjmij uchwałą", "Adopt"), ("opinion",), "adopted", scope=DECIDE,
                   guards=(rules.has_resolution,),
                   term=Term("art. 87 ust. 5", months=24, code="monuments.report_term")),
        Transition("report", _t("Złóż sprawozdanie", "Report"), ("adopted", "reported"), "reported",
                   term=Term("art. 87 ust. 5", months=24, code="monuments.report_term")),
        Transition("end", _t("Zakończ", "End"), ("adopted", "reported"), "ended"),
    ),
)  # fmt: skip

GRANT = Kind(
    id="grant",
    path="registers/monuments/grants",
    title=_t("Dotacja na zabytek", "Grant"),
    plural=_t("Dotacje", "Grants"),
    parent="monument",
    read_scope=READ,
    write_scope=WRITE,
    numbering=Numbering("{cell}.4125.{n}.{year}", "KZ.4125", "KZ"),
    fields=(
        Field("call", FieldType.TEXT, _t("Nabór", "Call"), required=True, listed=True, searched=True, length=100),
        Field("works", FieldType.LONG, _t("Zakres prac", "Works"), required=True, searched=True),
        Field("cost", FieldType.MONEY, _t("Koszt prac (zł)", "Cost of the works (PLN)"), required=True, listed=True,
              minimum=0),
        Field("requested", FieldType.MONEY, _t("Wnioskowana kwota (zł)", "Sum asked for (PLN)"), required=True,
              minimum=0),
        Field("exception", FieldType.BOOLEAN, _t("Wyjątkowa wartość, złożoność lub prace pilne",
                                                 "Exceptional value, complexity or urgent works")),
        Field("score", FieldType.NUMBER, _t("Ocena", "Score"), public=False, listed=True, minimum=0, maximum=100),
        Field("granted", FieldType.MONEY, _t("Przyznana kwota (zł)", "Sum granted (PLN)"), listed=True, minimum=0),
        Field("resolution", FieldType.TEXT, _t("Uchwała rady", "Resolution of the council")),
        Field("contract", FieldType.TEXT, _t("Umowa", "Contract")),
        Field("settled", FieldType.MONEY, _t("Rozliczona kwota (zł)", "Sum settled (PLN)"), minimum=0),
    ),
    states=(
        State("application", _t("wniosek", "application")),
        State("ranked", _t("oceniony", "ranked")),
        State("granted", _t("przyznana", "granted"), public=True),
        State("contracted", _t("umowa zawarta", "contracted"), public=True),
        State("works", _t("prace w toku", "works under way"), public=True),
        State("settled", _t("rozliczona", "settled"), public=True, closed=True),
        State("refused", _t("nieprzyznana", "refused"), closed=True),
    ),
    transitions=(
        Transition("rank", _t("Oceń", "Rank"), ("application",), "ranked"),
        Transition("grant", _t("Przyznaj", "Grant"), ("ranked",), "granted", scope=DECIDE,
                   guards=(rules.within_share, rules.has_resolution)),
        Transition("refuse", _t("Odmów", "Refuse"), ("application", "ranked"), "refused", scope=DECIDE, reason=True),
        Transition("contract", _t("Zawrzyj umowę", "Conclude the contract"), ("granted",), "contracted"),
        Transition("begin", _t("Rozpocznij prace", "Begin the works"), ("contracted",), "works"),
        Transition("settle", _t("Rozlicz", "Settle"), ("works",), "settled", guards=(rules.is_settled,)),
    ),
)  # fmt: skip

KINDS = (MONUMENT, INSPECTION, PROGRAMME, GRANT)
