# SPDX-License-Identifier: Apache-2.0
"""Screening: who is on a list of sanctioned, restricted or unwanted parties, and why it is thought so."""
