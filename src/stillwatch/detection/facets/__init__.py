# SPDX-License-Identifier: Apache-2.0
"""Families of evidence, one file each; ``detection.catalog`` lists those that run."""
