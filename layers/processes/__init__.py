# SPDX-License-Identifier: EUPL-1.2
"""OGC API Processes: what can be computed from layers and from features that are sent, run as jobs."""
