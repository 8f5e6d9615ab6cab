# SPDX-License-Identifier: EUPL-1.2
"""What a provider tells of itself and of a person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metadata:
    """Addresses of a provider (OpenID Connect Discovery 1.0, section 3)."""

    authorization: str
    token: str
    keys: str
    posts_secret: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """What a browser takes with it to the provider; `state`, `nonce` and `verifier` are 256 random bits each."""

    provider: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a provider says that somebody is."""

    subject: str
    login: str
    name: str
    groups: frozenset[str]
