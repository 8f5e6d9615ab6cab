# SPDX-License-Identifier: EUPL-1.2
"""What a person sent in a form, as values of the kind; every mistake by the name of its control."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from layers.model import Layer
from layers.search.service import fold
from records import schema
from records.model import Kind, Place
from records.places import service as places
from records.schema import InvalidRecord
from sdi.db.database import Database
from sdi.people.model import Principal
from sdi.settings import Places
from sdi.web import csrf
from sdi.web.i18n import gettext

FACTS = ("title", "commune", "opened", "parent_id")


@dataclass
class Form:
    """A filled form: values by the names of controls, as they were written, and what is wrong with them."""

    facts: dict[str, Any] = field(default_factory=dict)
    typed: dict[str, Any] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def read(kind: Kind, sent: Mapping[str, str]) -> Form:
    """Values of a form's controls."""
    form = Form(written={name: value for name, value in sent.items() if name != csrf.FIELD})
    form.facts = {name: sent.get(name, "").strip() or None for name in FACTS if name in sent}
    form.typed = {one.name: schema.typed_value(one, sent.get(one.name, "")) for one in kind.fields}
    return form


def read_places(
    database: Database, caller: Principal, layers: Mapping[str, Layer], names: Places, kind: Kind, form: Form
) -> None:
    """Places of the form: drawn ones, else what their texts name; each with its evidence, which gives the commune."""
    with database.read(caller) as connection:
        found: list[Place] = []
        for role in kind.roles:
            drawn = form.written.get(f"place-{role.id}", "").strip()
            sought = form.written.get(f"find-{role.id}", "").strip()
            try:
                if drawn:
                    found.append(places.parse(role.id, drawn))
                elif sought:
                    known = places.find(connection, layers, names, sought, public=False)
                    found += _sought(known, role.id, sought)
            except InvalidRecord as refusal:
                form.problems |= refusal.problems
        form.places = places.with_evidence(connection, layers, names, found)
    if not form.facts.get("commune"):
        form.facts["commune"] = places.commune_of(form.places, names)


def _sought(found: list[places.Found], role: str, written: str) -> list[Place]:
    """The place that was meant: parcels all, of addresses the only one or the one that was written whole."""
    if not found:
        message = gettext("No parcel or address is found by this. Write it otherwise, or draw the place.")
        raise InvalidRecord({f"place-{role}": message})
    if found[0].source == "parcel":
        return [Place(role, one.source, one.wkb, one.label) for one in found]
    whole = [one for one in found if fold(written) in (fold(one.label), fold(one.label.partition(places.BETWEEN)[0]))]
    meant = found if len(found) == 1 else whole
    if len(meant) != 1:
        listed = "; ".join(one.label for one in (whole or found)[:5])
        message = gettext("Several places have this name: %(places)s. Write one of them as it stands here.")
        raise InvalidRecord({f"place-{role}": message % {"places": listed}})
    return [Place(role, meant[0].source, meant[0].wkb, meant[0].label)]
