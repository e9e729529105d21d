# SPDX-License-Identifier: Apache-2.0
import msgspec

from fakes.watched_world import HOUR, World, exchange
from stillwatch.records.exchange import Exchange, Outcome
from stillwatch.records.finding import Findings, Recommendation
from stillwatch.records.standing import Rung
from stillwatch.remediation.ladder import decide
from stillwatch.remediation.settings import RemediationSettings
from stillwatch.service.honey import TOLD_EVERY_US, HoneyWatch

NOW = 1_800_000_000_000_000


def use(number: int = 1, *, key_id: str = "k1", ip: str = "192.0.2.7", ts_us: int = NOW) -> Exchange:
    return msgspec.structs.replace(
        exchange(number, ts_us),
        outcome=Outcome.REFUSED,
        refusal="honey_key",
        key_id=key_id,
        client_ip=ip,
        user_agent="curl\x1b[31m",
    )


def test_the_first_use_is_told_at_once_and_later_ones_together() -> None:
    watch = HoneyWatch()
    assert watch.due(NOW) is None
    watch.take(use())
    first = watch.due(NOW)
    assert first is not None
    watch.told(first, NOW)
    for number in range(3):
        watch.take(use(number))
    assert watch.due(NOW + TOLD_EVERY_US - 1) is None
    later = watch.due(NOW + TOLD_EVERY_US)
    assert later is not None
    assert [campaign.exchanges for campaign in (*first.campaigns, *later.campaigns)] == [1, 4]


def test_what_could_not_be_told_is_told_again() -> None:
    watch = HoneyWatch()
    watch.take(use())
    assert watch.due(NOW) == watch.due(NOW) is not None


def test_other_refusals_are_nothing() -> None:
    watch = HoneyWatch()
    watch.take(msgspec.structs.replace(use(), refusal="invalid_api_key"))
    assert watch.due(NOW) is None


def test_a_case_opens_and_nobody_is_contained() -> None:
    watch = HoneyWatch()
    for number, ip in enumerate(("192.0.2.7", "198.51.100.1")):
        watch.take(use(number, ip=ip))
    findings = watch.due(NOW)
    assert isinstance(findings, Findings)
    campaign = findings.campaigns[0]
    assert (campaign.campaign_id, campaign.action) == ("honey:k1", Recommendation.WATCH)
    plan = decide(findings, (), (), NOW, ladder=RemediationSettings())
    case = plan.cases[0]
    assert "was used: 2 requests" in case.summary
    assert all(word in case.facets[0] for word in ("192.0.2.7", "198.51.100.1", "k1"))
    assert "\x1b" not in case.facets[0]
    assert all(decision.rung <= Rung.OBSERVE for decision in plan.decisions)
    later = decide(findings, plan.cases, plan.decisions, NOW + 1_000 * HOUR, ladder=RemediationSettings())
    assert all(decision.rung <= Rung.OBSERVE for decision in later.decisions)


def test_the_control_process_need_not_wait_for_a_pass() -> None:
    world = World()
    world.recorded = [use(1, ts_us=10 * HOUR + 6)]
    world.watch.step()
    assert [event for event in world.events if event[0] == "respond"] == [("respond", world.now_us, 1)]  # type: ignore[index]
    world.watch.step()
    assert world.watch.passes == 0
