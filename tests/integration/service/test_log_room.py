# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest

from fakes.exchanges import START_US, an_exchange
from stillwatch.errors import SettingsError
from stillwatch.service.log_room import check_record, open_log, open_pseudonyms, open_reader
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


def test_pseudonyms_need_their_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STILLWATCH_PSEUDONYM_KEY", raising=False)
    assert open_pseudonyms(settings_from({}, folder=tmp_path)) is None
    with pytest.raises(SettingsError):
        open_log(settings_from({"ledger": {"pseudonymise": ["account_id"]}}, folder=tmp_path))
