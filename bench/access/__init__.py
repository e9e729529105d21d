# SPDX-License-Identifier: Apache-2.0
"""What the access gate finds and costs: screening, policy."""
