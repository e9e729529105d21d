# SPDX-License-Identifier: Apache-2.0
import numpy as np

from fakes.worlds import draft
from stillwatch.arena.schedule import DAY_US
from stillwatch.arena.worlds.kinds.people import launch_wave, office, people, university, vpn_users


def test_conversations_count_their_turns_and_pause_between_them() -> None:
    made = draft()
    people(made, 20)
    rows = made.rows()
    assert (rows.conversation >= 0).all()
    for conversation in np.unique(rows.conversation)[:50]:
        own = np.flatnonzero(rows.conversation == conversation)
        assert rows.turn[own].tolist() == list(range(len(own)))


def test_an_office_shares_an_address_and_nothing_else() -> None:
    made = draft()
    office(made, 20)
    assert len({one.client_ip for one in made.callers}) <= 2
    assert len({one.payment_fp for one in made.callers}) == 20


def test_a_vpn_has_few_exits() -> None:
    made = draft()
    vpn_users(made, 40)
    assert len({one.client_ip for one in made.callers}) <= 4


def test_many_of_a_university_sign_up_in_the_same_weeks() -> None:
    made = draft()
    university(made, 150)
    signups = np.sort([one.signup_us for one in made.callers])
    width = len(signups) // 4
    assert (signups[width:] - signups[:-width]).min() < 9 * DAY_US


def test_a_launch_wave_signs_up_within_days_and_calls_after_it() -> None:
    made = draft()
    launch_wave(made, 80)
    signups = np.array([one.signup_us for one in made.callers])
    assert np.quantile(signups, 0.9) - signups.min() < 3 * DAY_US
    rows = made.rows()
    assert (rows.at_us >= signups[rows.account]).all()
