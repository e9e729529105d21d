# SPDX-License-Identifier: Apache-2.0
"""False-alarm rates of an operator's own traffic, without labels: accounts moved in time, cohorts, baselines, drift."""
