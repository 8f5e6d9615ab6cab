# SPDX-License-Identifier: EUPL-1.2
"""The child process that writes files: GDAL and Arrow live and die with it, never in a web worker."""
