# SPDX-License-Identifier: EUPL-1.2
"""The sample region: real lists carried by public packages, made into layers with shapes labelled as approximate."""
