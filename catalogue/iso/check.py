# SPDX-License-Identifier: EUPL-1.2
"""What INSPIRE asks of a record (Regulation 1205/2008, annex B) and it lacks, as messages that say what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from catalogue.metadata import Metadata
from catalogue.vocabulary import inspire_codes

_SERVICES = ("discovery", "view", "download", "transformation", "invoke", "other")
_TOPICS = (
    "farming biota boundaries climatologyMeteorologyAtmosphere economy elevation environment geoscientificInformation"
    " health imageryBaseMapsEarthCover intelligenceMilitary inlandWaters location oceans planningCadastre society"
    " structure transportation utilitiesCommunication"
)


@dataclass(frozen=True, slots=True)
class Message:
    """A rule that a record does not meet: the annex's number, the path at fault, what is to be done."""

    rule: str
    path: str
    pl: str
    en: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.en}"


Rule = Callable[[Metadata], Iterator[Message]]


def check(metadata: Metadata) -> list[Message]:
    """Messages on what is missing; a record with none meets the obligations that can be seen from it alone."""
    return [message for rule in _RULES for message in rule(metadata)]


def _identity(said: Metadata) -> Iterator[Message]:
    if not any(said.abstract.values()):
        yield Message("B1.2", "abstract", "Opisz zasób w streszczeniu.", "Describe the resource in the abstract.")
    if said.type not in ("dataset", "series", "service"):
        yield Message("B1.3", "hierarchyLevel", "Typem zasobu jest dataset, series albo service.",
                      "The type of the resource is dataset, series or service.")  # fmt: skip
    if said.type != "service" and not said.identifiers:
        yield Message("B1.5", "citation/identifier", "Podaj unikalny identyfikator zbioru.",
                      "Give the data set its unique resource identifier.")  # fmt: skip
    if not said.modified:
        yield Message("B10.2", "dateStamp", "Podaj datę metadanych.", "Give the date of the metadata.")


def _people(said: Metadata) -> Iterator[Message]:
    for name, who, rule in (("contact", said.contacts, "B10.1"), ("pointOfContact", said.parties, "B9.1")):
        if not any(one.organisation and one.email for one in who):
            yield Message(rule, name, f"Podaj organizację i adres e-mail w {name}.",
                          f"Give an organisation and its e-mail address in {name}.")  # fmt: skip


def _finding(said: Metadata) -> Iterator[Message]:
    if said.type != "service":
        if not inspire_codes(said):
            yield Message("B3.1", "descriptiveKeywords", "Dodaj słowo kluczowe: temat INSPIRE z tezaurusa GEMET.",
                          "Add a keyword: an INSPIRE theme of the GEMET thesaurus.")  # fmt: skip
        if not said.topics:
            yield Message("B2.1", "topicCategory", "Wybierz kategorię tematyczną ISO.", "Choose an ISO topic category.")
        if not said.boxes:
            yield Message("B4.1", "extent", "Podaj zasięg geograficzny.", "Give the geographic bounding box.")
        if not said.languages:
            yield Message("B1.7", "language", "Podaj język zasobu.", "Give the language of the resource.")
    elif said.service_type not in _SERVICES:
        yield Message("B2.2", "serviceType", f"Typ usługi jest jednym z: {', '.join(_SERVICES)}.",
                      f"The service type is one of: {', '.join(_SERVICES)}.")  # fmt: skip
    for topic in said.topics:
        if topic not in _TOPICS.split():
            yield Message("B2.1", "topicCategory", f"Nie ma kategorii tematycznej {topic[:60]!r}.",
                          f"There is no topic category {topic[:60]!r}.")  # fmt: skip


def _quality(said: Metadata) -> Iterator[Message]:
    if not said.dates:
        yield Message("B5", "citation/date", "Podaj datę utworzenia, publikacji albo aktualizacji.",
                      "Give a date of creation, publication or revision.")  # fmt: skip
    if said.type != "service" and not any(said.lineage.values()):
        yield Message("B6.1", "lineage", "Opisz pochodzenie danych.", "Describe the lineage of the data.")
    if not said.conformity:
        yield Message("B7", "dataQualityInfo", "Podaj zgodność ze specyfikacją (także gdy nie była badana).",
                      "Give the conformity with a specification (also where it was not tested).")  # fmt: skip


def _rights(said: Metadata) -> Iterator[Message]:
    if not said.access:
        yield Message("B8.2", "accessConstraints", "Podaj ograniczenia publicznego dostępu.",
                      "Give the limitations on public access.")  # fmt: skip
    if not said.use:
        yield Message("B8.1", "useConstraints", "Podaj warunki korzystania.", "Give the conditions of use.")
    if not said.links:
        yield Message("B1.4", "distributionInfo", "Podaj adres, pod którym jest zasób.",
                      "Give the address where the resource is.")  # fmt: skip


_RULES: tuple[Rule, ...] = (_identity, _people, _finding, _quality, _rights)
