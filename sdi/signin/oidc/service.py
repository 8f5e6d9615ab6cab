# SPDX-License-Identifier: EUPL-1.2
"""From what a provider says to an account here and its roles, by the rules of the settings."""

import re
from uuid import UUID

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from sdi.settings import Provider
from sdi.signin.model import Refused
from sdi.signin.oidc.model import Claims

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{0,126}")
_ADMIT = text("SELECT sdi.admit(:provider, :subject, :login, :name, :how, :home)")
_KEEP = text("SELECT sdi.keep_assignments(:account, :provider, :roles, :places)").bindparams(
    bindparam("roles", type_=ARRAY(Text)), bindparam("places", type_=ARRAY(Text))
)


def account_of(connection: Connection, provider: Provider, claims: Claims) -> UUID:
    """The account of whom the provider vouches for, its roles brought up to date; Refused when there is none."""
    if provider.accounts != "linked" and not _LOGIN.fullmatch(claims.login):
        raise Refused("The provider says no login that could be one here.")
    values = {
        "provider": provider.id, "subject": claims.subject, "login": claims.login, "name": claims.name,
        "how": provider.accounts, "home": provider.organisation,
    }  # fmt: skip
    account: UUID | None = connection.execute(_ADMIT, values).scalar()
    if account is None:
        raise Refused("Nobody here is linked to that account of the provider.")
    given = [rule for rule in provider.roles if rule.group in claims.groups]
    kept = {"roles": [rule.role for rule in given], "places": [rule.organisation for rule in given]}
    connection.execute(_KEEP, {"account": account, "provider": provider.id, **kept})
    return account
