# SPDX-License-Identifier: Apache-2.0
import hashlib
from pathlib import Path

import pytest

from fakes.screening import NOW, subject
from stillwatch.access.screening.entry import ListInfo
from stillwatch.errors import BadInput, IntegrityError, StillwatchError
from stillwatch.service.screening_offices import open_screening
from stillwatch.service.screening_room import ScreeningRoom, forms, open_scorer
from stillwatch.settings import Settings, settings_from

HEAD = "name,kind,aliases,countries,ids,programme,starts,ends\n"
ROWS = [f"Example Quorvex {number:02},organisation,,CN,,,,\n" for number in range(10)]
DAY_US = 86_400_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_from({}, folder=tmp_path)


@pytest.fixture
def room(settings: Settings) -> ScreeningRoom:
    return open_screening(settings)


def load(
    room: ScreeningRoom,
    folder: Path,
    data: bytes,
    *,
    form: str = "csv",
    day: str | None = None,
    reason: str = "",
    now_us: int = NOW,
) -> ListInfo:
    path = folder / "list.csv"
    path.write_bytes(data)
    return room.load("own", [path], form=form, day=day, source=None, by="ann", now_us=now_us, reason=reason)


def test_a_list_is_loaded_with_what_identifies_it(room: ScreeningRoom, tmp_path: Path) -> None:
    data = (HEAD + "".join(ROWS)).encode()
    info = load(room, tmp_path, data)
    assert (info.digest, info.count) == (hashlib.sha256(data).hexdigest(), 10)
    assert (info.date, info.source, info.loaded_by, info.loaded_us) == ("2027-01-15", "list.csv", "ann", NOW)
    assert room.log.lists() == (info,)
    best, *_ = room.matches([subject("Example Quorvex 07")], now_us=NOW)
    assert best.entry.names[0] == "Example Quorvex 07"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        (HEAD + "".join(ROWS))[:-5].encode(),
        (HEAD + "".join(ROWS[:8])).encode(),
        (HEAD + "".join(ROWS)).encode("utf-16"),
        (HEAD + "Café Example,,,,,,,\n" * 10).encode("latin-1"),
        HEAD.encode(),
        b"some,other,table\n1,2,3\n",
        (HEAD + '"' + "".join(ROWS)).encode(),
    ],
)
def test_a_list_that_is_cut_shrunken_malformed_or_in_another_encoding_leaves_the_old_one(
    room: ScreeningRoom, settings: Settings, tmp_path: Path, data: bytes
) -> None:
    before = load(room, tmp_path, (HEAD + "".join(ROWS)).encode())
    with pytest.raises(BadInput) as refused:
        load(room, tmp_path, data, now_us=NOW + 1)
    assert "\n" not in str(refused.value)
    assert room.log.lists() == (before,)
    anew = open_screening(settings)
    assert len(anew.matches([subject("Example Quorvex 07")], now_us=NOW)) >= 1


def test_a_shrunken_list_is_accepted_with_a_reason_that_is_kept(room: ScreeningRoom, tmp_path: Path) -> None:
    load(room, tmp_path, (HEAD + "".join(ROWS)).encode())
    info = load(room, tmp_path, (HEAD + ROWS[0]).encode(), reason="nine were lifted", now_us=NOW + 1)
    assert (room.log.lists(), info.reason, info.count) == ((info,), "nine were lifted", 1)


def test_a_days_older_list_is_refused(room: ScreeningRoom, tmp_path: Path) -> None:
    data = (HEAD + "".join(ROWS)).encode()
    load(room, tmp_path, data, day="2026-06-30")
    with pytest.raises(BadInput, match="older"):
        load(room, tmp_path, data, day="2026-06-29")
    with pytest.raises(BadInput, match="day 'soon' cannot be read"):
        load(room, tmp_path, data, day="soon")


@pytest.mark.parametrize("fault", ["form", "many", "missing", "name"])
def test_a_mistyped_command_is_told(room: ScreeningRoom, tmp_path: Path, fault: str) -> None:
    paths = {"many": [tmp_path, tmp_path], "missing": [tmp_path / "none.csv"]}.get(fault, [tmp_path / "a"])
    form, name = ("xlsx" if fault == "form" else "csv"), ("../own" if fault == "name" else "own")
    with pytest.raises(BadInput):
        room.load(name, paths, form=form, day=None, source=None, by="ann", now_us=NOW)
    assert room.log.lists() == ()


def test_a_listing_that_ends_stops_counting_on_its_day(room: ScreeningRoom, tmp_path: Path) -> None:
    load(room, tmp_path, f"{HEAD}Example Quorvex Works,,,,,,,2027-02-01\n".encode())
    who = [subject("Example Quorvex Works")]
    assert room.matches(who, now_us=NOW)
    assert not room.matches(who, now_us=NOW + 30 * DAY_US)


def test_rescreening_records_and_removing_a_list_is_told(room: ScreeningRoom, tmp_path: Path) -> None:
    load(room, tmp_path, (HEAD + ROWS[0]).encode())
    digest = room.lists_digest()
    outcome = room.rescreen([subject("Example Quorvex 00"), subject("Alderwood", org_id="b")], now_us=NOW)
    assert [hit.org_id for hit in outcome.found] == ["acme"]
    assert room.remove("own").count == 1
    assert room.lists_digest() == "" != digest
    assert not list((tmp_path / "stillwatch-data" / "lists").glob("*.list"))


def test_a_list_whose_file_is_lost_stops_screening(room: ScreeningRoom, settings: Settings, tmp_path: Path) -> None:
    load(room, tmp_path, (HEAD + ROWS[0]).encode())
    for path in settings.access.screening.folder.glob("*.list"):
        path.unlink()
    with pytest.raises(IntegrityError, match="Load the list again") as refused:
        open_screening(settings).matches([subject("Example")], now_us=NOW)
    assert isinstance(refused.value, StillwatchError)


def test_the_scorer_and_the_formats_are_known() -> None:
    assert open_scorer() is open_scorer()
    assert "csv" in forms()
