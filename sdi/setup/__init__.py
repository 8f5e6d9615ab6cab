# SPDX-License-Identifier: EUPL-1.2
"""Set-up of a machine: system packages, virtual environment, private cluster and the processes of a running server.

`model`, `system`, `packages`, `environment` and `bootstrap` use the standard library only, because they run before the
virtual environment is there.
"""
