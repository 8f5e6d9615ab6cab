# SPDX-License-Identifier: EUPL-1.2
"""One search field for everything: layers by title and keyword, places by label."""
