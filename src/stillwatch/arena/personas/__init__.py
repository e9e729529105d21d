# SPDX-License-Identifier: Apache-2.0
"""The kinds of caller, one a file: each gives its callers and what they mean to send."""
