# SPDX-License-Identifier: Apache-2.0
import json
from typing import Any

import pytest

from fakes.holder import Holder
from stillwatch.access.binding.public_key import canonical, key_of, read_enrolled, thumbprint
from stillwatch.errors import BadInput

RFC_9449 = {
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "crv": "P-256",
}


def test_the_thumbprint_is_that_of_rfc_9449() -> None:
    assert thumbprint(canonical(RFC_9449)) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_what_does_not_belong_to_the_key_does_not_change_it() -> None:
    assert canonical({"use": "sig", "kid": "x", **RFC_9449}) == canonical(dict(reversed(RFC_9449.items())))


@pytest.mark.parametrize("holder", [Holder(), Holder(is_edwards=True)])
def test_both_kinds_are_read(holder: Holder) -> None:
    assert read_enrolled(json.dumps(holder.jwk)) == holder.canonical
    assert key_of(holder.canonical).thumbprint() == holder.jkt


@pytest.mark.parametrize(
    "jwk",
    [
        RFC_9449 | {"d": "x"},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"kty": "RSA", "n": "x", "e": "AQAB"},
        RFC_9449 | {"crv": "P-384"},
        RFC_9449 | {"y": 7},
        RFC_9449 | {"y": "AAAA"},
        {"kty": ["EC"], "crv": "P-256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {},
        [],
        "key",
        None,
    ],
)
def test_anything_else_is_refused(jwk: Any) -> None:
    with pytest.raises(BadInput, match="The key"):
        read_enrolled(json.dumps(jwk))


@pytest.mark.parametrize("text", ["", "{", '{"kty":"EC","kty":"EC"}', "\x00", "é"])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_enrolled(text)
