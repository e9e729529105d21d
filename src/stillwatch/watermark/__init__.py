# SPDX-License-Identifier: Apache-2.0
"""Marking answers, and reading marks. Nothing is here yet."""
