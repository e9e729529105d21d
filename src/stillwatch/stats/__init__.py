# SPDX-License-Identifier: Apache-2.0
"""Pure mathematics: sequential tests, sketches, calibration. Knows no accounts."""
