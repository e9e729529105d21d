# SPDX-License-Identifier: Apache-2.0
"""Readers of lists: one file for each publisher's format, bytes in, entries out."""
