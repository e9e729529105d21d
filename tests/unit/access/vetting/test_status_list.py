# SPDX-License-Identifier: Apache-2.0
import zlib
from typing import Any

import pytest

from fakes.credentials import SECOND, encoded, issuer_key, public, status_list
from fakes.dossiers import NOW_US
from stillwatch.access.vetting.sd_jwt import keys_of
from stillwatch.access.vetting.status_list import MAX_BYTES, Reference, check_status, reference_of, status_at
from stillwatch.errors import IntegrityError

KEY = issuer_key()
KEYS = keys_of(public(KEY))
URI = "https://issuer.example/status/1"


def test_the_lists_of_the_draft_are_read() -> None:
    one_bit = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
    assert [status_at("eNrbuRgAAhcBXQ", bits=1, index=index) for index in range(16)] == one_bit
    two_bits = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
    assert [status_at("eNo76fITAAPfAgc", bits=2, index=index) for index in range(12)] == two_bits


@pytest.mark.parametrize(
    ("packed", "bits", "index"),
    [
        ("eNrbuRgAAhcBXQ", 1, 16),
        ("eNrbuRgAAhcBXQ", 3, 0),
        ("eNrbuRgAAhcB", 1, 0),
        ("%", 1, 0),
        (encoded(b"no zlib"), 1, 0),
        (encoded(zlib.compress(bytes(MAX_BYTES + 1))), 1, 0),
    ],
)
def test_a_list_that_cannot_be_believed_is_refused(packed: str, bits: int, index: int) -> None:
    with pytest.raises(IntegrityError, match="status list"):
        status_at(packed, bits=bits, index=index)


def test_a_credential_says_where_its_status_stands() -> None:
    assert reference_of({}) is None
    assert reference_of({"status": {"status_list": {"uri": URI, "idx": 3}}}) == Reference(URI, 3)
    for wrong in ({}, "x", {"status_list": {"uri": URI}}, {"status_list": {"uri": URI, "idx": -1}}, {"other": 1}):
        with pytest.raises(IntegrityError):
            reference_of({"status": wrong})


def test_what_was_not_taken_back_passes() -> None:
    check_status(status_list(URI, [1, 0, 1], KEY), KEYS, Reference(URI, 1), now_us=NOW_US)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "taken back"),
        ({"sub": "https://other.example"}, "not the one"),
        ({"iat": SECOND - 3601}, "out of date"),
        ({"exp": SECOND}, "expired"),
        ({"iat": None}, "no time"),
        ({"status_list": {"bits": 1}}, "cannot be read"),
        ({"status_list": {"bits": 2, "lst": "eNo76fITAAPfAgc"}}, "suspended"),
        ({"status_list": {"bits": 8, "lst": encoded(zlib.compress(bytes([0, 9])))}}, "not known"),
    ],
)
def test_what_was_taken_back_or_is_not_known_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(IntegrityError, match=says):
        check_status(status_list(URI, [0, 1, 0], KEY, **changes), KEYS, Reference(URI, 1), now_us=NOW_US)


def test_a_list_of_somebody_else_is_refused() -> None:
    with pytest.raises(IntegrityError, match="not signed by a key"):
        check_status(status_list(URI, [0], issuer_key()), KEYS, Reference(URI, 0), now_us=NOW_US)
