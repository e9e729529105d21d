# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import msgspec
import pytest

from fakes.exchanges import START_US, an_exchange
from stillwatch.errors import SettingsError
from stillwatch.records.case import Case, CaseState
from stillwatch.service.log_room import check_record, open_log, open_pseudonyms, open_reader, sample_prompts
from stillwatch.service.record_room import open_recorder, open_tail
from stillwatch.settings import settings_from


async def test_what_the_tail_has_handed_out_is_rolled_and_read_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLWATCH_PSEUDONYM_KEY", "k" * 32)
    settings = settings_from({"ledger": {"pseudonymise": ["account_id"]}}, folder=tmp_path)
    recorder = open_recorder(settings, now_us=lambda: START_US)
    await recorder.finish(an_exchange(1))
    await recorder.aclose()
    tail = open_tail(settings)
    log = open_log(settings, tail=tail)
    assert log.roll(START_US).segments == 0
    assert len(list(tail.poll())) == 1
    assert log.roll(START_US).segments == 1
    assert list(open_reader(settings).exchanges(identify=True)) == [an_exchange(1)]
    assert check_record(settings).is_good


@pytest.mark.parametrize("policy", ["text", "hash"])
async def test_sample_prompts_are_read_from_the_log_under_the_accounts_own_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    monkeypatch.setenv("STILLWATCH_PSEUDONYM_KEY", "k" * 32)
    settings = settings_from({"ledger": {"pseudonymise": ["account_id"]}}, folder=tmp_path)
    recorder = open_recorder(settings, now_us=lambda: START_US)
    for number in range(6):
        prompt = f"Say what comes after number {number}." if policy == "text" else "sha256:" + f"{number:064}"
        row = msgspec.structs.replace(an_exchange(number), account_id=f"a{number % 3}", prompt=prompt, turn=0)
        await recorder.finish(row)
    await recorder.aclose()
    tail = open_tail(settings)
    list(tail.poll())
    open_log(settings, tail=tail).roll(START_US)
    case = Case(
        case_id="case-1",
        campaign_id="c-1",
        opened_us=START_US + 60_000_000,
        updated_us=START_US + 60_000_000,
        state=CaseState.OPEN,
        accounts=("a0", "a1"),
        exchanges=4,
        log10_e=5.0,
        p_value=1e-9,
        summary="",
        facets=(),
    )
    shown = sample_prompts(settings, case)
    assert {sample.account_id for sample in shown} <= {"a0", "a1"}
    assert bool(shown) is (policy == "text")


def test_pseudonyms_need_their_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STILLWATCH_PSEUDONYM_KEY", raising=False)
    assert open_pseudonyms(settings_from({}, folder=tmp_path)) is None
    with pytest.raises(SettingsError):
        open_log(settings_from({"ledger": {"pseudonymise": ["account_id"]}}, folder=tmp_path))
