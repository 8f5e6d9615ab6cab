# SPDX-License-Identifier: EUPL-1.2
"""What the database says no to, as refusals of ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from sdi.errors import BramaError


@contextmanager
def refused_as(told: Callable[[BaseException | None], BramaError | None]) -> Iterator[None]:
    """Raise what `told` makes of the database's error in this block; the error itself where that is None."""
    try:
        yield
    except DBAPIError as error:
        refusal = told(error.orig)
        if refusal is None:
            raise
        raise refusal from error
