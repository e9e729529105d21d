# SPDX-License-Identifier: Apache-2.0
"""Whose answers trained that model. Nothing is here yet."""
