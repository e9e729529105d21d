# SPDX-License-Identifier: Apache-2.0
"""The one SQL database: its tables, its engine, its migrations. Knows no rules."""
