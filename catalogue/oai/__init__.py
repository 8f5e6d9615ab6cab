# SPDX-License-Identifier: EUPL-1.2
"""OAI-PMH 2.0 over the catalogue: records by the time they were changed, in plain Dublin Core, ISO and DCAT."""
