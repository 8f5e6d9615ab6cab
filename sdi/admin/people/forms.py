# SPDX-License-Identifier: EUPL-1.2
"""What forms about people send: days, ids; and what the database says no to, in words."""

from uuid import UUID

from psycopg import errors as pg
from sqlalchemy.exc import DBAPIError

from sdi.errors import BramaError, Conflict, Forbidden, InvalidParameter, MissingParameter, Unprocessable

STATES = ("ordered", "active", "suspended", "archived")


def uuid(told: str | None, name: str) -> UUID:
    """An id; InvalidParameter when it is none."""
    if not told:
        raise MissingParameter(f"Parameter {name!r} is missing.", locator=name)
    try:
        return UUID(told)
    except ValueError as error:
        raise InvalidParameter(f"{told[:60]!r} is not an id.", locator=name) from error


def refusal(error: DBAPIError) -> BramaError:
    """What the database says no to."""
    cause = error.orig
    if isinstance(cause, pg.WithCheckOptionViolation | pg.InsufficientPrivilege):
        return Forbidden("Nobody gives what they do not hold themselves, nor beyond their reach.")
    if isinstance(cause, pg.ExclusionViolation):
        return Conflict("The person has that role there in that time already.")
    if isinstance(cause, pg.UniqueViolation):
        return Conflict("There is another with this short name.")
    if isinstance(cause, pg.ForeignKeyViolation):
        return Conflict("Somebody holds or held this role, so it stays; it can be emptied of its rights.")
    if isinstance(cause, pg.CheckViolation | pg.DataError):
        return Unprocessable(f"This cannot be: {str(cause).partition(chr(10))[0]}.")
    raise error
