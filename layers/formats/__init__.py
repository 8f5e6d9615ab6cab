# SPDX-License-Identifier: EUPL-1.2
"""Formats: whole layers and selections as files that programs open, streamed or written by a child process."""
