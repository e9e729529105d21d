# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fakes.worlds import composed, small_world
from stillwatch.arena.worlds.compose import Composition
from stillwatch.arena.worlds.description import Operator


def made(**changes: object) -> Composition:
    operator = Operator(name="hydra", **{"accounts": 20, "exchanges": 800, **changes})  # type: ignore[arg-type]
    return composed(small_world(operator, people=2))


def own(log: Composition) -> np.ndarray:
    return np.flatnonzero(np.isin(log.rows.account, log.campaigns["hydra"]))


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_dilution_is_the_share_of_other_peoples_traffic(share: float) -> None:
    log = made(dilution=share)
    assert log.rows.harvest.sum() == 800
    assert 1 - 800 / len(own(log)) == pytest.approx(share, abs=0.06)


def test_wrapped_harvest_looks_like_a_later_turn() -> None:
    log = made(wrapping=0.5, dilution=0.0)
    turns, talks = log.rows.turn[log.rows.harvest], log.rows.conversation[log.rows.harvest]
    assert (turns > 0).mean() == pytest.approx(0.5, abs=0.07)
    assert ((turns > 0) == (talks >= 0)).all()


def test_unique_system_prompts_are_one_for_each_account() -> None:
    log = made(system="unique", dilution=0.0)
    systems = log.texts.take(log.rows.system[own(log)]).to_pylist()
    assert len(set(systems)) == len(log.campaigns["hydra"])


def test_paraphrase_changes_the_share_of_texts_asked() -> None:
    plain = made(dilution=0.0)
    reworded = made(dilution=0.0, paraphrase=0.5)
    texts = [set(log.texts.take(log.rows.text[own(log)]).to_pylist()) for log in (plain, reworded)]
    assert len(texts[0] & texts[1]) == pytest.approx(400, abs=70)


def test_a_campaign_without_exchanges_has_no_accounts() -> None:
    assert made(exchanges=0).campaigns == {"hydra": ()}
