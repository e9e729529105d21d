# SPDX-License-Identifier: Apache-2.0
from stillwatch.arena.language.dice import Dice
from stillwatch.arena.language.documents import JOBS, Trade


def test_every_job_names_its_customer_in_its_instructions() -> None:
    for job in JOBS:
        dice = Dice(1, job.__name__)
        for _ in range(20):
            trade = Trade(dice)
            system, item = job(trade, dice)
            assert trade.name in system
            assert item() != ""


def test_items_of_one_trade_vary() -> None:
    dice = Dice(2)
    trade = Trade(dice)
    assert len({trade.article() for _ in range(100)}) > 95


def test_articles_are_several_sentences_and_sentences_one() -> None:
    trade = Trade(Dice(3))
    assert len(trade.article()) > 2 * len(trade.sentence())
