# SPDX-License-Identifier: EUPL-1.2
"""A person's own account: how they sign in, where they work, what programs may do in their name."""
