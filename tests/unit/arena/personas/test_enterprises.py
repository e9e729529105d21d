# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.personas.enterprises import agency, enterprise
from stillwatch.arena.world import World


def test_company_has_one_organisation_one_card_and_one_network(world: World) -> None:
    callers, planned = enterprise(world, 20)
    assert len({caller.org_id for caller in callers}) == len({caller.payment_fp for caller in callers}) == 1
    assert len({caller.client_ip.rpartition(".")[0] for caller in callers}) == 1
    assert len({caller.account_id for caller in callers}) == 20
    assert {bool(request.conversation) for request in planned} == {True, False}


def test_agency_pays_for_several_organisations(world: World) -> None:
    callers, _ = agency(world, 5)
    assert len({caller.payment_fp for caller in callers}) == 1
    assert len({caller.org_id for caller in callers}) == 5
