# SPDX-License-Identifier: Apache-2.0
import msgspec

from fakes.exchanges import an_exchange
from stillwatch.access.policy.directive import Directive
from stillwatch.records.exchange import Outcome
from stillwatch.service.clock import wall_now_us
from stillwatch.service.log_room import open_log
from stillwatch.service.losses import losses
from stillwatch.service.offices import open_directives, open_directory
from stillwatch.service.record_room import open_recorder
from stillwatch.settings import Settings

DIRECTIVE = Directive(
    directive_id="d-1", models=("m",), source="s", reason="r", from_us=0, only_organisations=("annex-a",)
)


def customer(settings: Settings, name: str, keys: int = 1) -> list[str]:
    office, now_us = open_directory(settings), wall_now_us()
    org = office.create_organisation(name=name, org_id=name, now_us=now_us)
    account = office.create_account(org_id=org.org_id, name="one", account_id=f"{name}-1", now_us=now_us)
    return [office.issue_key(account.account_id, now_us=now_us).key_id for _ in range(keys)]


async def record(settings: Settings, *rows: dict[str, object]) -> None:
    recorder = open_recorder(settings, now_us=wall_now_us)
    for number, row in enumerate(rows):
        await recorder.finish(msgspec.structs.replace(an_exchange(number), ts_us=wall_now_us(), **row))
    await recorder.aclose()
    open_log(settings, tail=None).roll(wall_now_us())


async def test_those_who_are_not_named_lose_access_with_what_they_use(settings: Settings) -> None:
    customer(settings, "annex-a")
    quiet, (busy, _) = customer(settings, "quiet"), customer(settings, "busy", keys=2)
    of_busy = {"org_id": "busy", "account_id": "busy-1", "key_id": busy}
    await record(
        settings,
        {**of_busy, "model": "m"},
        {**of_busy, "model": "m", "outcome": Outcome.REFUSED},
        {**of_busy, "model": "another"},
    )
    found = losses(settings, DIRECTIVE, hours=1)
    assert [(one.org_id, one.accounts, one.keys, one.requests) for one in found] == [
        ("busy", 1, 2, 1),
        ("quiet", 1, 1, 0),
    ]
    assert found[0].last_us is not None
    assert quiet


def test_who_has_no_access_now_cannot_lose_it(settings: Settings) -> None:
    customer(settings, "barred")
    (gone,) = customer(settings, "gone")
    open_directory(settings).revoke_key(gone, now_us=wall_now_us())
    earlier = msgspec.structs.replace(DIRECTIVE, directive_id="d-0")
    assert [one.org_id for one in losses(settings, earlier, hours=1)] == ["barred"]
    open_directives(settings).apply(earlier, by="Ann", now_us=wall_now_us())
    assert losses(settings, DIRECTIVE, hours=1) == []
