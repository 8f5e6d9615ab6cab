# SPDX-License-Identifier: EUPL-1.2
"""Signing in through OpenID Connect providers (Core 1.0, authorization code flow with PKCE)."""
