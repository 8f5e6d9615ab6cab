# SPDX-License-Identifier: EUPL-1.2
"""Signing in: passwords, second factors, passkeys, sessions and invitations."""
