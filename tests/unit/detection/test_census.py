# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.replayed import windows_of
from fakes.traffic import DAY_US, HOUR_US, START_US
from stillwatch.detection.census import MODEL, NO_PROMPT, PROMPTS_KEPT, TOKENS_KEPT, Census
from stillwatch.detection.sightings import sightings_of_exchanges
from stillwatch.records.exchange import Exchange


def _said(at_us: int = START_US, prompt: str = "tell me of the sea", **columns: object) -> Exchange:
    given: dict[str, object] = {"org_id": "o", "account_id": "a", "turn": 0, **columns}
    return Exchange(exchange_id=f"{prompt}-{at_us}", ts_us=at_us, model="m", prompt=prompt, **given)  # type: ignore[arg-type]


def _others(at_us: int = START_US) -> list[Exchange]:
    """So that what one account says is not what everybody says."""
    return [
        _said(at_us + 1, prompt="something else altogether", account_id=f"b{number}", org_id=f"p{number}", turn=1)
        for number in range(9)
    ]


def _census(*log: Exchange) -> Census:
    census = Census(seed=0, memory_s=5 * 86_400.0)
    for one in windows_of(log, every_us=HOUR_US):
        census.absorb(one)
    return census


def test_a_first_message_counts_once_its_hour_has_passed() -> None:
    first, second = windows_of([_said(), *_others()], every_us=HOUR_US)
    census = Census(seed=0, memory_s=5 * 86_400.0)
    census.absorb(first)
    row = census.index["a"]
    assert (census.total_count[row], census.count[row]) == (1, 0)
    assert len(census.absorb(second)) == 0
    assert (census.total_count[row], census.count[row]) == (1, 1)
    assert census.content[row].any()


def test_a_message_that_was_followed_up_belongs_to_a_conversation() -> None:
    census = _census(_said(), _said(START_US + HOUR_US // 4, turn=1))
    assert (census.total_count[0], census.count[0]) == (2, 0)


def test_a_private_system_prompt_keeps_an_exchange_out_and_a_shared_one_does_not() -> None:
    one = _said(system="You sort our mail.")
    other = _said(START_US + 2 * HOUR_US, org_id="p", account_id="b", system="You sort our mail.")
    census = _census(one, other, *_others())
    assert census.count[census.index["a"]] == 0
    assert census.count[census.index["b"]] == 1


def test_an_account_that_is_seen_under_two_organisations_is_of_the_first() -> None:
    census = _census(_said(system="One."), _said(START_US + 1, org_id="p", system="Two."))
    assert census.names == ["a"]
    assert census.org[0] == census.orgs["o"]


def test_who_was_active_is_told_and_enrolled_in_the_order_of_first_sight() -> None:
    census = Census(seed=0, memory_s=86_400.0)
    late_first = [_said(START_US + 5 - number, account_id=f"a{number}") for number in range(5)]
    given = windows_of(late_first, every_us=HOUR_US)
    assert census.absorb(given[0]).tolist() == [0, 1, 2, 3, 4]
    assert census.names == ["a4", "a3", "a2", "a1", "a0"]


def test_an_old_record_begins_anew_and_counts_ever_on() -> None:
    census = _census(_said(), _said(START_US + 6 * DAY_US, turn=1), *_others())
    row = census.index["a"]
    assert (census.total_count[row], census.count[row], census.ever[row]) == (1, 0, 2)
    assert not census.content[row].any()


def test_an_account_stays_small_however_long_it_talks() -> None:
    log = [
        _said(
            START_US + number * 60_000_000,
            prompt=f"question {number}",
            client_ip=f"10.{number // 250}.{number % 250}.9",
            payment_fp=f"pay-{number}",
        )
        for number in range(1_000)
    ]
    census = _census(*log)
    hashes = np.unique(sightings_of_exchanges(log)["prompt_hash"].to_numpy())
    assert census.prompts[0].tolist() == hashes[:PROMPTS_KEPT].tolist()
    assert census.tokens.shape[2] == TOKENS_KEPT
    assert (census.tokens[0, :2] != 0).all()


def test_a_prompt_said_twice_is_kept_once() -> None:
    census = _census(_said(), _said(START_US + 1), _said(START_US + 2 * HOUR_US))
    assert (census.prompts[0] != NO_PROMPT).sum() == 1


def test_what_is_given_again_is_not_counted_again() -> None:
    given = windows_of([_said(payment_fp="card", system="One."), *_others()], every_us=HOUR_US)
    once, twice = (Census(seed=0, memory_s=86_400.0) for _ in range(2))
    once.absorb(given[0])
    twice.absorb(given[0])
    twice._note_tokens(given[0].postings)
    twice._note_systems(given[0].systems)
    assert np.array_equal(once.tokens, twice.tokens)
    assert once._systems == twice._systems
    token = int(once.tokens[once.index["a"], 0, 0])
    assert twice.holders.count(0, token) == 1


def test_what_is_not_known_is_not_kept() -> None:
    census = _census(_said())
    assert not census.tokens[0, :MODEL].any()
    assert np.isnan(census.signup[0])


def test_a_thousand_accounts_find_room() -> None:
    census = _census(*(_said(account_id=f"a{number}", org_id=f"o{number}") for number in range(1_000)))
    assert len(census) == 1_000
    assert census.count[:1_000].tolist() == [1.0] * 1_000


def test_what_somebody_looks_at_while_room_is_made_stays_what_it_was() -> None:
    census = _census(_said(), *_others())
    seen = census.content[:1]
    before, counts = seen.copy(), census.ever[: len(census)].tolist()
    for one in windows_of([_said(account_id=f"c{number}") for number in range(2_000)], every_us=HOUR_US):
        census.absorb(one)
    assert len(census) == 2_010
    assert (seen == before).all()
    assert (census.content[:1] == before).all()
    assert census.ever[:10].tolist() == counts
    assert (census.prompts[2_010:] == NO_PROMPT).all()
    assert np.isinf(census.first[2_010:]).all()


def test_answers_are_worth_the_logarithm_of_their_length_until_they_are_forgotten() -> None:
    log = [_said(output_tokens=1_023), _said(START_US + HOUR_US, output_tokens=255), _said(START_US + 2, turn=1)]
    census = _census(*log)
    assert (census.answers[0], census.worth[0]) == (2, 18.0)
    census = _census(*log, _said(START_US + 9 * DAY_US, output_tokens=3))
    assert (census.answers[0], census.worth[0]) == (1, 2.0)
