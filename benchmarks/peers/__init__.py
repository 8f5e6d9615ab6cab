# SPDX-License-Identifier: EUPL-1.2
"""Other servers on the same data and the same machine, for `./brama bench --peers`."""
