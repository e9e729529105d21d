# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.detection.claims import claim_token, client_name, names_of


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("OpenAI/Python 2.8.0", "openai python"),
        ("AsyncOpenAI/Python v2.8.0rc1", "asyncopenai python"),
        ("claude-cli/2.0.14 (external, cli)", "claude-cli"),
        ("codex_cli_rs/0.58.0 (Ubuntu 24.4.0; x86_64) xterm-256color", "codex_cli_rs xterm-256color"),
        ("Go-http-client/2.0", "go-http-client"),
        ("node", "node"),
        ("curl/8.14.1 (unclosed", "curl"),
        ("1.2.3 (nothing)", ""),
        ("", ""),
    ],
)
def test_a_name_has_no_version_and_no_comment(user_agent: str, name: str) -> None:
    assert client_name(user_agent) == name


def test_releases_of_one_client_share_tokens_and_names_are_told_apart() -> None:
    one, release = claim_token("OpenAI/Python 1.99.1", "t13d-a"), claim_token("OpenAI/Python 2.8.0", "t13d-a")
    other, foreign = claim_token("OpenAI/Python 2.8.0", "t13d-b"), claim_token("curl/8.14.1", "t13d-a")
    assert one is not None
    assert one == release != other
    assert len({one, other, foreign}) == 3
    names = names_of(np.array([one, other, foreign]))
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize(("user_agent", "ja4"), [("", "t13d"), ("curl/8", ""), ("(only a comment)", "t13d")])
def test_half_a_claim_is_none(user_agent: str, ja4: str) -> None:
    assert claim_token(user_agent, ja4) is None


def test_tokens_are_the_same_on_every_machine() -> None:
    assert claim_token("curl/8.14.1", "t13d1516h2") == 5849284812270079747


@given(st.text(st.characters()), st.text(st.characters(), min_size=1))
def test_any_text_gives_a_token_of_64_bits_or_none(user_agent: str, ja4: str) -> None:
    token = claim_token(user_agent, ja4)
    assert token is None or (token != 0 and -(2**63) <= token < 2**63)
