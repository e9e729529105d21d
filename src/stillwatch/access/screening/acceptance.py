# SPDX-License-Identifier: Apache-2.0
"""Whether a list that was read may take the place of the one in force. What is refused changes nothing."""

import re

from stillwatch.access.screening.entry import Entry, ListInfo, ScreeningList
from stillwatch.errors import BadInput

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
MAX_REASON_LENGTH = 500


def checked_name(name: str) -> str:
    """A list's name: small letters, digits, dot, dash and underscore, at most 64.

    Raises:
        BadInput: It is something else.
    """
    if not _NAME.fullmatch(name):
        raise BadInput(
            f"The name {name[:80]!a} cannot be used for a list.",
            hint="Write small letters, digits, dots, dashes and underscores.",
        )
    return name


def accepted(
    info: ListInfo, entries: tuple[Entry, ...], *, before: ListInfo | None, shrink: float, least: int
) -> ScreeningList:
    """Give the list, fit to be put in force.

    Args:
        info: What identifies it; its count is set here. A ``reason`` overrules all but emptiness.
        entries: What was read. Entries with one id are one entry with the names of all.
        before: The list of that name in force, if any.
        shrink: Share of its entries that may be missing, in [0, 1].
        least: Entries that a whole list of this format has at the very least.

    Raises:
        BadInput: It is empty, much shorter than before or than such a list is, or older.
    """
    whole = _merged(entries)
    if not whole:
        raise BadInput(f'The list "{info.name}" has no entries.', hint="To do without it, remove it.")
    if not info.reason:
        _check(info, len(whole), before, shrink, least)
    made = ListInfo(
        name=checked_name(info.name),
        form=info.form,
        digest=info.digest,
        date=info.date,
        count=len(whole),
        source=info.source,
        loaded_us=info.loaded_us,
        loaded_by=info.loaded_by,
        reason=info.reason,
    )
    return ScreeningList(info=made, entries=whole)


def _check(info: ListInfo, count: int, before: ListInfo | None, shrink: float, least: int) -> None:
    stays = "The one in force stays; " if before is not None else ""
    hint = f"{stays}if it is right, say why with --allow-shrink REASON."
    if before is not None and count < (1.0 - shrink) * before.count:
        raise BadInput(f'The list "{info.name}" has shrunk from {before.count:,} to {count:,} entries.', hint=hint)
    if count < least:
        raise BadInput(f"A whole list of this kind has {least:,} entries or more; this one has {count:,}.", hint=hint)
    if before is not None and info.date < before.date:
        raise BadInput(
            f'The list "{info.name}" is of {info.date}, older than the one in force, which is of {before.date}.',
            hint=hint,
        )


def _merged(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Each id once. A published list may hold a party twice, with a name more the second time."""
    found: dict[str, Entry] = {}
    for entry in entries:
        known = found.get(entry.entry_id)
        if known is None:
            found[entry.entry_id] = entry
            continue
        found[entry.entry_id] = Entry(
            entry_id=entry.entry_id,
            kind=known.kind,
            names=tuple(dict.fromkeys((*known.names, *entry.names))),
            countries=tuple(sorted({*known.countries, *entry.countries})),
            ids=tuple(dict.fromkeys((*known.ids, *entry.ids))),
            programme=known.programme,
            starts=known.starts,
            # Still listed in either: still listed.
            ends=max(known.ends, entry.ends) if known.ends and entry.ends else "",
        )
    return tuple(found.values())
