# SPDX-License-Identifier: Apache-2.0
import msgspec
import pytest

from fakes.policy import ORG
from stillwatch.access.policy.rulebook import (
    Source,
    decode_organisations,
    decode_rulebook,
    encode_organisations,
    encode_rulebook,
    rulebook,
)
from stillwatch.errors import BadInput, IntegrityError

PERMIT = Source("house", "house.cedar", '@id("a") @says("s") @source("t") permit(principal, action, resource);')


def test_a_rulebook_comes_back_as_it_was_sent() -> None:
    sent = rulebook([PERMIT], [])
    rules, book = decode_rulebook(encode_rulebook(sent))
    assert rules == sent
    assert [rule.rule_id for rule in book.rules] == ["a"]


def test_rules_that_cannot_be_read_are_refused_where_they_are_gathered() -> None:
    with pytest.raises(BadInput, match=r"house\.cedar"):
        rulebook([msgspec.structs.replace(PERMIT, text="permit(")], [])


@pytest.mark.parametrize(
    "packed",
    [
        b"nonsense",
        encode_rulebook(msgspec.structs.replace(rulebook([PERMIT], []), digest="sha256:0")),
        encode_rulebook(msgspec.structs.replace(rulebook([PERMIT], []), sources=())),
    ],
)
def test_other_rules_than_were_sent_are_refused(packed: bytes) -> None:
    with pytest.raises(IntegrityError):
        decode_rulebook(packed)


def test_what_is_known_of_organisations_comes_back_as_it_was_sent() -> None:
    sent = (ORG, msgspec.structs.replace(ORG, org_id="other", tier=0))
    assert decode_organisations(encode_organisations(sent)) == sent
    with pytest.raises(IntegrityError):
        decode_organisations(b"nonsense")
