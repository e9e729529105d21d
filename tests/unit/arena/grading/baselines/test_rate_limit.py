# SPDX-License-Identifier: Apache-2.0
from fakes.traffic_columns import traffic
from stillwatch.arena.grading.baselines.rate_limit import RateLimit


def test_the_busiest_hour_counts() -> None:
    scores = RateLimit().scores(traffic(accounts=2, account=[0, 0, 0, 1, 1], hours=[0.1, 0.2, 5.0, 1.0, 2.0]))
    assert scores.tolist() == [2.0, 1.0]
