# SPDX-License-Identifier: EUPL-1.2
"""Why a person may see or change a record: the answer in words is what the database decides."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from records.known import kinds
from sdi.admin.rights import why
from sdi.db.database import Database
from sdi.people.model import Principal
from sdi.people.service import add_account, organisation_id

SignIn = Callable[..., tuple[Principal, dict[str, str]]]


@pytest.mark.parametrize("is_public", [True, False])
def test_the_answer_about_a_record_is_what_the_database_decides(
    database: Database, sign_in: SignIn, is_public: bool
) -> None:
    kind = next(iter(kinds().values()))
    with database.owner.begin() as connection:
        gabin = organisation_id(connection, "gabin")
        add = text(
            "INSERT INTO records.record (organisation_id, kind, state, title, opened, is_public)"
            " VALUES (:organisation, :kind, :state, 'Dwór', current_date, :public) RETURNING id"
        )
        values = {"organisation": gabin, "kind": kind.id, "state": kind.start, "public": is_public}
        record = connection.execute(add, values).scalar_one()
        for login, role in (("reader", "clerk"), ("chief", "head"), ("other", "editor"), ("visitor", "citizen")):
            add_account(connection, "gabin", login, login, role=role)
    asker = sign_in("admin", "admin")[0]
    answers = set()
    for login in ("admin", "clerk", "stranger", "reader", "chief", "other", "visitor"):
        with database.read(asker) as connection:
            told = why.answer(connection, why.Question(login, f"record/{record}", None, None))
        with database.owner.connect() as connection:
            asked = text("SELECT a.id, r.* FROM sdi.account a, sdi.rights(a.id, :o, NULL) r WHERE a.login = :l")
            rights = connection.execute(asked, {"l": login, "o": gabin}).one()
        person = Principal(rights.id, login, gabin, tuple(rights.organisations), frozenset(rights.scopes))
        with database.read(person) as connection:
            found = text(
                "SELECT EXISTS (SELECT FROM app.records WHERE id = :id)"
                " OR EXISTS (SELECT FROM app.records_open WHERE id = :id)"
            )
            sees = connection.execute(found, {"id": record}).scalar()
            may = connection.execute(text("SELECT records.may_change(:id)"), {"id": record}).scalar()
        assert (login, told.sees, told.may) == (login, sees, may), told.reasons
        answers.add((sees, may))
    assert len(answers) > 1
