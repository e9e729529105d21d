# SPDX-License-Identifier: Apache-2.0
"""Which organisations may use the models: what is known of them, who approved them, and what they proved."""
