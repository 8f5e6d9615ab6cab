# SPDX-License-Identifier: EUPL-1.2
"""Maps, whoever asks for them: what is to be drawn, from which source, and what lies under a pixel."""
