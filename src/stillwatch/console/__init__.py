# SPDX-License-Identifier: Apache-2.0
"""The web face for analysts and operators. Nothing is here yet."""
