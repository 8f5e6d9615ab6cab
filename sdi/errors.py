# SPDX-License-Identifier: EUPL-1.2
"""Every refusal the server makes, declared once; `sdi.web.problems` and the OWS packages map them to answers."""

from collections.abc import Mapping
from typing import Any, ClassVar


class BramaError(Exception):
    """A refusal whose message may be shown to the caller.

    `status` is the HTTP status, `code` a stable short name (RFC 9457 type), `ows` the OWS exception code
    (OGC 06-121r9 clause 8), `locator` the name of the parameter at fault where there is one.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    ows: ClassVar[str] = "NoApplicableCode"

    def __init__(self, message: str, *, locator: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.locator = locator

    @property
    def details(self) -> Mapping[str, Any]:
        """More that a machine may want to know, as JSON; a job keeps it in its result."""
        return {}


class InvalidParameter(BramaError):
    """A request parameter, body or file has a value that cannot be used."""

    status = 400
    code = "invalid-parameter"
    ows = "InvalidParameterValue"


class MissingParameter(InvalidParameter):
    """A request lacks a parameter that it needs."""

    code = "missing-parameter"
    ows = "MissingParameterValue"


class Unsupported(BramaError):
    """The operation or option exists in the standard but not here."""

    status = 501
    code = "unsupported"
    ows = "OperationNotSupported"


class OptionUnsupported(Unsupported):
    """The operation is served, but not with this option."""

    ows = "OptionNotSupported"


class Unreadable(InvalidParameter):
    """The request itself cannot be read: it is not well-formed, or not the document that the standard wants."""

    code = "unreadable"
    ows = "OperationParsingFailed"


class VersionMismatch(InvalidParameter):
    """None of the versions that the caller accepts is served."""

    ows = "VersionNegotiationFailed"


class StaleSequence(InvalidParameter):
    """The caller's copy claims to be newer than what is here."""

    ows = "InvalidUpdateSequence"


class Unauthenticated(BramaError):
    """A token was sent that is unknown, revoked or expired."""

    status = 401
    code = "unauthenticated"


class Forbidden(BramaError):
    """The caller is known but lacks the scope."""

    status = 403
    code = "forbidden"


class NotFound(BramaError):
    """Nothing of that name is there for this caller (a hidden thing is not found either)."""

    status = 404
    code = "not-found"
    ows = "NotFound"


class NotAcceptable(BramaError):
    """No representation fits what the caller accepts."""

    status = 406
    code = "not-acceptable"
    ows = "InvalidParameterValue"


class Conflict(BramaError):
    """The state of the thing does not allow this."""

    status = 409
    code = "conflict"


class TooLarge(BramaError):
    """The input or the answer is over a limit; the message names the limit."""

    status = 413
    code = "too-large"
    ows = "InvalidParameterValue"


class Unprocessable(BramaError):
    """The input was read and its content is refused; the message says what to mend."""

    status = 422
    code = "unprocessable"
    ows = "InvalidParameterValue"


class TooBusy(BramaError):
    """The work ran out of its budget of time or memory, or no worker was free."""

    status = 503
    code = "too-busy"


class Unreachable(BramaError):
    """A server that was called does not answer, or answers with an error."""

    status = 502
    code = "unreachable"


class SettingsError(BramaError):
    """config.yml or the environment holds something that cannot be used."""

    code = "settings"


class SetupError(BramaError):
    """The machine lacks something; the message says exactly what to do."""

    code = "setup"
