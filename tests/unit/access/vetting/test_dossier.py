# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import msgspec
from hypothesis import given

from fakes.dossiers import NOW, dossiers, proof, whole
from stillwatch.access.vetting.dossier import Dossier, Group, decode, digest, encode, lapses_at, missing

EVERY = frozenset(Group)


@given(dossiers())
def test_what_is_encoded_is_decoded(dossier: Dossier) -> None:
    assert decode(encode(dossier)) == dossier


def test_the_digest_changes_with_what_is_said_and_with_nothing_else() -> None:
    assert digest(whole()) == digest(decode(encode(whole())))
    assert digest(whole(number=1)) != digest(whole(number=2))


def test_nothing_is_missing_of_a_whole_dossier_until_a_group_runs_out() -> None:
    assert missing(whole(), EVERY, at=NOW) == ()
    assert missing(whole(), EVERY, at=NOW + timedelta(days=366)) == tuple(Group)
    assert lapses_at(whole(), EVERY) == NOW + timedelta(days=365)


def test_a_group_that_is_absent_or_has_run_out_is_missing() -> None:
    terms = msgspec.structs.replace(whole().terms, proof=proof(0))  # type: ignore[type-var]
    dossier = whole(people=None, terms=terms)
    assert missing(dossier, EVERY, at=NOW) == (Group.PEOPLE, Group.TERMS)
    assert missing(dossier, frozenset({Group.IDENTITY}), at=NOW) == ()


def test_what_never_runs_out_sets_no_end() -> None:
    identity = msgspec.structs.replace(whole().identity, proof=proof(None))
    assert lapses_at(whole(identity=identity), frozenset({Group.IDENTITY})) is None
