# SPDX-License-Identifier: Apache-2.0
"""The arena: a rehearsal with a real teacher, a population of callers and a hydra that harvests behind them.

Nothing in the product imports it. It knows the truth about its callers; the product never does.
"""
