# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fakes.campaigns import campaign, findings
from stillwatch.errors import SettingsError
from stillwatch.records.grant import Denial, Grant
from stillwatch.service.clock import FileClock
from stillwatch.service.offices import open_cases, open_clock_of, open_database, open_directory, open_keyring
from stillwatch.settings import Settings, settings_from

NOW = 1_800_000_000_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_from({"access": {"appeal": "Write to appeals@example.org."}}, folder=tmp_path)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    return open_database(settings)


def test_offices_that_share_an_engine_see_each_others_work(settings: Settings, engine: Engine) -> None:
    directory, cases = open_directory(settings, engine=engine), open_cases(settings, engine=engine)
    directory.create_organisation(name="Acme", org_id="acme", now_us=NOW)
    directory.create_account(org_id="acme", name="n", account_id="a", now_us=NOW)
    text = directory.issue_key("a", now_us=NOW).text

    def answer() -> Grant | Denial:
        changes = directory.entries_since(0)
        keyring = open_keyring(settings).with_delta(changes.entries, changes.removed, version=changes.version)
        return keyring.authorize(text, client_ip=None, model=None, now_us=NOW)

    assert isinstance(answer(), Grant)
    cases.judge(findings(campaign(["a", "b"])), now_us=NOW)
    refused = answer()
    assert isinstance(refused, Denial)
    assert refused.message.endswith("Write to appeals@example.org.")


def test_each_office_opens_the_database_by_itself_where_none_is_given(settings: Settings) -> None:
    open_directory(settings).create_organisation(name="Acme", org_id="acme", now_us=NOW)
    assert open_cases(settings).cases() == ()
    assert open_directory(settings).organisation("acme").name == "Acme"


def test_a_rehearsals_clock_is_the_commands_clock(tmp_path: Path) -> None:
    with FileClock(tmp_path / "clock", writable=True) as clock:
        clock.set(NOW)
        settings = settings_from({"clock": {"file": "clock"}}, folder=tmp_path)
        assert open_clock_of(settings)() == NOW


def test_a_database_kind_that_is_not_supported_is_told_at_once(tmp_path: Path) -> None:
    settings = settings_from({"database": {"url": "mysql://h/x"}}, folder=tmp_path)
    with pytest.raises(SettingsError, match="not supported"):
        open_database(settings)
