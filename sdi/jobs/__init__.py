# SPDX-License-Identifier: EUPL-1.2
"""Background work: queued in the caller's transaction, run by the worker process, followed by its row."""
