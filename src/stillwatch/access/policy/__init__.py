# SPDX-License-Identifier: Apache-2.0
"""Who may do what with which model: Cedar policies over facts, decided by default deny, with a reason for each."""
