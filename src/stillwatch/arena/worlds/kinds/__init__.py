# SPDX-License-Identifier: Apache-2.0
"""The kinds of benign account, one function each: it adds so many accounts and all that they send."""
