# SPDX-License-Identifier: EUPL-1.2
"""Items: the features of a layer asked for by a typed query and answered by one SQL statement, for every service."""
