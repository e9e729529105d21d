# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable

import pytest

from fakes.groups import case_of
from fakes.traffic import World
from stillwatch.detection.facets.attestation import Attestation
from stillwatch.detection.interface import Evidence

AGENTS = ("OpenAI/Python 2.8.0", "Anthropic/JS 0.68.0", "curl/8.14.1")


def _weigh(
    columns: Callable[[int], dict[str, object]], *, proxied: int = 4, people: int = 120, accounts: int = 20
) -> Evidence | None:
    """A population that runs three clients of three fingerprints each, ``proxied`` of it behind proxies of its own."""
    world = World(seed=61)
    for at in range(people):
        agent = AGENTS[at % 3]
        shown = f"t13d-proxy-{at}" if at < proxied else f"t13d-{agent}-{at % 7 % 3}"
        world.person(f"person-{at}", user_agent=agent, ja4=shown)
    world.hydra(accounts, columns=columns)
    return Attestation().weigh(case_of(world, "hydra-"))


def test_a_home_made_client_under_a_known_name_is_surprising() -> None:
    own = _weigh(lambda _: {"user_agent": AGENTS[0], "ja4": "t13d-home-made"})
    assert own is not None
    assert own.p_value < 1e-12
    assert own.why.startswith("20 of its 20 organisations claim a well-known client")


def test_so_it_is_where_each_account_has_a_fingerprint_of_its_own_and_another_name() -> None:
    each = _weigh(lambda at: {"user_agent": AGENTS[at % 3], "ja4": f"t13d-mixed-{at}"})
    assert each is not None
    assert each.p_value < 1e-12


def test_another_client_s_fingerprint_under_a_known_name_is_a_gap_too() -> None:
    lent = _weigh(lambda _: {"user_agent": AGENTS[0], "ja4": f"t13d-{AGENTS[2]}-1"})
    assert lent is not None
    assert lent.p_value < 1e-12


def test_the_real_client_is_no_evidence() -> None:
    real = _weigh(lambda at: {"user_agent": AGENTS[0], "ja4": f"t13d-{AGENTS[0]}-{at % 3}"})
    assert real is not None
    assert real.p_value == 1.0


def test_a_client_of_one_s_own_name_claims_nothing() -> None:
    assert _weigh(lambda _: {"user_agent": "our-crawler/1.0", "ja4": "t13d-home-made"}) is None


def test_where_half_of_everybody_is_behind_a_proxy_a_group_that_is_proves_little() -> None:
    half = _weigh(
        lambda at: {"user_agent": AGENTS[0], "ja4": f"t13d-own-{at}" if at % 2 else f"t13d-{AGENTS[0]}-0"}, proxied=60
    )
    assert half is not None
    assert half.p_value > 0.1


def test_keys_of_one_organisation_count_once() -> None:
    one = _weigh(
        lambda at: (
            {"user_agent": AGENTS[0], "ja4": "t13d-own", "org_id": "org-one"}
            if at < 15
            else {"user_agent": AGENTS[0], "ja4": f"t13d-{AGENTS[0]}-1"}
        )
    )
    assert one is not None
    assert one.why.startswith("1 of its 6 organisations")
    assert one.p_value > 0.01


@pytest.mark.parametrize("column", ["user_agent", "ja4"])
def test_without_either_column_it_abstains(column: str) -> None:
    assert _weigh(lambda _: {"user_agent": AGENTS[0], "ja4": "t13d-own", column: None}) is None


def test_without_a_population_it_abstains() -> None:
    assert _weigh(lambda _: {"user_agent": AGENTS[0], "ja4": "t13d-own"}, people=45) is None
