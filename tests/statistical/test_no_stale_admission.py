# SPDX-License-Identifier: Apache-2.0
"""No history of changes, cut lines, restarts, failures of the database and rules that err admits what is denied.

Real gates, keyrings, rules and snapshots in their packed form; what lies between the control process and its workers is
played here, as ``service.control`` and ``service.switchboard`` have it. What may be late is bounded: a change is *in
force* once every worker goes by it, and at the latest once every worker that did not hear of it has become stale.
"""

from collections import deque
from dataclasses import dataclass, field
from random import Random

import msgspec
import pytest

from fakes.keys import empty_keyring, entry_for
from fakes.policy import NOW, ORG
from stillwatch.access.policy.directive import Directive
from stillwatch.access.policy.facts import ModelFacts, OrgFacts
from stillwatch.access.policy.rulebook import Source, encode_organisations, encode_rulebook, rulebook
from stillwatch.access.snapshot import KeyEntry, encode_entries
from stillwatch.records.grant import Grant, Wanted
from stillwatch.records.standing import Rung, Standing
from stillwatch.service.channel import Snapshot
from stillwatch.service.gate import LiveGate

HISTORIES = 10_000
STEPS = 10
WORKERS = 2
STALE = 30.0
BEAT = 1.0
WANTED = Wanted(model="m")
OTHERS = Directive(directive_id="d", models=("m",), source="s", reason="r", from_us=0, only_organisations=("other",))
LATER = msgspec.structs.replace(OTHERS, directive_id="e", models=("another",))


def _rules(*texts: str, directive: Directive | None = None) -> bytes:
    noted = [f'@id("{at}") @says("s") @source("t") {text};' for at, text in enumerate(texts)]
    sources = [Source("house", f"rule {at}", text) for at, text in enumerate(noted)]
    models = [ModelFacts(model="m", version=1, digest="sha256:m")]
    made = rulebook(sources, models, directives=[] if directive is None else [directive])
    return encode_rulebook(made) if made.sources else b""


PERMIT = "permit(principal, action, resource)"
ERRS = "forbid(principal, action, resource) when { context.now * 9223372036854775807 > 0 }"
RULES = (
    b"",
    _rules(PERMIT),
    _rules(directive=OTHERS),
    _rules(PERMIT, directive=LATER),
    _rules("permit(principal, action, resource) when { principal.organisation.tier > 1 }"),
    _rules(PERMIT, "forbid(principal, action, resource) when { principal.organisation.open_hits != 0 }"),
    _rules(PERMIT, ERRS),
)
API_KEY, ENTRY = entry_for("acct-1")


@dataclass
class Truth:
    """What stands in the database."""

    version: int = 1
    rules: bytes = b""
    organisation: OrgFacts = ORG
    entry: KeyEntry | None = ENTRY

    def full(self) -> Snapshot:
        return Snapshot(
            version=self.version,
            full=True,
            entries=encode_entries([] if self.entry is None else [self.entry]),
            rulebook=self.rules,
            organisations=encode_organisations([self.organisation]),
        )


@dataclass(eq=False)
class Worker:
    """A gate and its line."""

    gate: LiveGate
    is_cut: bool = False
    waiting: deque[Snapshot] = field(default_factory=deque)


def _is_let_in(gate: LiveGate) -> bool:
    answer = gate.authorize(API_KEY, client_ip=None, model=None, now_us=NOW)
    if isinstance(answer, Grant):
        answer = gate.reconsider(answer, client_ip=None, wanted=WANTED, now_us=NOW)
    return isinstance(answer, Grant)


class History:
    """One history."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)  # noqa: S311 - it plays a history, and guards nothing
        self.seconds = 1_000.0
        self.truth = Truth(rules=self.dice.choice(RULES))
        self.pushed = self.truth.version
        self.is_database_up = True
        self.workers = [self._born() for _ in range(WORKERS)]
        self.denied_since: float | None = None
        """From when on the present answer is no; None while it is yes."""
        self._judge()

    def _born(self) -> Worker:
        gate = LiveGate(empty_keyring(), stale_after_seconds=STALE, monotonic=lambda: self.seconds)
        gate.apply(self.truth.full())
        return Worker(gate)

    def _judge(self) -> None:
        """Ask a gate that knows everything."""
        if _is_let_in(self._born().gate):
            self.denied_since = None
        elif self.denied_since is None:
            self.denied_since = self.seconds

    def change(self) -> None:
        """Somebody changes something; a clock may step back."""
        truth, dice = self.truth, self.dice
        truth.version += 1
        match dice.randrange(4):
            case 0:
                truth.rules = dice.choice(RULES)
            case 1:
                facts = {"tier": dice.randrange(4), "open_hits": dice.choice((-1, 0, 0, 1)), "version": truth.version}
                truth.organisation = msgspec.structs.replace(ORG, digest=f"sha256:{truth.version}", **facts)
            case 2:
                truth.entry = dice.choice((None, ENTRY, msgspec.structs.replace(ENTRY, revoked_us=NOW - 1)))
            case 3:
                standing = Standing(rung=dice.choice((Rung.GOOD, Rung.OBSERVE, Rung.SUSPEND)), reason="r")
                truth.entry = msgspec.structs.replace(ENTRY, standing=standing)
        self._judge()

    def poll(self) -> None:
        """The control process looks, and pushes what changed."""
        if not self.is_database_up or self.pushed == self.truth.version:
            return
        self.pushed = self.truth.version
        gone = (ENTRY.key_id,) if self.truth.entry is None else ()
        change = msgspec.structs.replace(self.truth.full(), full=False, removed=gone)
        for worker in self.workers:
            worker.waiting.append(change)

    def deliver(self, worker: Worker) -> None:
        while worker.waiting and not worker.is_cut:
            worker.gate.apply(worker.waiting.popleft())

    def reconnect(self, worker: Worker) -> None:
        """The line is made anew: what was under way on it is lost, and a whole snapshot comes."""
        if self.is_database_up:
            worker.is_cut = False
            worker.waiting.clear()
            worker.gate.apply(self.truth.full())

    def restart(self, worker: Worker) -> None:
        """Killed, and started again: until it has heard, it knows nothing."""
        worker.waiting.clear()
        worker.gate = LiveGate(empty_keyring(), stale_after_seconds=STALE, monotonic=lambda: self.seconds)
        worker.is_cut = True
        self.reconnect(worker)

    def step(self) -> None:
        dice = self.dice
        worker = dice.choice(self.workers)
        match dice.randrange(8):
            case 0 | 1 | 2:
                self.change()
            case 3:
                self.is_database_up = not self.is_database_up
            case 4:
                worker.is_cut = True
            case 5:
                self.reconnect(worker)
            case 6:
                self.restart(worker)
            case 7:
                self._wait(dice.choice((0.1, 5.0, STALE, 2 * STALE)))
        self.poll()
        for each in self.workers:
            if dice.random() < 0.8:
                self.deliver(each)

    def _wait(self, seconds: float) -> None:
        """Time passes. Who is connected to a control process that reads its database hears a beat each second."""
        self.seconds += seconds
        for each in self.workers:
            self.deliver(each)
            if not each.is_cut and self.is_database_up and self.pushed == self.truth.version:
                each.gate.heard()

    @property
    def is_in_force(self) -> bool:
        """Whether the present answer is one that every worker must give."""
        is_known = all(each.gate.version == self.truth.version for each in self.workers)
        is_old = self.denied_since is not None and self.seconds - self.denied_since > STALE + BEAT
        return is_known or is_old


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_denied_is_never_let_in_once_it_is_in_force() -> None:
    denied, let_in = 0, 0
    for seed in range(HISTORIES):
        history = History(seed)
        for _ in range(STEPS):
            history.step()
            answers = [_is_let_in(worker.gate) for worker in history.workers]
            let_in += sum(answers)
            if history.denied_since is not None and history.is_in_force:
                denied += 1
                assert not any(answers), f"history {seed}: let in although denied"
    # The histories must be worth something: both answers come, often.
    assert denied > HISTORIES
    assert let_in > HISTORIES
