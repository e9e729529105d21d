# SPDX-License-Identifier: Apache-2.0
"""Proves with z3 what no request can do under a book of rules, or shows one that can. Wants the extra ``prove``."""
