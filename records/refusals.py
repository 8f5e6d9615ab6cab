# SPDX-License-Identifier: EUPL-1.2
"""What the database says no to, as refusals that say what to do."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from psycopg import errors as pg

from sdi.db.refusals import refused_as
from sdi.errors import BramaError, Conflict, Forbidden, InvalidParameter, NotFound, TooBusy, Unprocessable
from sdi.web.i18n import gettext


class Changed(Conflict):
    """The record was changed by somebody else meanwhile; `version` is the one it has now."""

    status = 412
    code = "precondition-failed"

    def __init__(self, version: int) -> None:
        super().__init__(gettext("Somebody changed this record meanwhile. Look at it again and repeat your change."))
        self.version = version


class PreconditionRequired(InvalidParameter):
    """A change does not say from which version it was made (RFC 6585 section 3)."""

    status = 428
    code = "precondition-required"


def refusals() -> AbstractContextManager[None]:
    """Raise what the database refuses in a block as refusals of ours."""
    return refused_as(_refusal)


def _refusal(cause: BaseException | None) -> BramaError | None:
    if not isinstance(cause, pg.Error):
        return None
    if make := _OWN.get(cause.sqlstate or ""):
        return make(cause)
    return next((make(cause) for kinds, make in _KINDS if isinstance(cause, kinds)), None)


def not_there() -> NotFound:
    """For a record that is not there, or not for this caller, which is the same to them."""
    return NotFound(gettext("There is no such record, or it is not open to you."))


def _forbidden(cause: pg.Error) -> BramaError:
    needed = f" ({cause.diag.message_detail})" if cause.diag.message_detail else ""
    return Forbidden(gettext("You may not make this change.") + needed)


_Make = Callable[[pg.Error], BramaError]
_OWN: dict[str, _Make] = {
    "BRVER": lambda cause: Changed(int(cause.diag.message_detail or 0)),
    "BRNON": lambda _: not_there(),
    "BRSTA": lambda _: Conflict(gettext("The lifecycle of this kind has no such way.")),
}
_KINDS: tuple[tuple[tuple[type[pg.Error], ...], _Make], ...] = (
    ((pg.InsufficientPrivilege, pg.WithCheckOptionViolation), _forbidden),
    (
        (pg.LockNotAvailable, pg.DeadlockDetected),
        lambda _: TooBusy(gettext("Others are changing the same records; try again in a moment.")),
    ),
    ((pg.UniqueViolation,), lambda _: Conflict(gettext("Another record of this kind has this number."))),
    ((pg.ForeignKeyViolation,), lambda _: Unprocessable(gettext("A record that this one names is not there."))),
    (
        (pg.DataError, pg.CheckViolation, pg.InternalError_),
        lambda _: Unprocessable(gettext("A value does not fit its field.")),
    ),
)
