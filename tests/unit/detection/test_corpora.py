# SPDX-License-Identifier: Apache-2.0
import numpy as np

from stillwatch.detection.corpora import Corpus, hashes_of
from stillwatch.detection.sketch import decode, sketch
from stillwatch.records.exchange import Exchange

TEXTS = ["What is the boiling point of water?", "Übersetze diesen Satz ins Englische, bitte.", "法国的首都是哪里？"]


def test_a_text_has_the_hash_that_a_sighting_of_it_has() -> None:
    prompts = [Exchange(exchange_id="x", ts_us=0, org_id="o", account_id="a", model="m", prompt=one) for one in TEXTS]
    assert hashes_of(TEXTS).view(np.uint64).tolist() == [decode(sketch(one)).prompt_hash for one in prompts]


def test_case_spaces_and_punctuation_make_no_difference() -> None:
    assert len(set(hashes_of([TEXTS[0], "  what is THE boiling\npoint of water"]).tolist())) == 1


def test_what_is_too_short_to_tell_a_list_is_left_out() -> None:
    assert len(hashes_of(["Hello there", "", "ok", "sha256:" + "ab" * 32, TEXTS[0]])) == 1


def test_hashes_are_found_and_counted() -> None:
    corpus = Corpus("list", np.array([-5, -1, 3, 8]))
    assert corpus.has(np.array([[-5, 0], [8, 9], [-9, 3]])).tolist() == [[True, False], [True, False], [False, True]]
    assert [corpus.up_to(bound) for bound in (-6, -1, 7, 100)] == [0, 2, 3, 4]


def test_nothing_is_on_an_empty_list() -> None:
    assert not Corpus("list", np.zeros(0, np.int64)).has(np.array([0, 1])).any()
