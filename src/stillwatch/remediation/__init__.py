# SPDX-License-Identifier: Apache-2.0
"""What to do about it: findings become proportionate, timed, reversible decisions."""
