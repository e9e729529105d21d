# SPDX-License-Identifier: Apache-2.0
import asyncio
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from fakes.exchanges import START_US, an_exchange
from fakes.terminal import Terminal
from stillwatch.cli.log import parse_instant
from stillwatch.errors import BadInput
from stillwatch.records.exchange import Exchange, Outcome
from stillwatch.service.log_room import open_log
from stillwatch.service.record_room import open_recorder
from stillwatch.settings import load_settings

HOUR_US = 3_600_000_000


def record(terminal: Terminal, *exchanges: Exchange, roll: bool) -> None:
    settings = load_settings(terminal.config)

    async def write() -> None:
        recorder = open_recorder(settings, now_us=lambda: START_US)
        for exchange in exchanges:
            await recorder.finish(exchange)
        await recorder.aclose()

    asyncio.run(write())
    if roll:
        assert open_log(settings).roll(START_US).rows == len(exchanges)


@pytest.fixture
def kept(terminal: Terminal) -> Terminal:
    """A log of four hours, an exchange each half hour; the last two are not rolled yet."""
    rows = [an_exchange(number, ts_us=START_US + number * HOUR_US // 2) for number in range(8)]
    rows[3] = msgspec.structs.replace(rows[3], account_id="acct-2", outcome=Outcome.REFUSED, refusal="invalid_api_key")
    record(terminal, *rows[:6], roll=True)
    record(terminal, *rows[6:], roll=False)
    return terminal


def ids(shown: list[dict[str, object]]) -> list[int]:
    return [int(str(row["exchange_id"]).removeprefix("ex-")) for row in shown]


def test_a_list_is_by_time_and_joins_what_is_rolled_and_what_is_not(kept: Terminal) -> None:
    assert ids(kept.json("log", "list", "--from", "2026-06-01")) == list(range(8))


def test_a_list_is_narrowed_by_time_account_and_outcome(kept: Terminal) -> None:
    assert ids(kept.json("log", "list", "--from", "2026-06-01T01:00", "--until", "2026-06-01T02:00+00:00")) == [2, 3]
    assert ids(kept.json("log", "list", "--from", "2026-06-01", "--account", "acct-2")) == [3]
    assert ids(kept.json("log", "list", "--from", "2026-06-01", "--org", "nobody")) == []
    assert ids(kept.json("log", "list", "--from", "2026-06-01", "--outcome", "refused")) == [3]


def test_the_latest_are_kept_where_there_are_too_many(kept: Terminal) -> None:
    assert ids(kept.json("log", "list", "--from", "2026-06-01", "-n", "2")) == [6, 7]


def test_a_list_for_people_has_a_line_for_each(kept: Terminal) -> None:
    shown = kept.good("log", "list", "--from", "2026-06-01")
    assert "refused: invalid_api_key" in shown
    assert "Why is the sky blue?" in shown
    assert len(shown.splitlines()) == 9
    assert kept.good("log", "list", "--until", "2020-01-01", "--from", "2019-01-01").startswith("No exchange")


def test_a_prompt_cannot_steer_the_terminal_it_is_shown_in(terminal: Terminal) -> None:
    record(terminal, an_exchange(1, prompt="\x1b[2J\x1b]0;owned\x07 [bold]hello"), roll=False)
    shown = terminal.good("log", "list", "--from", "2026-06-01") + terminal.good("log", "show", "ex-000001")
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "[bold]hello" in shown


@pytest.mark.parametrize("number", [2, 7], ids=["rolled", "in the spool"])
def test_one_exchange_is_shown_with_all_that_is_known(kept: Terminal, number: int) -> None:
    found = kept.json("log", "show", f"ex-{number:06d}")
    assert found["prompt"] == "Why is the sky blue?"
    assert found["outcome"] == "completed"
    assert found["sketch_bytes"] == 2
    assert "response" not in found
    assert "ex-00000" in kept.good("log", "show", f"ex-{number:06d}")


def test_an_exchange_that_is_not_there_is_said_so(kept: Terminal) -> None:
    assert "is on record" in kept.refused("log", "show", "ex-999999")


def test_a_whole_record_verifies(kept: Terminal) -> None:
    assert "8, of which 2 are not rolled yet" in kept.good("log", "verify")
    assert kept.json("log", "verify")["is_good"] is True


def test_an_empty_record_verifies(terminal: Terminal) -> None:
    assert terminal.json("log", "verify")["rows"] == 0


def test_a_damaged_record_does_not_verify(kept: Terminal) -> None:
    part = min((kept.config.parent / "data").rglob("*.parquet"))
    column = pq.read_metadata(part).row_group(0).column(0)
    data = bytearray(part.read_bytes())
    data[column.dictionary_page_offset + column.total_compressed_size - 1] ^= 1
    part.write_bytes(data)
    shown = kept.run("log", "verify", "--json")
    assert shown.code == 1
    found = msgspec.json.decode(shown.out)
    assert found["is_good"] is False
    assert str(part) in found["damage"][0]
    assert kept.run("log", "verify").code == 1


def test_an_export_in_parquet_has_the_contracts_columns_and_types(kept: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    assert kept.json("log", "export", str(out), "--from", "2026-06-01T03:00")["exchanges"] == 2
    schema = pq.read_schema(out)
    assert str(schema.field("ts").type) == "timestamp[us, tz=UTC]"
    assert "sketch" not in schema.names
    assert pq.read_table(out)["exchange_id"].to_pylist() == ["ex-000006", "ex-000007"]


def test_an_export_in_json_lines_is_the_same_in_a_file_and_in_a_pipe(kept: Terminal, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    kept.good("log", "export", str(out), "--account", "acct-2")
    assert kept.good("log", "export", "-", "--account", "acct-2") == out.read_text()
    (line,) = out.read_bytes().splitlines()
    assert msgspec.json.decode(line)["ts"] == "2026-06-01T01:30:00+00:00"


def test_hunt_reads_what_export_writes(kept: Terminal, tmp_path: Path) -> None:
    for name in ("out.jsonl", "out.parquet"):
        kept.good("log", "export", str(tmp_path / name))
        findings = tmp_path / "findings.json"
        kept.good("hunt", str(tmp_path / name), "--out", str(findings))
        assert msgspec.json.decode(findings.read_bytes())["window"]["from"] == "2026-06-01T00:00:00+00:00"


def test_an_export_that_says_no_format_or_has_no_folder_is_refused(kept: Terminal, tmp_path: Path) -> None:
    assert "End it in .parquet or .jsonl" in kept.refused("log", "export", str(tmp_path / "out.csv"))
    assert "no folder" in kept.refused("log", "export", str(tmp_path / "none" / "out.jsonl"))
    assert list(tmp_path.glob("out*")) == []


@pytest.fixture
def hidden(terminal: Terminal, tmp_path: Path) -> Terminal:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    terminal.config.write_text(
        f'data_dir = "data"\n[ledger]\npseudonymise = ["account_id"]\npseudonym_key_file = "{key}"\n'
    )
    record(terminal, an_exchange(1), roll=True)
    record(terminal, an_exchange(2), roll=False)
    return terminal


def test_pseudonyms_are_shown_alike_whether_rolled_or_not_and_identified_on_demand(hidden: Terminal) -> None:
    kept_as = {row["account_id"] for row in hidden.json("log", "list", "--from", "2026-06-01")}
    assert len(kept_as) == 1
    assert kept_as.pop().startswith("psn1_")
    clear = {row["account_id"] for row in hidden.json("log", "list", "--from", "2026-06-01", "--identify")}
    assert clear == {"acct-1"}
    for name in ("ex-000001", "ex-000002"):
        assert hidden.json("log", "show", name)["account_id"].startswith("psn1_")
        assert hidden.json("log", "show", name, "--identify")["account_id"] == "acct-1"


def test_a_pseudonymous_account_is_found_by_either_name(hidden: Terminal) -> None:
    (row, _) = hidden.json("log", "list", "--from", "2026-06-01")
    for name in ("acct-1", row["account_id"]):
        assert len(hidden.json("log", "list", "--from", "2026-06-01", "--account", name)) == 2


def test_a_missing_pseudonym_key_is_said_so(terminal: Terminal) -> None:
    terminal.config.write_text('data_dir = "data"\n[ledger]\npseudonymise = ["account_id"]\n')
    assert "STILLWATCH_PSEUDONYM_KEY holds no key" in terminal.refused("log", "list")


def test_instants_are_read_in_iso_and_as_how_long_ago() -> None:
    assert parse_instant("2026-06-01", now_us=0) == START_US
    assert parse_instant("2026-06-01T02:00+02:00", now_us=0) == START_US
    assert parse_instant("90m", now_us=START_US) == START_US - 90 * 60_000_000


@pytest.mark.parametrize("text", ["", "yesterday", "5", "h", "10y", "2026-13-01", "²h"])
def test_an_instant_that_is_neither_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_instant(text, now_us=0)
