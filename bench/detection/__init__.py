# SPDX-License-Identifier: Apache-2.0
"""What detection costs: a hunt in millions of exchanges, an exchange live, an account's memory."""
