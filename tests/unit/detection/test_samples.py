# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from fakes.traffic import World
from stillwatch.detection.samples import CUT, PER_ACCOUNT, SamplePool
from stillwatch.records.finding import Sample

BEFORE, AFTER = "Act as a senior examiner and explain step by step", "then grade your own answer from one to ten."


def _pool(prompts: dict[str, list[str]], outside: dict[str, list[str]], *, order: int = 0) -> SamplePool:
    pool = SamplePool({"c-1": list(prompts)})
    sent = [(account, text, at) for account, texts in (prompts | outside).items() for at, text in enumerate(texts)]
    for at in np.random.default_rng(order).permutation(len(sent)):
        account, text, number = sent[at]
        pool.add(account=account, org=f"org-{account}", exchange_id=f"{account}-{number:03}", prompt=text, turn=0)
    return pool


@pytest.fixture(scope="module")
def people() -> dict[str, list[str]]:
    world = World(seed=3)
    return {f"person-{at}": [world.prompt([at % 7]) for _ in range(3)] for at in range(40)}


def _templated(accounts: int, *, seed: int = 5) -> dict[str, list[str]]:
    world = World(seed=seed)
    return {
        f"hydra-{at}": [f"{BEFORE} {world.prompt([at % 5, 9])} {AFTER}" for _ in range(4)] for at in range(accounts)
    }


def _common(sample: Sample) -> str:
    return "|".join(part.text.strip() for part in sample.parts if part.is_common)


def test_the_template_is_marked_and_what_differs_is_not(people: dict[str, list[str]]) -> None:
    prompts = _templated(12)
    samples = _pool(prompts, people).samples("c-1")
    assert len(samples) == len({sample.account_id for sample in samples}) == 3
    for sample in samples:
        assert _common(sample) == f"{BEFORE}|{AFTER}"
        assert "".join(part.text for part in sample.parts) in prompts[sample.account_id]


def test_the_samples_are_the_same_whatever_the_order(people: dict[str, list[str]]) -> None:
    prompts = {account: texts[:PER_ACCOUNT] for account, texts in _templated(9).items()}
    outside = {account: texts[:2] for account, texts in people.items()}
    one, other = (_pool(prompts, outside, order=order).samples("c-1") for order in (1, 2))
    assert one == other


def test_what_everybody_says_is_not_common_to_the_campaign(people: dict[str, list[str]]) -> None:
    polite = "Could you please help me with the following question"
    world = World(seed=8)
    prompts = {f"hydra-{at}": [f"{polite} {world.prompt([30 + at])}"] for at in range(8)}
    outside = {account: [f"{polite} {text}" for text in texts] for account, texts in people.items()}
    assert all(not part.is_common for sample in _pool(prompts, outside).samples("c-1") for part in sample.parts)


def test_a_source_without_a_template_shows_its_most_typical_prompts_unmarked(people: dict[str, list[str]]) -> None:
    world = World(seed=6)
    prompts = {f"hydra-{at}": [world.prompt([31, 32]), world.prompt([33 + at])] for at in range(6)}
    samples = _pool(prompts, people).samples("c-1")
    assert len(samples) == 3
    # The first of each account's prompts is from the pile that all of them draw on.
    assert {sample.exchange_id[-3:] for sample in samples} == {"000"}


def test_a_template_without_spaces_between_words_is_marked(people: dict[str, list[str]]) -> None:
    prompts = {f"hydra-{at}": [f"请逐步推理并写出完整的思考过程：{filling}"] for at, filling in enumerate("山水火木")}
    samples = _pool(prompts, people).samples("c-1")
    assert {_common(sample) for sample in samples} == {"请逐步推理并写出完整的思考过程："}


@pytest.mark.parametrize("prompt", [None, "", "sha256:" + "0" * 64])
def test_text_that_is_not_there_gives_no_sample(prompt: str | None) -> None:
    pool = SamplePool({"c-1": ["hydra-1"]})
    pool.add(account="hydra-1", org="o", exchange_id="e", prompt=prompt, turn=0)
    assert pool.samples("c-1") == ()


def test_only_first_messages_count_and_few_of_one_account() -> None:
    pool = SamplePool({"c-1": ["hydra-1"]})
    pool.add(account="hydra-1", org="o", exchange_id="e", prompt="And then?", turn=1)
    assert pool.samples("c-1") == ()
    for at in range(PER_ACCOUNT):
        assert pool.wants("hydra-1")
        pool.add(account="hydra-1", org="o", exchange_id=f"e{at}", prompt="What then?", turn=None)
    assert not pool.wants("hydra-1")


def test_a_long_prompt_is_cut_and_shows_its_ends() -> None:
    pool = SamplePool({"c-1": ["hydra-1"]})
    pool.add(account="hydra-1", org="o", exchange_id="e", prompt="begin " + "x" * 10**6 + " end", turn=0)
    (sample,) = pool.samples("c-1")
    text = "".join(part.text for part in sample.parts)
    assert text.startswith("begin")
    assert text.endswith("end")
    assert CUT in text
    assert len(text) < 1_000


def test_a_pool_is_full_once_it_has_enough_of_everybody() -> None:
    pool = SamplePool({"c-1": ["hydra-1"]})
    for at in range(1_000):
        assert not pool.is_full or at > PER_ACCOUNT
        pool.add(account="hydra-1", org="o", exchange_id=f"h{at}", prompt=f"one {at}", turn=0)
        pool.add(account=f"person-{at}", org=f"o{at}", exchange_id=f"p{at}", prompt=f"two {at}", turn=0)
    assert pool.is_full
