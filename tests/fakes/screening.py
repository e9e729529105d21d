# SPDX-License-Identifier: Apache-2.0
"""Lists of invented organisations, and subjects to look for on them."""

from stillwatch.access.screening.entry import Entry, Kind, ListInfo, ScreeningList
from stillwatch.access.screening.subject import Role, Subject

NOW = 1_800_000_000_000_000


def entry(*names: str, entry_id: str = "", kind: Kind = Kind.ORGANISATION, **given: object) -> Entry:
    """An entry by its names; its id is its first name unless given."""
    return Entry(entry_id=entry_id or names[0], kind=kind, names=names, **given)  # type: ignore[arg-type]


def screening_list(name: str, *entries: Entry, digest: str = "d" * 64, date: str = "2026-06-30") -> ScreeningList:
    """A list of these entries."""
    info = ListInfo(name=name, form="csv", digest=digest, date=date, count=len(entries), loaded_us=NOW, loaded_by="op")
    return ScreeningList(info=info, entries=entries)


EXAMPLES = screening_list(
    "examples",
    entry("Example Quorvex Dynamics Technology Co., Ltd.", "Quorvex Dynamics", entry_id="e1", countries=("cn",)),
    entry("Obrazets Zavod Velmarin OOO", entry_id="e2", countries=("ru",), ids=("7700-000001",)),
    entry("Ended Example Trellmark Ltd", entry_id="e3", ends="2020-01-01"),
    entry("MV Example Brontide", entry_id="e4", kind=Kind.THING),
    entry("Zhejiang Hengtaiquo Semiconductor Co., Ltd.", entry_id="e5"),
    *(entry(f"Filler Sample {word} Industries Ltd", entry_id=f"f-{word}") for word in ("Aldrix", "Bremond", "Cavitus")),
)


def subject(*names: str, org_id: str = "acme", kind: Kind = Kind.ORGANISATION, **given: object) -> Subject:
    """A subject by its names, of the organisation acme."""
    return Subject(org_id=org_id, subject_id="self", kind=kind, names=names, **{"role": Role.SELF, **given})  # type: ignore[arg-type]
