# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from fakes.keys import PEPPERS
from stillwatch.access.api_key import Peppers
from stillwatch.access.binding.access_token import is_genuine, make_token, read_token

KEY_ID, CLIENT = "0123456789Ab", "thumbprint"
TOKEN = make_token(KEY_ID, CLIENT, expires_us=1_800_000_000_000_000, peppers=PEPPERS)


def test_a_token_says_whose_it_is_and_until_when() -> None:
    claimed = read_token(TOKEN)
    assert claimed is not None
    assert (claimed.key_id, claimed.expires_us) == (KEY_ID, 1_800_000_000_000_000)
    assert is_genuine(TOKEN, claimed, CLIENT, PEPPERS)


def test_a_token_is_of_one_client_and_one_pepper() -> None:
    claimed = read_token(TOKEN)
    assert claimed is not None
    assert not is_genuine(TOKEN, claimed, "another", PEPPERS)
    assert not is_genuine(TOKEN, claimed, CLIENT, Peppers.of(bytes(32)))


def test_a_token_outlives_the_change_of_the_pepper_as_long_as_it_is_kept() -> None:
    claimed = read_token(TOKEN)
    assert claimed is not None
    both = Peppers.of(bytes(32), *PEPPERS.by_id.values())
    assert is_genuine(TOKEN, claimed, CLIENT, both)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from("0123456789abcdefABCXYZ_."))
def test_no_changed_character_goes_unnoticed(at: int, character: str) -> None:
    text = TOKEN[:at] + character + TOKEN[at + 1 :]
    claimed = read_token(text)
    assert text == TOKEN or claimed is None or not is_genuine(text, claimed, CLIENT, PEPPERS)
