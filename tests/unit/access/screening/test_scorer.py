# SPDX-License-Identifier: Apache-2.0
from importlib.resources import files

import msgspec
import pytest

from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.features import NAMES
from stillwatch.access.screening.normalise import normal
from stillwatch.access.screening.scorer import Scorer, probability
from stillwatch.errors import IntegrityError

DATA = (files("stillwatch.access.screening") / "scorer.json").read_bytes()


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.of(DATA, digest="d")


@pytest.mark.parametrize(
    ("one", "other", "kind", "is_same"),
    [
        ("Quorvex Dynamics GmbH", "Quorvex Dynamics", Kind.ORGANISATION, True),
        ("Quorvex Dinamics Ltd", "Quorvex Dynamics Limited", Kind.ORGANISATION, True),
        ("Quorvex Dynamics", "Bremond Dynamics", Kind.ORGANISATION, False),
        ("Example Anselm Vorbeck", "Anselm Vorbeck", Kind.PERSON, True),
        ("Anselm Vorbeck", "Tobias Vorbeck", Kind.PERSON, False),
    ],
)
def test_two_names_side_by_side(scorer: Scorer, one: str, other: str, kind: Kind, *, is_same: bool) -> None:
    assert scorer.are_same(normal(one, kind), normal(other, kind), kind=kind) is is_same


def test_the_file_says_of_what_it_was_made(scorer: Scorer) -> None:
    told = msgspec.json.decode(DATA)["provenance"]
    assert "dev.screening.train" in told["made_by"]
    assert len(told["lists"]) >= 8
    assert scorer.family_search > scorer.same_pair


@pytest.mark.parametrize(
    "data", [b"", b"{}", DATA[:-10], DATA.replace(f'"{next(iter(NAMES))}"'.encode(), b'"other"', 1)]
)
def test_a_damaged_file_or_one_for_other_features_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="scorer"):
        Scorer.of(data, digest="d")


def test_a_probability_is_a_half_at_nothing_and_never_certain() -> None:
    assert probability(0.0) == 0.5
    assert 0 < probability(-1e9) < probability(1e9) < 1
