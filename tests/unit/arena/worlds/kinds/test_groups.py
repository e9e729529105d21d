# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.worlds import draft
from stillwatch.arena.schedule import DAY_US
from stillwatch.arena.worlds.kinds.groups import agencies, classrooms, enterprises, hackathons, job_shards


def test_a_class_asks_the_same_few_questions_from_one_address() -> None:
    made = draft()
    classrooms(made, 20)
    rows, texts = made.rows(), made.texts.column().to_pylist()
    assert len({one.client_ip for one in made.callers}) <= 2
    assert len({texts[number] for number in rows.text}) <= 20


def test_a_hackathon_lasts_two_days_and_begins_with_its_sign_ups() -> None:
    made = draft()
    hackathons(made, 30)
    rows = made.rows()
    assert rows.at_us.max() - rows.at_us.min() <= 2 * DAY_US
    signups = np.array([one.signup_us for one in made.callers])
    assert signups.max() - signups.min() <= 0.6 * DAY_US


def test_an_enterprise_is_one_organisation_with_one_card() -> None:
    made = draft()
    enterprises(made, 8)
    assert len({one.org_id for one in made.callers}) == 1
    assert len({one.payment_fp for one in made.callers}) == 1


def test_an_agency_pays_for_several_organisations() -> None:
    made = draft()
    agencies(made, 3)
    assert len({one.org_id for one in made.callers}) == 3
    assert len({one.payment_fp for one in made.callers}) == 1


def test_a_job_is_dealt_to_its_accounts_in_turn() -> None:
    made = draft()
    job_shards(made, 8)
    rows = made.rows()
    counts = np.bincount(rows.account)
    assert counts.max() - counts.min() <= 1
    assert rows.account[:8].tolist() == list(range(8))
