# SPDX-License-Identifier: Apache-2.0
"""Screening: how well names are matched beside its rivals, what is found at which false alarms, and what it costs."""

import os
import random
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from dev.screening import innocents, perturb
from dev.screening.lists import FILES, entries, folder
from rich.console import Console
from rich.table import Table

from bench.access import pairs, parties
from bench.promises import Verdict
from bench.workplace import HERE, WORK, MissingError, environment
from stillwatch.access.screening.entry import Kind, ListInfo, ScreeningList
from stillwatch.access.screening.normalise import normal
from stillwatch.access.screening.screen import Screen
from stillwatch.access.screening.subject import Subject
from stillwatch.service.screening_room import open_scorer

F1, RECALL, UNLISTED = 0.85, 0.95, 20_000
LOOK_UP_MS, RESCREEN_SECONDS, ORGANISATIONS = 10.0, 60.0, 10_000
LOOK_UPS, LOOK_UP_ROUNDS = 1_000, 5
"""Names, and how often each is looked up; its median counts, so that what else the machine does weighs less."""
DAY = "2026-06-30"


def run(console: Console) -> list[Verdict]:
    """Measure all of it; give the verdicts.

    Raises:
        MissingError: The lists or the rivals are not here.
    """

    def say(what: str) -> None:
        console.print(f"[dim]{what}[/]")

    if not folder().is_dir():
        raise MissingError("The screening lists are not here: set STILLWATCH_SHARED to the folder with data/screening.")
    python = environment("screening") / "python"
    companies = _companies(python)
    scorer = open_scorer()
    compared = pairs.measure(python, scorer.rarity, say)
    _show_pairs(console, compared)
    found = parties.measure(scorer, companies, say)
    _show_parties(console, found)
    return [*_judged(compared, found), *_costs(console, say)]


def _companies(python: Path) -> Path:
    """Names of companies nobody listed, printed by the packages that know them."""
    target = WORK / "screening" / "companies.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    script = HERE.parent / "dev" / "screening" / "companies.py"
    done = subprocess.run([str(python), str(script)], capture_output=True, check=False)
    if done.returncode:
        raise MissingError(f"{script.name} does not run: {done.stderr.decode(errors='replace').strip()[-200:]}")
    target.write_bytes(done.stdout)
    return target


def _judged(compared: pairs.PairResults, found: parties.PartyResults) -> list[Verdict]:
    f1, rival = compared.f1_of("this scorer"), compared.f1_of("nomenklatura LogicV2")
    recall, shipped = found.overall(found.recall), found.overall(found.shipped_recall)
    return [
        Verdict(
            promise=f"name_bench, grouped cross-validation: F1 of {F1} or more, and above LogicV2",
            found=f"{f1:.3f}; LogicV2 {rival:.3f}",
            is_kept=f1 >= F1 and f1 > rival,
        ),
        Verdict(
            promise=f"Organisations: recall of {RECALL} or more at 0.1 % of {UNLISTED:,} or more unlisted names",
            found=f"{recall:.4f} at 0.1 % of {found.unlisted:,}; as shipped {shipped:.4f} at {found.alarms:.3%}",
            is_kept=recall >= RECALL and found.unlisted >= UNLISTED,
        ),
    ]


def _costs(console: Console, say: object) -> list[Verdict]:
    """One name against all lists, and ten thousand organisations."""
    del say
    lists = [
        ScreeningList(
            info=ListInfo(name=name, form=form, digest="0" * 64, date=DAY, count=len(entries()[name])),
            entries=entries()[name],
        )
        for name, (form, _) in FILES.items()
    ]
    began = time.perf_counter()
    screen = Screen(lists, scorer=open_scorer(), on=DAY)
    built = time.perf_counter() - began
    draw = random.Random(3)
    listed = [entry.names[0] for found in entries().values() for entry in found if entry.kind is not Kind.THING]
    names = innocents.composed(ORGANISATIONS * 9 // 10, half=1, seed=17)
    names += [perturb.edit(draw, draw.choice(listed)) for _ in range(ORGANISATIONS - len(names))]
    draw.shuffle(names)
    subjects = [
        Subject(org_id=f"o{number}", subject_id="self", kind=Kind.ORGANISATION, names=(name,))
        for number, name in enumerate(names)
    ]
    screen.matches(subjects[:20])
    rounds = np.array([_look_ups(screen, subjects[-LOOK_UPS:]) for _ in range(LOOK_UP_ROUNDS)])
    times = np.median(rounds, axis=0)
    began, used = time.perf_counter(), time.process_time()
    screen.matches(subjects)
    seconds, used = time.perf_counter() - began, time.process_time() - used
    p50, p99 = np.quantile(times, (0.5, 0.99))
    console.print(
        f"An index over {len(screen):,} names was made in {built:.1f} s. Load average {os.getloadavg()[0]:.1f}."
    )
    return [
        Verdict(
            promise=f"One name against all lists: p99 under {LOOK_UP_MS:g} ms",
            found=f"{p99:.2f} ms (p50 {p50:.2f} ms) over {len(screen):,} names",
            is_kept=bool(p99 < LOOK_UP_MS),
        ),
        Verdict(
            promise=f"{ORGANISATIONS:,} organisations screened again: under {RESCREEN_SECONDS:g} s",
            found=f"{seconds:.1f} s, CPU {used:.1f} s",
            is_kept=seconds < RESCREEN_SECONDS,
        ),
    ]


def _look_ups(screen: Screen, subjects: Sequence[Subject]) -> list[float]:
    """Milliseconds of each, one at a time, none of the names remembered from the round before."""
    normal.cache_clear()
    times = []
    for subject in subjects:
        began = time.perf_counter()
        screen.matches([subject])
        times.append((time.perf_counter() - began) * 1e3)
    return times


def _show_pairs(console: Console, found: pairs.PairResults) -> None:
    groups = list(dict.fromkeys(found.groups.tolist()))
    table = Table(title="F1 on name_bench; each group's bound and scorer learnt from the others", title_justify="left")
    for column in ("", "all", *groups):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("cases", f"{len(found.labels):,}", *(f"{int((found.groups == group).sum()):,}" for group in groups))
    for candidate in found.told:
        values = [found.f1_of(candidate), *(found.f1_of(candidate, group) for group in groups)]
        table.add_row(candidate, *(f"{value:.3f}" for value in values))
    console.print(table)


def _show_parties(console: Console, found: parties.PartyResults) -> None:
    table = Table(title=f"Recall at 0.1 % of {found.unlisted:,} names that nobody listed", title_justify="left")
    for column in ("the name is", "cases", "this scorer", "rapidfuzz token_sort", "as shipped"):
        table.add_column(column, justify="left" if column == "the name is" else "right")
    rows = (found.recall, found.plain_recall, found.shipped_recall)
    for name, count in found.counts.items():
        table.add_row(name, f"{count:,}", *(f"{one[name]:.3f}" for one in rows))
    table.add_row("all", f"{sum(found.counts.values()):,}", *(f"{found.overall(one):.3f}" for one in rows))
    console.print(table)
    console.print(f"Left out, because they are listed names themselves: {len(found.excluded)}.")
