# SPDX-License-Identifier: Apache-2.0
"""Rehearsal: a teacher, a population that calls it, and an attacker among them."""
