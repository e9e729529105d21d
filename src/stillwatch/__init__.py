# SPDX-License-Identifier: Apache-2.0
"""Stillwatch: a security gateway that keeps a language model from being distilled through its API."""
