# SPDX-License-Identifier: Apache-2.0
"""Binding: that a credential is used by who it was given to, and what a partner says of the person behind a request."""
