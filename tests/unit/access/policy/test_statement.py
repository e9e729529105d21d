# SPDX-License-Identifier: Apache-2.0
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stillwatch.access.policy.directive import Directive
from stillwatch.access.policy.statement import Statement, statement, verify
from stillwatch.errors import BadInput, IntegrityError

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
DIRECTIVE = Directive(directive_id="d-1", models=("frontier",), source="s", reason="r", from_us=5)


def signed() -> Statement:
    return statement(
        DIRECTIVE,
        event="applied",
        number=1,
        by="Ann",
        given_us=3,
        in_force_us=7,
        workers=4,
        sign=lambda data: (PUBLIC, KEY.sign(data)),
    )


def test_a_statement_says_when_and_on_how_many_workers() -> None:
    said = verify(signed(), public_key=PUBLIC.hex())
    assert (said["event"], said["in_force_us"], said["workers"], said["by"]) == ("applied", 7, 4, "Ann")
    assert said["directive"]["models"] == ["frontier"]  # type: ignore[index]


@pytest.mark.parametrize(
    "changes",
    [
        {"text": signed().text.replace('"in_force_us":7', '"in_force_us":6')},
        {"signature": signed().signature[:-2] + "00"},
        {"signature": "not hex"},
        {"text": "nonsense"},
    ],
)
def test_a_changed_statement_does_not_hold(changes: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        verify(msgspec.structs.replace(signed(), **changes), public_key=PUBLIC.hex())


def test_only_the_key_that_is_trusted_counts() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    forged = msgspec.structs.replace(signed(), signature=other.sign(signed().text.encode()).hex())
    with pytest.raises(IntegrityError):
        verify(forged, public_key=PUBLIC.hex())
    with pytest.raises(BadInput, match="32 bytes"):
        verify(signed(), public_key="ab")


def test_something_else_that_was_signed_is_no_statement() -> None:
    text = '{"schema":"something/1"}'
    other = Statement(text=text, public_key=PUBLIC.hex(), signature=KEY.sign(text.encode()).hex())
    with pytest.raises(IntegrityError, match="no stillwatch"):
        verify(other, public_key=PUBLIC.hex())
