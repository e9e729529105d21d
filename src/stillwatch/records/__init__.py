# SPDX-License-Identifier: Apache-2.0
"""The vocabulary every area shares: frozen records and ids. No behaviour, no I/O."""
