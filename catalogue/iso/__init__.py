# SPDX-License-Identifier: EUPL-1.2
"""Documents of ISO 19139 and ISO 19115-3: read into the model, checked, and edited where they stand."""
