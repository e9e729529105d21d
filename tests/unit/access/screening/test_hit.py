# SPDX-License-Identifier: Apache-2.0
import msgspec

from fakes.screening import EXAMPLES, entry, subject
from stillwatch.access.screening.hit import Match


def match() -> Match:
    return Match(
        subject=subject("Quorvex"),
        list_name="examples",
        list_digest="d",
        entry=EXAMPLES.entries[0],
        query="Quorvex",
        listed="Quorvex Dynamics",
        score=0.9,
        why=("because",),
    )


def test_an_id_stays_while_subject_and_entry_do() -> None:
    first = match()
    for same in ({"score": 0.8}, {"list_digest": "e"}, {"why": ()}):
        assert msgspec.structs.replace(first, **same).hit_id == first.hit_id
    for other in (
        {"subject": subject("Quorvex", "Another")},
        {"subject": subject("Quorvex", org_id="b")},
        {"entry": entry("Quorvex", entry_id="e1")},
        {"list_name": "others"},
    ):
        assert msgspec.structs.replace(first, **other).hit_id != first.hit_id
