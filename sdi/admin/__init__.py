# SPDX-License-Identifier: EUPL-1.2
"""`/admin`: pages for those who look after the gate; each package brings its own section."""
