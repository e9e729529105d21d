# SPDX-License-Identifier: Apache-2.0
from fakes.traffic_columns import traffic
from stillwatch.arena.grading.baselines.union_find import UnionFind


def test_a_chain_of_shared_values_is_one_group_and_the_unknown_joins_nobody() -> None:
    seen = traffic(accounts=5, account=[0, 1, 1, 2, 3, 4], network=[7, 7, 8, 8, -1, -1])
    assert UnionFind("network", "/24").scores(seen).tolist() == [3, 3, 3, 1, 1]
