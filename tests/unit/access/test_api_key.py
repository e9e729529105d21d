# SPDX-License-Identifier: Apache-2.0
import re
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.access import api_key
from stillwatch.access.api_key import (
    ADMIN_PREFIX,
    ALPHABET,
    ID_BYTES,
    LENGTH,
    PREFIX,
    SECRET_BYTES,
    NewKey,
    Peppers,
    base62,
    digest,
    new_key,
    parse,
    pepper_id,
)
from stillwatch.errors import SettingsError

ids = st.binary(min_size=ID_BYTES, max_size=ID_BYTES)
secrets = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
keys = st.builds(lambda a, b: new_key(id_entropy=a, secret_entropy=b), ids, secrets)


@given(keys)
def test_a_key_that_was_made_parses_to_its_id(made: NewKey) -> None:
    assert parse(made.text) == made.key_id
    assert len(made.text) == LENGTH == 62
    assert re.fullmatch(r"swk_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{33}_[0-9A-Za-z]{6}", made.text)


@given(keys, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET + "_-. \n\x00é"))
def test_one_wrong_character_anywhere_is_noticed_without_a_look_up(made: NewKey, at: int, other: str) -> None:
    wrong = made.text[:at] + other + made.text[at + 1 :]
    assert (parse(wrong) is None) == (wrong != made.text)


@given(keys, st.integers(0, LENGTH - 2))
def test_two_neighbours_swapped_are_noticed(made: NewKey, at: int) -> None:
    swapped = made.text[:at] + made.text[at + 1] + made.text[at] + made.text[at + 2 :]
    assert (parse(swapped) is None) == (swapped != made.text)


@given(st.text())
def test_whatever_else_is_sent_is_no_key(text: str) -> None:
    assert parse(text) is None
    assert parse("swk_live_" + text) is None


@given(keys)
def test_nothing_around_a_key_is_tolerated(made: NewKey) -> None:
    for text in (made.text + "\n", " " + made.text, made.text.lower().swapcase(), made.text * 2, made.text[:-1]):
        assert parse(text) is None


def test_digits_of_other_scripts_are_no_digits() -> None:
    made = new_key(id_entropy=bytes(ID_BYTES), secret_entropy=bytes(SECRET_BYTES))
    assert parse(made.text.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}")) is None


def test_the_check_is_the_crc_of_all_that_stands_before_it() -> None:
    made = new_key(id_entropy=b"\x01" * ID_BYTES, secret_entropy=b"\x02" * SECRET_BYTES)
    body, _, check = made.text.rpartition("_")
    assert check == base62(crc32(body.encode()), 6)


@given(secrets, secrets)
def test_different_randomness_makes_different_keys(one: bytes, other: bytes) -> None:
    first, second = (new_key(id_entropy=bytes(ID_BYTES), secret_entropy=secret) for secret in (one, other))
    assert (first.text == second.text) == (one == other)


@pytest.mark.parametrize(("id_bytes", "secret_bytes"), [(8, 24), (9, 16), (9, 25), (0, 0)])
def test_too_little_or_too_much_randomness_is_refused(id_bytes: int, secret_bytes: int) -> None:
    with pytest.raises(ValueError, match="random bytes"):
        new_key(id_entropy=bytes(id_bytes), secret_entropy=bytes(secret_bytes))


@given(keys, keys, st.binary(min_size=32, max_size=64), st.binary(min_size=32, max_size=64))
def test_the_stored_hash_depends_on_the_key_and_on_the_pepper(a: NewKey, b: NewKey, p: bytes, q: bytes) -> None:
    assert len(digest(a.text, p)) == 32
    assert (digest(a.text, p) == digest(b.text, p)) == (a.text == b.text)
    # HMAC pads a short key with zeros, so peppers that differ only in trailing zeros are one.
    assert (digest(a.text, p) == digest(a.text, q)) == (p.rstrip(b"\0") == q.rstrip(b"\0"))


def test_the_stored_hash_is_hmac_sha_256_as_anybody_can_compute_it() -> None:
    made = new_key(id_entropy=bytes(ID_BYTES), secret_entropy=bytes(SECRET_BYTES))
    # Made with openssl: dgst -sha256 -mac HMAC over the text of id and secret, under a pepper of 32 zero bytes.
    assert digest(made.text, bytes(32)).hex() == "ab04918cded07b3c6c0d6a9ca12a7a0a88a2ae6a32847fda976eda783372cadb"


@given(keys)
def test_no_repr_shows_the_secret(made: NewKey) -> None:
    assert made.text not in repr(made)
    assert made.text[22:55] not in str(made)


def test_no_repr_shows_a_pepper() -> None:
    pepper = bytes(range(32))
    peppers = Peppers.of(pepper)
    assert pepper.hex() not in repr(peppers)
    assert repr(pepper) not in repr(peppers)


def test_the_first_pepper_is_for_new_keys_and_each_has_a_name_of_its_own() -> None:
    one, two = b"1" * 32, b"2" * 32
    peppers = Peppers.of(one, two)
    assert peppers.current_id == pepper_id(one) != pepper_id(two)
    assert peppers.by_id == {pepper_id(one): one, pepper_id(two): two}
    assert re.fullmatch("[0-9a-f]{8}", pepper_id(one))


@pytest.mark.parametrize("given_peppers", [(), (b"short",), (b"1" * 32, b"2" * 31)])
def test_no_pepper_or_a_short_one_is_refused(given_peppers: tuple[bytes, ...]) -> None:
    with pytest.raises(SettingsError):
        Peppers.of(*given_peppers)


@given(st.integers(0, 62**6 - 1))
def test_base_62_is_read_back_by_counting(number: int) -> None:
    value = 0
    for digit in base62(number, 6):
        value = value * 62 + ALPHABET.index(digit)
    assert value == number


def test_a_secret_holds_all_its_randomness() -> None:
    assert 62**api_key.SECRET_LENGTH >= 256**SECRET_BYTES > 62 ** (api_key.SECRET_LENGTH - 1)
    assert 62**api_key.CRC_LENGTH >= 2**32


def test_an_administrator_s_token_is_no_api_key_and_the_other_way_round() -> None:
    key = new_key(id_entropy=bytes(9), secret_entropy=bytes(24))
    token = new_key(id_entropy=bytes(9), secret_entropy=bytes(24), prefix=ADMIN_PREFIX)
    assert len(PREFIX) == len(ADMIN_PREFIX)
    assert (parse(key.text), parse(key.text, ADMIN_PREFIX)) == (key.key_id, None)
    assert (parse(token.text), parse(token.text, ADMIN_PREFIX)) == (None, token.key_id)
