# SPDX-License-Identifier: Apache-2.0
"""The gateway beside others, in one run: what a request costs, and whether what we promise holds."""
