# SPDX-License-Identifier: Apache-2.0
"""Token counts are taken over with their details where these are given."""

import msgspec

from stillwatch.gateway.dialects.interface import Facts
from stillwatch.gateway.dialects.openai_usage import Usage


def noted(text: bytes) -> Facts:
    facts = Facts()
    msgspec.json.decode(text, type=Usage).note(facts)
    return facts


def test_counts_and_details_are_taken_over() -> None:
    facts = noted(
        b'{"prompt_tokens":10,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":4},'
        b'"completion_tokens_details":{"reasoning_tokens":7}}'
    )
    assert (facts.input_tokens, facts.output_tokens) == (10, 20)
    assert (facts.cached_tokens, facts.reasoning_tokens) == (4, 7)


def test_details_may_be_missing_or_null() -> None:
    facts = noted(b'{"prompt_tokens":10,"completion_tokens":null,"prompt_tokens_details":null}')
    assert (facts.input_tokens, facts.output_tokens, facts.cached_tokens) == (10, None, None)
