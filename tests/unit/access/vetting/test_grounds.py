# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

from fakes.dossiers import DAY_US, NOW, NOW_US, certified, proof, whole
from stillwatch.access.vetting.dossier import Dossier, Group
from stillwatch.access.vetting.grounds import Policy
from stillwatch.access.vetting.recognition import Recognition
from stillwatch.access.vetting.states import Grounds, microseconds

ISO = Recognition(scheme="iso27001", tier=2, max_age_days=365, source="the standard")


def grounds(dossier: Dossier, *, tier: int = 1, days: int = 0) -> Grounds:
    return Policy(table=[ISO]).grounds(dossier, recorded_by="rec", tier=tier, now_us=NOW_US + days * DAY_US)


def test_the_fixed_now_of_these_tests_is_one_instant() -> None:
    assert microseconds(NOW) == NOW_US


def test_an_approval_lasts_until_its_first_needed_group_runs_out() -> None:
    found = grounds(whole())
    assert (found.missing, found.certified_tier) == ((), 0)
    assert found.valid_until_us == microseconds(NOW + timedelta(days=365))


def test_a_tier_that_needs_a_certification_lasts_no_longer_than_it() -> None:
    dossier = whole(assurance=certified(days=50))
    assert grounds(dossier, tier=2).valid_until_us == NOW_US + 50 * DAY_US
    assert grounds(dossier, tier=1).valid_until_us == NOW_US + 365 * DAY_US
    assert grounds(dossier, tier=2, days=51).certified_tier == 0


def test_what_is_not_there_or_has_run_out_is_missing() -> None:
    identity = whole().identity.__class__(legal_name="x", country="DE", proof=proof(10))
    assert grounds(whole(identity=identity, scope=None), days=10).missing == (Group.IDENTITY, Group.SCOPE)
