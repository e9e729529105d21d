# SPDX-License-Identifier: Apache-2.0
"""The command line, one file per command."""

from stillwatch.cli.main import main

__all__ = ["main"]
