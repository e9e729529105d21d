# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.traffic import DAY_US, HOUR_US, START_US
from stillwatch.detection.census import PROMPTS_KEPT, TOKENS_KEPT, Census
from stillwatch.detection.sketch import decode, sketch
from stillwatch.records.exchange import Exchange

NOW_S = (START_US + 10 * DAY_US) / 1e6


def _census() -> Census:
    return Census(seed=0, memory_s=5 * 86_400.0)


def _see(census: Census, at_us: int = START_US, prompt: str = "tell me of the sea", **columns: object) -> int:
    given: dict[str, object] = {"org_id": "o", "account_id": "a", "turn": 0, **columns}
    exchange = Exchange(exchange_id="", ts_us=at_us, model="m", prompt=prompt, **given)  # type: ignore[arg-type]
    return census.observe(exchange, decode(sketch(exchange)))


def test_a_first_message_counts_once_its_hour_has_passed() -> None:
    census = _census()
    row = _see(census)
    for number in range(9):
        _see(
            census, START_US + HOUR_US, prompt="something else altogether", account_id=f"b{number}", org_id=f"p{number}"
        )
    assert len(census.settle(START_US / 1e6 + 60)) == 0
    assert census.settle(START_US / 1e6 + 3_600).tolist() == [row]
    assert census.count[row] == 1
    assert census.content[row].any()


def test_a_message_that_was_followed_up_belongs_to_a_conversation() -> None:
    census = _census()
    row = _see(census)
    _see(census, START_US + HOUR_US // 4, turn=1)
    census.settle(NOW_S)
    assert census.count[row] == 0
    assert census.total_count[row] == 2


def test_a_private_system_prompt_keeps_an_exchange_out_and_a_shared_one_does_not() -> None:
    census = _census()
    one = _see(census, system="You sort our mail.")
    census.settle(NOW_S)
    assert census.count[one] == 0
    other = _see(census, org_id="p", account_id="b", system="You sort our mail.")
    census.settle(NOW_S)
    assert census.count[other] == 1


def test_an_old_record_begins_anew() -> None:
    census = _census()
    row = _see(census)
    census.settle(NOW_S)
    _see(census, START_US + 6 * DAY_US)
    assert census.total_count[row] == 1
    assert census.count[row] == 0
    assert not census.content[row].any()


def test_an_account_stays_small_however_long_it_talks() -> None:
    census = _census()
    for number in range(3_000):
        _see(
            census,
            START_US + number * 1_000_000,
            prompt=f"question {number}",
            client_ip=f"10.{number // 250}.{number % 250}.9",
            payment_fp=f"pay-{number}",
        )
    census.settle(NOW_S)
    assert len(census.sets[0].prompts) == PROMPTS_KEPT
    assert all(len(tokens) <= TOKENS_KEPT for tokens in census.sets[0].tokens.values())


def test_what_is_not_known_is_not_kept() -> None:
    census = _census()
    row = _see(census)
    assert census.sets[row].tokens == {}
    assert np.isnan(census.signup[row])


def test_a_thousand_accounts_find_room() -> None:
    census = _census()
    for number in range(1_000):
        _see(census, account_id=f"a{number}", org_id=f"o{number}")
    census.settle(NOW_S)
    assert len(census) == 1_000
    assert census.count[:1_000].tolist() == [1.0] * 1_000
