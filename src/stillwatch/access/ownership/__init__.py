# SPDX-License-Identifier: Apache-2.0
"""Whose an organisation is: what its owners' listing or country means for it, by rules that are data."""
