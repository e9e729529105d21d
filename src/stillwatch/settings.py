# SPDX-License-Identifier: Apache-2.0
"""One TOML file into the settings of every area."""
