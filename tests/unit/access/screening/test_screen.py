# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from fakes.screening import EXAMPLES, entry, screening_list, subject
from stillwatch.access.screening.entry import Kind
from stillwatch.access.screening.hit import Match
from stillwatch.access.screening.screen import Screen
from stillwatch.service.screening_room import open_scorer

SCREEN = Screen([EXAMPLES], scorer=open_scorer(), on="2026-06-30")


def found(*names: str, **given: object) -> list[Match]:
    return SCREEN.matches([subject(*names, **given)])  # type: ignore[arg-type]


def test_a_listed_name_is_found_however_it_is_written() -> None:
    for name in (
        "EXAMPLE QUORVEX DYNAMICS TECH LIMITED",
        "Example Quorvex Dinamics Technology",
        "Example Quorvex Dynamics Technology (Singapore) Pte. Ltd.",
        "ООО Образец Завод Велмарин",
        "浙江亨泰阔半导体有限公司",
    ):
        assert found(name), name


def test_the_same_letters_are_found_however_common_the_words_and_however_parted() -> None:
    screen = Screen([screening_list("x", entry("National Trading Ltd"))], scorer=open_scorer(), on="2026-06-30")
    for name in ("National Trading GmbH", "Trading National", "NationalTrading"):
        (match,) = screen.matches([subject(name)])
        assert match.score >= 0.5
        assert "is the listed name" in match.why[0]


def test_a_match_says_why() -> None:
    (match,) = found("Example Quorvex Dinamics Technology Inc", countries=("CN",))
    assert match.entry.entry_id == "e1"
    assert match.list_digest == "d" * 64
    assert 0.5 <= match.score < 1
    assert "nearly the listed name" in match.why[0]
    assert "words alike: dinamics ~ dynamics" in match.why
    assert match.why[-1] == "both in CN"
    (other,) = found("Example Quorvex Dynamics Technology", countries=("DE",))
    assert "is the listed name" in other.why[0]
    assert other.why[-1] == "listed in CN, not in DE"


def test_a_subsidiary_is_told_from_the_company_itself() -> None:
    (match,) = found("Example Quorvex Dynamics Technology Europe Logistics GmbH")
    assert "bears, or nearly bears," in match.why[0]


def test_nobody_is_found_for_common_words() -> None:
    for name in (
        "Technology Co., Ltd.",
        "Example Semiconductor Ltd",
        "Sample Works",
        "Dynamics Group",
        "Alderwood Foods",
    ):
        assert found(name) == [], name


def test_what_has_ended_and_things_and_nothing_are_not_found() -> None:
    assert found("Ended Example Trellmark Ltd") == []
    assert found("MV Example Brontide") == []
    assert found("...", "") == []
    assert Screen([EXAMPLES], scorer=open_scorer(), on="2019-12-31").matches([subject("Ended Example Trellmark Ltd")])


def test_a_registration_number_finds_whatever_the_name() -> None:
    (match,) = found("Somebody Else Altogether", ids=("7700000001",))
    assert match.entry.entry_id == "e2"
    assert "number 7700000001" in match.why[0]


def test_persons_and_organisations_are_looked_for_apart_and_the_unknown_among_all() -> None:
    lists = [
        screening_list(
            "p", entry("Anselm Quorvenbeck", kind=Kind.PERSON), entry("Quorvenbeck Anselm", kind=Kind.ORGANISATION)
        )
    ]
    screen = Screen(lists, scorer=open_scorer(), on="2026-06-30")
    kinds = {
        kind: {match.entry.kind for match in screen.matches([subject("Anselm Quorvenbeck", kind=kind)])}
        for kind in (Kind.PERSON, Kind.ORGANISATION, Kind.UNKNOWN)
    }
    assert kinds[Kind.PERSON] == {Kind.PERSON}
    assert kinds[Kind.ORGANISATION] == {Kind.ORGANISATION}
    assert kinds[Kind.UNKNOWN] == {Kind.PERSON, Kind.ORGANISATION}


def test_many_subjects_give_what_each_gives_alone_and_progress_is_told() -> None:
    subjects = [subject(name) for name in ("Quorvex Dynamics", "Alderwood Foods", "Obrazets Zavod Velmarin")] * 200
    told: list[tuple[int, int]] = []
    together = SCREEN.matches(subjects, progress=lambda done, total: told.append((done, total)))
    assert len(together) == 400
    assert [match.entry.entry_id for match in together[:2]] == ["e1", "e2"]
    assert told[-1] == (600, 600)
    assert together[0] == SCREEN.matches([subjects[0]])[0]


@given(st.text(max_size=60), st.sampled_from((Kind.PERSON, Kind.ORGANISATION, Kind.UNKNOWN)))
def test_whatever_the_name_screening_answers(name: str, kind: Kind) -> None:
    for match in found(name, kind=kind):
        assert match.why
