# SPDX-License-Identifier: EUPL-1.2
"""SQL of a person's own account, as that person: views and doors that know nobody else."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA

from sdi.account.model import Own, Person, Workplace

_CONTACT = text(
    "INSERT INTO app.contact (account_id, email, phone) VALUES (sdi.account(), nullif(:email, ''), nullif(:phone, ''))"
)
_SET_CONTACT = text(
    "UPDATE app.contact SET email = nullif(:email, ''), phone = nullif(:phone, '') WHERE account_id = sdi.account()"
)
_TOKEN = text(
    "INSERT INTO app.own_token_write (account_id, organisation_id, hash, label, scopes, expires_at)"
    " VALUES (sdi.account(), (sdi.organisations())[1], :hash, :label, :scopes, now() + :lasting)"
).bindparams(bindparam("hash", type_=BYTEA))


def own(connection: Connection) -> Own:
    """Everything on the account's page."""

    def rows(view: str, order: str) -> Sequence[object]:
        return connection.execute(text(f"SELECT * FROM app.{view} ORDER BY {order}")).all()

    return Own(
        account=connection.execute(text("SELECT * FROM app.own_account")).one(),
        factors=connection.execute(text("SELECT * FROM app.own_factors")).one(),
        contact=connection.execute(
            text("SELECT email, phone FROM app.contact WHERE account_id = sdi.account()")
        ).one_or_none(),
        assignments=rows("own_assignment", "organisation_id, role"),
        sessions=rows("own_session", "seen_at DESC"),
        passkeys=rows("own_passkey", "created_at"),
        tokens=rows("own_token", "created_at DESC"),
    )


def workplaces(connection: Connection) -> list[Workplace]:
    """Organisations that the person may work in."""
    return [Workplace(row.id, row.title) for row in connection.execute(text("SELECT id, title FROM sdi.workplaces()"))]


def describe(connection: Connection, person: Person) -> None:
    """Change name, language and contact."""
    connection.execute(
        text("UPDATE app.own_account SET name = :name, language = nullif(:language, '')"),
        {"name": person.name, "language": person.language},
    )
    if not connection.execute(_SET_CONTACT, asdict(person)).rowcount and (person.email or person.phone):
        connection.execute(_CONTACT, asdict(person))


def act_in(connection: Connection, session: UUID, organisation: UUID) -> bool:
    """Work in another organisation; False where the person has no role."""
    values = {"session": session, "organisation": organisation}
    return bool(connection.execute(text("SELECT sdi.act_in(:session, :organisation)"), values).scalar_one())


def set_password(connection: Connection, password_hash: str, session: UUID) -> None:
    """Set the password, and end every session but this."""
    connection.execute(text("SELECT sdi.set_password(:hash)"), {"hash": password_hash})
    end_others(connection, session)


def end_others(connection: Connection, session: UUID) -> None:
    """End every session but this."""
    connection.execute(text("DELETE FROM app.own_session WHERE id <> :id"), {"id": session})


def end_session(connection: Connection, session: UUID) -> None:
    """End a session of the person."""
    connection.execute(text("DELETE FROM app.own_session WHERE id = :id"), {"id": session})


def offer_totp(connection: Connection, secret: str) -> bool:
    """Offer an app's secret, which holds once a code of it comes; False when there is one that holds."""
    return bool(connection.execute(text("SELECT sdi.offer_totp(:secret)"), {"secret": secret}).scalar_one())


def drop_totp(connection: Connection) -> None:
    """Ask for no codes any more."""
    connection.execute(text("SELECT sdi.drop_totp()"))


def remove_passkey(connection: Connection, passkey: UUID) -> None:
    """Forget a passkey of the person."""
    connection.execute(text("DELETE FROM app.own_passkey WHERE id = :id"), {"id": passkey})


def add_token(connection: Connection, token_hash: bytes, label: str, scopes: Sequence[str], days: int) -> None:
    """Keep a token's hash, for the organisation that the person works in."""
    values = {"hash": token_hash, "label": label, "scopes": list(scopes), "lasting": timedelta(days=days)}
    connection.execute(_TOKEN, values)


def revoke_token(connection: Connection, token: UUID) -> None:
    """End a token of the person."""
    connection.execute(text("SELECT sdi.revoke_own_token(:id)"), {"id": token})
