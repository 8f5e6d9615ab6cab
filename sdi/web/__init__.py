# SPDX-License-Identifier: EUPL-1.2
"""Web plumbing: the app factory, parameters, negotiation, problems, languages, base templates."""
