# SPDX-License-Identifier: Apache-2.0
"""Where the callers' prompts come from: the arena's own grammar, or a folder of real corpora."""
