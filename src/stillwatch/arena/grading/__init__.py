# SPDX-License-Identifier: Apache-2.0
"""Judges detection on composed logs: what it finds, whom it wrongs, how late it is and what it costs."""
