# SPDX-License-Identifier: Apache-2.0
import pickle
from dataclasses import dataclass

import msgspec
import pytest

from fakes.replayed import absorbed, replayed, windows_of
from fakes.traffic import DAY_US, HOUR_US, START_US, World
from stillwatch.detection.engine import Engine
from stillwatch.detection.replay import replay
from stillwatch.detection.sketch import sketch
from stillwatch.records.exchange import Exchange
from stillwatch.records.finding import Findings, Recommendation


def contained(findings: Findings) -> set[str]:
    return {one.account_id for one in findings.accounts if one.action is Recommendation.CONTAIN}


@dataclass
class Scene:
    log: list[Exchange]
    hydra: set[str]
    findings: Findings


END_US = START_US + 10 * DAY_US


@pytest.fixture(scope="module")
def scene() -> Scene:
    world = World(seed=5)
    world.people(150)
    hydra = set(world.hydra(30, exchanges=35, shared=0.4))
    return Scene(world.log(), hydra, replayed(world.log(), until_us=END_US))


def test_a_hydra_among_people_is_contained_and_no_person_is(scene: Scene) -> None:
    found = contained(scene.findings)
    assert found <= scene.hydra
    assert len(found) >= 0.8 * len(scene.hydra)


def test_a_campaign_keeps_one_id_and_says_why(scene: Scene) -> None:
    campaigns = [one for one in scene.findings.campaigns if one.action is Recommendation.CONTAIN]
    assert len(campaigns) == 1
    assert {facet.family for facet in campaigns[0].facets} >= {"content", "rate"}
    assert all(facet.why.endswith(".") for facet in campaigns[0].facets)
    assert sum(facet.weight for facet in campaigns[0].facets) == pytest.approx(1.0, abs=0.01)
    assert all(one.reasons for one in scene.findings.accounts)


def test_the_same_log_gives_the_same_findings(scene: Scene) -> None:
    assert replayed(scene.log, until_us=END_US) == scene.findings


def test_a_stored_sketch_is_as_good_as_the_text(scene: Scene) -> None:
    sketched = [msgspec.structs.replace(one, prompt="", sketch=sketch(one)) for one in scene.log]
    assert replayed(sketched, until_us=END_US) == scene.findings


def test_what_happens_later_changes_no_earlier_finding(scene: Scene) -> None:
    cut = START_US + 6 * DAY_US
    early = replayed([one for one in scene.log if one.ts_us < cut], until_us=cut)
    later = {one.account_id: one for one in scene.findings.accounts}
    for one in early.accounts:
        if one.action is Recommendation.CONTAIN:
            assert later[one.account_id].flagged_us == one.flagged_us
    assert {a for a in contained(scene.findings) if later[a].flagged_us <= cut} == contained(early)


def test_an_engine_can_be_put_away_and_taken_up_again(scene: Scene) -> None:
    cut = START_US + 5 * DAY_US
    given = windows_of(scene.log)
    engine = Engine()
    replay(engine, [one for one in given if one.end_us <= cut])
    resumed: Engine = pickle.loads(pickle.dumps(engine))  # noqa: S301 - our own bytes of a moment ago
    rest = [one for one in given if one.end_us > cut]
    assert replay(resumed, rest) == replay(engine, rest)


def test_people_alone_are_left_alone() -> None:
    world = World(seed=11)
    world.people(180)
    findings = replayed(world.log(), until_us=END_US)
    assert contained(findings) == set()
    assert len(findings.accounts) <= 2


def test_one_organisation_may_deal_its_pile_to_its_own_accounts() -> None:
    world = World(seed=6)
    world.people(120)
    world.hydra(30, columns=lambda _: {"org_id": "one-company"})
    assert contained(replayed(world.log(), until_us=END_US)) == set()


def test_strangers_who_run_the_same_list_are_no_campaign() -> None:
    world = World(seed=8)
    world.people(120)
    benchmark = [world.prompt([1, 2, 3]) for _ in range(60)]
    for number in range(25):
        begin = START_US + (2 + 0.02 * number) * DAY_US
        for at, prompt in enumerate(benchmark):
            world.send(f"lab-{number}", begin + at * HOUR_US, prompt)
    assert contained(replayed(world.log(), until_us=END_US)) == set()


def test_an_event_is_not_contained() -> None:
    world = World(seed=9)
    world.people(120)
    for number in range(40):
        signup = START_US + 4 * DAY_US
        for at in world.draw.random(20):
            world.send(
                f"guest-{number}",
                signup + (0.2 + 1.6 * at) * DAY_US,
                world.prompt([5, 6]),
                signup_ts_us=signup - number * 60_000_000,
                payment_fp=f"pay-guest-{number}",
                client_ip=world.address(),
            )
    assert contained(replayed(world.log(), until_us=END_US)) == set()


def test_too_few_organisations_are_no_population() -> None:
    world = World(seed=3)
    world.hydra(12)
    engine = absorbed(world.log())
    assert engine.campaign_pass(END_US).campaigns == ()
    assert "Only 12 organisations" in engine.note()


def test_hashed_prompts_give_no_campaign_and_no_error() -> None:
    world = World(seed=4)
    world.people(40)
    world.hydra(20)
    hashed = [
        msgspec.structs.replace(one, prompt="sha256:" + f"{hash(one.prompt) & (1 << 64) - 1:064x}")
        for one in world.log()
    ]
    assert replayed(hashed, until_us=END_US).campaigns == ()


def test_an_engine_that_saw_nothing_finds_nothing() -> None:
    findings = Engine().campaign_pass(START_US)
    assert findings == Findings(window_from_us=START_US, window_to_us=START_US, accounts=(), campaigns=())
