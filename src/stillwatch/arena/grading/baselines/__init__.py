# SPDX-License-Identifier: Apache-2.0
"""Methods that others use or propose, small but honest, to stand beside detection on the same log."""
