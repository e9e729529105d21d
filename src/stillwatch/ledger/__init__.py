# SPDX-License-Identifier: Apache-2.0
"""What happened, durably: the spool every exchange is written to, and the log it is rolled into."""
