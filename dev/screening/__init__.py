# SPDX-License-Identifier: Apache-2.0
"""What the screening scorer is learnt from, and how. Nothing in the product imports it."""
