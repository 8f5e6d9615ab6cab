# SPDX-License-Identifier: EUPL-1.2
"""The one write path of features: every service that changes a layer does it through `service.apply`."""
