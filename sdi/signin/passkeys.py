# SPDX-License-Identifier: EUPL-1.2
"""Passkeys (W3C Web Authentication level 3): made on the account's page, and enough to sign in by themselves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sdi.signin import store
from sdi.signin.model import Refused

_ADD = text("SELECT sdi.add_passkey(:credential, :key, :count, :name)").bindparams(
    bindparam("credential", type_=BYTEA), bindparam("key", type_=BYTEA)
)


@dataclass(frozen=True, slots=True)
class Party:
    """The site as authenticators know it: its host name, its origin, and the name that people see."""

    host: str
    origin: str
    name: str


def registration(party: Party, account: UUID, login: str, known: Sequence[bytes]) -> dict[str, Any]:
    """Options for the browser to make a passkey, which the authenticator keeps and opens only to its person."""
    options = webauthn.generate_registration_options(
        rp_id=party.host,
        rp_name=party.name,
        user_id=account.bytes,
        user_name=login,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return _plain(options)


def register(connection: Connection, party: Party, challenge: str, answer: dict[str, Any], name: str) -> None:
    """Keep the passkey that the browser made for the caller; Refused when the answer does not prove it."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Refused("The passkey could not be made.") from error
    values = {
        "credential": made.credential_id, "key": made.credential_public_key, "count": made.sign_count, "name": name,
    }  # fmt: skip
    try:
        connection.execute(_ADD, values)
    except IntegrityError as error:
        raise Refused("That passkey is here already.") from error


def challenge(party: Party) -> dict[str, Any]:
    """Options for the browser to sign in with any passkey that it holds for this site."""
    options = webauthn.generate_authentication_options(
        rp_id=party.host, user_verification=UserVerificationRequirement.REQUIRED
    )
    return _plain(options)


def account_of(connection: Connection, party: Party, challenge: str, answer: dict[str, Any]) -> UUID:
    """Whose passkey answered the challenge, which was used up before; Refused, the same for every reason, otherwise."""
    try:
        credential = base64url_to_bytes(str(answer["rawId"]))
        known = store.passkey(connection, credential)
        if known is None:
            raise Refused("This passkey opens nothing here.")
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.host,
            expected_origin=party.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Refused("This passkey opens nothing here.") from error
    store.use_passkey(connection, credential, found.new_sign_count)
    account: UUID = known.account_id
    return account


def _plain(options: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(webauthn.options_to_json(options))
    return made
