# SPDX-License-Identifier: Apache-2.0
"""The teacher: a small neural language model, trained in seconds at start, served in the OpenAI dialect.

Weak as a model, real as a thing to protect: it has a vocabulary, logits, a temperature, a cost per token, and a
distribution that a student could learn.
"""
