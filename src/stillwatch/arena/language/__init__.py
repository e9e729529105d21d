# SPDX-License-Identifier: Apache-2.0
"""The seeded grammar from which the arena makes its text: what callers ask, and what the teacher learns from."""
