# SPDX-License-Identifier: EUPL-1.2
"""Files of records: taken, looked at, shown."""
