# SPDX-License-Identifier: Apache-2.0
from ipaddress import IPv4Address

from stillwatch.arena.prompts.generated import GeneratedLibrary
from stillwatch.arena.schedule import START_US
from stillwatch.arena.world import Address, World, fingerprint


def world(seed: int = 1) -> World:
    return World(seed=seed, days=14, library=GeneratedLibrary())


def test_same_seed_makes_the_same_callers() -> None:
    one, two = world(), world()
    assert [one.caller("person") for _ in range(5)] == [two.caller("person") for _ in range(5)]
    assert world(2).caller("person") != world(1).caller("person")


def test_strangers_share_neither_account_nor_organisation_nor_card() -> None:
    made = [caller for here in [world()] for caller in (here.caller("person") for _ in range(300))]
    for facet in ("account_id", "org_id", "payment_fp"):
        assert len({getattr(caller, facet) for caller in made}) == 300


def test_addresses_are_public_and_customers_older_than_the_rehearsal() -> None:
    here = world()
    for _ in range(300):
        caller = here.caller("person")
        assert IPv4Address(caller.client_ip).is_global
        assert caller.signup_us < START_US


def test_busy_networks_have_more_callers_than_quiet_ones() -> None:
    here = world()
    asns = [here.caller("person").asn for _ in range(1_000)]
    assert max(asns.count(asn) for asn in set(asns)) > 40
    assert len(set(asns)) > 100


def test_what_a_persona_gives_is_kept() -> None:
    address = Address(client_ip="203.0.114.9", asn=64_500, country="SE")
    caller = world().caller("office", address=address, payment_fp="pay-1", org_id="org-1", route="cloud")
    assert (caller.client_ip, caller.asn, caller.country) == ("203.0.114.9", 64_500, "SE")
    assert (caller.payment_fp, caller.org_id, caller.route) == ("pay-1", "org-1", "cloud")


def test_fingerprint_depends_on_the_client_and_not_on_the_caller() -> None:
    assert fingerprint("curl/8.14.1", 0) == fingerprint("curl/8.14.1", 0) != fingerprint("curl/8.14.1", 1)
