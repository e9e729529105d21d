# SPDX-License-Identifier: Apache-2.0
"""The token counts of OpenAI's chat, text completions and embeddings."""

import msgspec

from stillwatch.gateway.dialects.interface import Facts
from stillwatch.gateway.dialects.reading import Count


class PromptDetails(msgspec.Struct, gc=False):
    """What part of the prompt came from a cache."""

    cached_tokens: Count | None = None


class CompletionDetails(msgspec.Struct, gc=False):
    """What part of the answer is reasoning."""

    reasoning_tokens: Count | None = None


class Usage(msgspec.Struct, gc=False):
    """The ``usage`` object."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    prompt_tokens_details: PromptDetails | None = None
    completion_tokens_details: CompletionDetails | None = None

    def note(self, facts: Facts) -> None:
        """Take the counts over."""
        facts.input_tokens = self.prompt_tokens
        facts.output_tokens = self.completion_tokens
        if self.prompt_tokens_details is not None:
            facts.cached_tokens = self.prompt_tokens_details.cached_tokens
        if self.completion_tokens_details is not None:
            facts.reasoning_tokens = self.completion_tokens_details.reasoning_tokens
