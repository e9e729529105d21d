# SPDX-License-Identifier: Apache-2.0
"""Adapters: one file per outside system."""
