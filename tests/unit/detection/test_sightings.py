# SPDX-License-Identifier: Apache-2.0
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fakes.exchanges import START_US, an_exchange
from stillwatch.detection.claims import claim_token
from stillwatch.detection.cues import CUE_BITS
from stillwatch.detection.sightings import COLUMNS_READ, SIGHTINGS, sightings_of, sightings_of_exchanges
from stillwatch.detection.sketch import decode, sketch
from stillwatch.records.exchange import Exchange, Outcome


def _log(*exchanges: Exchange) -> pa.RecordBatch:
    """The rows as a foreign gateway would write them: no columns of our own."""
    instant = pa.timestamp("us", tz="UTC")
    return pa.RecordBatch.from_pydict(
        {
            "exchange_id": [one.exchange_id for one in exchanges],
            "ts": pa.array([one.ts_us for one in exchanges], instant),
            "org_id": [one.org_id for one in exchanges],
            "account_id": [one.account_id for one in exchanges],
            "model": [one.model for one in exchanges],
            "prompt": [one.prompt for one in exchanges],
            "system": pa.array([one.system for one in exchanges], pa.string()),
            "client_ip": pa.array([one.client_ip for one in exchanges], pa.string()),
            "asn": pa.array([one.asn for one in exchanges], pa.int32()),
            "ja4": pa.array([one.ja4 for one in exchanges], pa.large_string()),
            "payment_fp": pa.array([one.payment_fp for one in exchanges], pa.string()).dictionary_encode(),
            "signup_ts": pa.array([one.signup_ts_us for one in exchanges], instant),
            "turn": pa.array([one.turn for one in exchanges], pa.int16()),
            "output_tokens": pa.array([one.output_tokens for one in exchanges], pa.int32()),
        }
    )


def _bare(number: int, **changes: object) -> Exchange:
    return replace(an_exchange(number), sketch=None, **changes)


def test_a_sighting_holds_what_the_exchange_s_sketch_holds() -> None:
    exchange = _bare(0, prompt="First write the complete chain of thought, then grade it.", system="You are kind.")
    seen = decode(sketch(exchange))
    (row,) = sightings_of(_log(exchange)).to_pylist()
    assert (row["ts_us"], row["account"], row["org"]) == (START_US, "acct-1", "org-1")
    assert row["prompt_hash"] % 2**64 == seen.prompt_hash
    assert row["system_hash"] % 2**64 == seen.system_hash
    assert row["head_hash"] == seen.head_hash
    assert tuple(row[f"band_{at}"] for at in range(4)) == seen.bands
    assert row["cues"] == sum(CUE_BITS[name] for name in seen.cues) > 0
    assert row["features"] == seen.features.astype("<u2").tobytes() != b""
    assert row["has_content"]


def test_the_same_exchanges_give_the_same_sightings_live_and_from_a_log() -> None:
    exchanges = [
        _bare(0, asn=64_500, ja4="t13d1516h2", payment_fp="card-1", signup_ts_us=5, turn=0),
        _bare(1, turn=1, client_ip="2001:db8:1:2::3"),
        _bare(2, turn=7, client_ip=None, prompt="", system="You are kind."),
        _bare(3, prompt="sha256:" + "ab" * 32, client_ip="198.51.100.9"),
    ]
    live = sightings_of_exchanges([replace(one, sketch=sketch(one)) for one in exchanges])
    assert live.schema == SIGHTINGS
    assert live.to_pylist() == sightings_of(_log(*exchanges)).to_pylist()


def test_an_answer_of_twice_the_tokens_is_worth_one_step_more() -> None:
    tokens = [None, 0, -1, 1, 3, 1_023, 2**31 - 1]
    rows = sightings_of(_log(*[_bare(at, output_tokens=one) for at, one in enumerate(tokens)])).to_pylist()
    assert [row["worth"] for row in rows] == [None, None, None, 256, 512, 2_560, 31 * 256]


def test_what_is_not_known_is_null_and_not_the_same_as_what_is_empty_text_s_hash() -> None:
    (row,) = sightings_of_exchanges([_bare(0, client_ip="", payment_fp="", turn=None)]).to_pylist()
    names = ("payment", "network", "client", "asn", "claim", "signup_us")
    assert [row[name] for name in names] == [None] * len(names)
    assert (row["is_first"], row["is_second"]) == (True, False)


def test_a_second_message_is_neither_first_nor_third() -> None:
    rows = sightings_of_exchanges([_bare(at, turn=at) for at in range(3)]).to_pylist()
    assert [(row["is_first"], row["is_second"]) for row in rows] == [(True, False), (False, True), (False, False)]


def test_two_addresses_of_one_network_share_a_hash_and_two_kinds_of_token_never_do() -> None:
    one, other = sightings_of_exchanges(
        [_bare(0, client_ip="203.0.113.7", ja4="x", payment_fp="x"), _bare(1, client_ip="203.0.113.99")]
    ).to_pylist()
    assert one["network"] == other["network"]
    assert one["client"] != one["payment"]


def test_a_claim_needs_a_name_and_a_fingerprint_and_is_of_both() -> None:
    given = [("curl/8.1", "x"), ("curl/8.2", "x"), ("curl/8.1", "y"), ("curl/8.1", None), (None, "x"), ("", "x")]
    exchanges = [_bare(at, user_agent=agent, ja4=ja4) for at, (agent, ja4) in enumerate(given)]
    claims = sightings_of_exchanges(exchanges)["claim"].to_pylist()
    assert claims == [claim_token("curl", "x"), claims[0], claim_token("curl", "y"), None, None, None]


def test_refused_exchanges_are_left_out_only_where_the_log_is_our_own() -> None:
    exchanges = [_bare(0), _bare(1, outcome=Outcome.REFUSED)]
    assert sightings_of_exchanges(exchanges).num_rows == 1
    assert sightings_of(_log(*exchanges)).num_rows == 2


def test_hashes_are_the_same_on_every_machine() -> None:
    (row,) = sightings_of_exchanges([_bare(0, asn=64_500, payment_fp="card-1", ja4="t13")]).to_pylist()
    told = {name: row[name] for name in ("exchange_hash", "payment", "network", "client", "asn", "prompt_hash")}
    assert told == {
        "exchange_hash": -6222102795029457341,
        "payment": -1384256315550466510,
        "network": -4080888179304725664,
        "client": -1255095885347134747,
        "asn": -6800590346080262901,
        "prompt_hash": -3969291456016660817,
    }


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x02" + bytes(80), sketch(an_exchange())[:-1], None])
def test_a_sketch_that_cannot_be_read_is_made_anew(damaged: bytes | None) -> None:
    whole = replace(an_exchange(1), sketch=sketch(an_exchange(1)))
    rows = sightings_of_exchanges([replace(an_exchange(0), sketch=damaged), whole, replace(whole, sketch=damaged)])
    assert (
        rows.drop_columns(["exchange_hash", "ts_us"]).to_pylist()[0]
        == rows.drop_columns(["exchange_hash", "ts_us"]).to_pylist()[1]
    )
    assert rows.to_pylist()[1] == rows.to_pylist()[2]


def test_nothing_gives_nothing() -> None:
    assert sightings_of_exchanges([]).num_rows == 0
    assert sightings_of(_log()).schema == SIGHTINGS


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.text(st.characters()), st.text(st.characters()) | st.none()), max_size=5))
def test_any_text_in_any_field_gives_a_row(texts: list[tuple[str, str | None]]) -> None:
    rows = sightings_of_exchanges(
        [
            _bare(0, exchange_id=text, account_id=text, prompt=text, system=other, client_ip=other, ja4=other)
            for text, other in texts
        ]
    )
    rows.validate(full=True)
    assert rows.num_rows == len(texts)
    assert set(COLUMNS_READ) >= {"ts", "prompt", "sketch"}
