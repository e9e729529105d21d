# SPDX-License-Identifier: Apache-2.0
"""What policy decisions cost: 30 rules, 10,000 organisations, each with a key, and a controlled model."""

import random
import time
from collections.abc import Callable
from importlib.resources import files
from json import dumps
from statistics import median
from typing import Final, NamedTuple

import cedarpy
import msgspec
from rich.console import Console
from rich.table import Table

from bench.promises import Verdict
from stillwatch.access.periods import parse_instant
from stillwatch.access.policy.book import Book, parse_rules
from stillwatch.access.policy.engine import Engine
from stillwatch.access.policy.entities import Question, context_at, entities_at
from stillwatch.access.policy.facts import (
    Action,
    Circumstances,
    ControlClass,
    KeyFacts,
    ModelFacts,
    OrgFacts,
    Reseller,
    ScreenedList,
    Vetting,
)
from stillwatch.access.policy.judge import Judge
from stillwatch.access.policy.proof.invariants import parse_invariants
from stillwatch.access.policy.proof.prove import Verdict as Outcome
from stillwatch.access.policy.proof.prove import prove
from stillwatch.records.binding import Binding, ExportClass

ORGANISATIONS: Final = 10_000
RULES: Final = 30
A_SECOND: Final = 5_000.0
"""Decisions a second of CPU, uncached, at least."""
CACHED_US: Final = 30.0
"""Median of a decision that was made before, at most."""
ROUNDS: Final = 5
EACH: Final = 2_000
"""Decisions a round."""
NOW: Final = parse_instant("2026-11-21")
_PACKS = files("stillwatch.access.policy") / "packs"


class Found(NamedTuple):
    """What was measured, each a list with a figure a round."""

    uncached: list[float]
    """Decisions a second of CPU, entities parsed before."""
    cold: list[float]
    """The same where the entities must be parsed too."""
    texts: list[float]
    """The same by cedarpy with policies and entities as text in each call: as its first example has it."""
    cached_us: list[float]
    """Microseconds of each decision that was made before."""
    rules: int
    proof_seconds: float
    proved: bool


def run(console: Console) -> list[Verdict]:
    """Measure, print and judge."""
    console.print(f"[dim]policy decisions: {ORGANISATIONS:,} organisations[/]")
    found = measure()
    table = Table(title="Policy decisions, one process, one core", title_justify="left")
    for column in ("", "a second of CPU", "µs"):
        table.add_column(column, justify="left" if not column else "right")
    for name, rates in (
        ("uncached", found.uncached),
        ("uncached, facts parsed too", found.cold),
        ("cedarpy with texts in each call", found.texts),
    ):
        table.add_row(name, f"{median(rates):,.0f}", f"{1e6 / median(rates):,.0f}")
    ordered = sorted(found.cached_us)
    table.add_row("made before: median", "", f"{median(ordered):.1f}")
    table.add_row("made before: 99th percentile", "", f"{ordered[len(ordered) * 99 // 100]:.1f}")
    table.add_row(f"proof of every shipped invariant: {found.proof_seconds:.1f} s", "", "")
    console.print(table)
    return judge(found)


def judge(found: Found) -> list[Verdict]:
    """Hold what was measured against what is promised."""
    rate, cached = median(found.uncached), median(found.cached_us)
    return [
        Verdict(
            promise=f"{A_SECOND:,.0f} uncached decisions a second a core, {RULES} rules, {ORGANISATIONS:,} customers",
            found=f"{rate:,.0f} with {found.rules} rules; {rate / median(found.texts):.0f} times cedarpy with texts",
            is_kept=rate >= A_SECOND and found.rules >= RULES,
        ),
        Verdict(
            promise=f"a decision made before: median under {CACHED_US:.0f} µs",
            found=f"{cached:.1f} µs",
            is_kept=cached < CACHED_US,
        ),
        Verdict(
            promise="every invariant of the shipped packs is proved",
            found=f"{'all' if found.proved else 'not all'}, in {found.proof_seconds:.1f} s",
            is_kept=found.proved,
        ),
    ]


def measure() -> Found:
    """Measure everything, rounds of each kind in turn."""
    texts = {pack: (_PACKS / pack / "rules.cedar").read_text() for pack in ("house", "us")}
    book = Book([rule for pack, text in texts.items() for rule in parse_rules(text, pack=pack, name=pack)])
    questions = [_question(number) for number in range(ORGANISATIONS)]
    engine, cold, kept = Engine(book), Engine(book, handles=1), Judge(book)
    for question in questions:
        engine.decide(question, now_us=NOW)
        kept.decide(question, now_us=NOW)
    dice = random.Random(1)
    policies = "\n".join(texts.values())
    found = Found([], [], [], [], len(book.in_force(NOW)), 0.0, proved=False)
    for _ in range(ROUNDS):
        asked = [dice.choice(questions) for _ in range(EACH)]
        found.uncached.append(_rate(asked, lambda one: engine.decide(one, now_us=NOW)))
        found.cold.append(_rate(asked, lambda one: cold.decide(one, now_us=NOW)))
        found.texts.append(_rate(asked[: EACH // 20], lambda one: _by_texts(policies, one)))
        for one in asked:
            began = time.perf_counter_ns()
            kept.decide(one, now_us=NOW)
            found.cached_us.append((time.perf_counter_ns() - began) / 1e3)
    claims = [
        claim
        for pack in texts
        for claim in parse_invariants((_PACKS / pack / "invariants.yaml").read_text(), name=pack)
    ]
    start = time.perf_counter()
    proofs = prove(book, claims, from_us=NOW)
    proved = all(proof.verdict is Outcome.PROVED for proof in proofs)
    return found._replace(proof_seconds=time.perf_counter() - start, proved=proved)


def _rate(asked: list[Question], decide: Callable[[Question], object]) -> float:
    began = time.process_time()
    for one in asked:
        decide(one)
    return len(asked) / (time.process_time() - began)


def _by_texts(policies: str, question: Question) -> bool:
    key = question.principal
    request = {
        "principal": f'Key::"{key.key_id if isinstance(key, KeyFacts) else ""}"',
        "action": f'Action::"{question.action.value}"',
        "resource": f'Model::"{question.model.model}"',
        "context": context_at(question.circumstances, NOW),
    }
    return cedarpy.is_authorized(request, policies, dumps(entities_at(question, NOW))).allowed


_MODEL = ModelFacts(model="frontier", version=1, digest="m", classes=(ControlClass(control_class="4E091"),))
_GOOD = Circumstances(country="DE", hosting="no", binding=Binding.MTLS, person_class=ExportClass.US_PERSON, standing=0)


def _question(number: int) -> Question:
    """One organisation in ten is barred, for one reason or another."""
    org_id = f"org-{number}"
    organisation = OrgFacts(
        org_id=org_id,
        version=number,
        digest=f"sha256:{number:064x}",
        vetting=Vetting.APPROVED,
        tier=1 + number % 4,
        hq_country=("DE", "FR", "US", "JP", "BR")[number % 5],
        parent_countries=("US", ("DE", "FR", "GB")[number % 3]),
        ownership_clear=("us-ofac-50", "us-bis-affiliates", "eu-50", "uk-50", "house-unsupported-regions"),
        screened=(ScreenedList(name="csl", digest="sha256:0"), ScreenedList(name="un", digest="sha256:1")),
        open_hits=int(number % 10 == 0),
        confirmed_hits=0,
        terms="2026-09",
        models=("frontier", "small"),
        uses=("research", "production"),
        end_uses=("research",),
        reseller=Reseller.DIRECT,
    )
    key = KeyFacts(
        key_id=f"key-{number}",
        account_id=f"acct-{number}",
        org_id=org_id,
        version=1,
        digest=f"sha256:{number:064x}",
        scopes=("invoke", "stream"),
        models=("*",),
        binding=Binding.MTLS,
    )
    return Question(
        principal=key,
        organisation=organisation,
        action=Action.INVOKE,
        model=_MODEL,
        circumstances=msgspec.structs.replace(_GOOD, country=organisation.hq_country),
    )
