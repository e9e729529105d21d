# SPDX-License-Identifier: Apache-2.0
"""Sightings into the reduced tables that campaigns are looked for in: written once, run by DuckDB or Spark."""
