# SPDX-License-Identifier: Apache-2.0
"""Twenty thousand and more requests that bend every rule: the gateway never fails, and never lets a key through."""

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httptools
import pytest

from e2e.fuzz import Gun, Shot
from e2e.product import SMALL, Customer, Product, get, rss_bytes
from e2e.wire import ask
from fakes.model_server_process import ModelServerProcess
from stillwatch.records.standing import Rung

SEED = 20_261_121
SHOTS = 21_000
WARM_UP = 2_000
WITHHELD_SHOTS = 5_000
SOCKETS = 24
ANSWER_SECONDS = 20.0
LAST_SECONDS = 0.2
GROWTH_BYTES = 48 << 20
"""Memory that a worker may gain: buffers of large bodies that the allocator keeps, not a leak for each request."""


@dataclass
class Tally:
    """What came of the shots."""

    shots: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)
    """Shots that were owed no answer and got none in time, by their kind."""
    failures: list[str] = field(default_factory=list)
    reasoned: int = 0
    """Answers with reasoning in them."""


class _Reader:
    """Reads answers off one connection."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.is_kept = True
        self.body = b""
        self._parser = httptools.HttpResponseParser(self)

    def on_body(self, body: bytes) -> None:
        self.body += body

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        # An interim answer is not the answer.
        if status >= 200:
            self.statuses.append(status)
            self.is_kept = self.is_kept and self._parser.should_keep_alive()


class Range:
    """Where the shots are fired.

    Args:
        port: The gateway's.
        good: Keys that work.
        bad: Keys that do not.
        forbidden: What may stand in no answer.
    """

    def __init__(self, port: int, *, good: list[str], bad: list[str], forbidden: bytes = b"swk_live") -> None:
        self._port = port
        self._good = good
        self._bad = bad
        self._forbidden = forbidden
        self.tally = Tally()

    async def fire(self, seed: int, shots: int) -> None:
        """Fire from every socket at once."""
        await asyncio.gather(*(self._shoot(seed * 1_000 + number, shots // SOCKETS) for number in range(SOCKETS)))

    async def _shoot(self, seed: int, number: int) -> None:
        """Fire a share of the shots, one after the other, on as few connections as the gateway allows."""
        gun = Gun(seed, good=self._good, bad=self._bad)
        fired = 0
        while fired < number:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            is_open = True
            while is_open and fired < number:
                is_open = await self._exchange(gun.shot(), reader, writer)
                fired += 1
            writer.close()

    async def _exchange(self, shot: Shot, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send one shot and note what comes; say whether the connection can be used again."""
        tally = self.tally
        tally.shots[shot.kind] += 1
        answers = _Reader()
        try:
            writer.write(shot.data)
            await _receive(shot, reader, answers)
        except ConnectionError:
            pass
        except TimeoutError:
            if not shot.is_last:
                tally.failures.append(f"no answer within {ANSWER_SECONDS} s to {shot.kind}: {shot.data[:400]!r}")
            tally.silent[shot.kind] += 1
        except httptools.HttpParserError as error:
            tally.failures.append(f"an answer that is not HTTP ({error}) to {shot.kind}: {shot.data[:400]!r}")
        tally.statuses.update(answers.statuses)
        tally.reasoned += b"thought" in answers.body
        if self._forbidden in answers.body:
            tally.failures.append(f"{answers.body[:400]!r} to {shot.kind}: {shot.data[:2_000]!r}")
        if any(status >= 500 for status in answers.statuses):
            tally.failures.append(f"{answers.statuses} to {shot.kind}: {shot.data[:2_000]!r}")
        return len(answers.statuses) == shot.answers > 0 and answers.is_kept and not shot.is_last


async def _receive(shot: Shot, reader: asyncio.StreamReader, answers: _Reader) -> None:
    # To what can have no next request on its connection the gateway may owe nothing: it is given a moment.
    patience = LAST_SECONDS if shot.is_last else ANSWER_SECONDS
    while len(answers.statuses) < shot.answers:
        data = await asyncio.wait_for(reader.read(65_536), patience)
        if not data:
            return
        answers.feed(data)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_whatever_is_sent_the_gateway_does_not_fail(model_server: ModelServerProcess, tmp_path: Path) -> None:
    with Product(tmp_path, model_server) as product:
        model_server.forget()
        customer, bound, contained = product.customer(), product.customer(models=[SMALL]), product.customer()
        product.put_on(Rung.WITHHOLD, contained.account_id)
        good = [customer.api_key, bound.api_key]
        bad = ["sk-x", customer.api_key[:-2] + "zz", customer.api_key + "\u00e9", "swk_live_", "x" * 3_000, "a b"]
        shooting, began = Range(product.port, good=good, bad=bad), time.monotonic()
        # A round to warm up: what memory everybody needs is not growth.
        asyncio.run(shooting.fire(SEED, WARM_UP))
        before = {pid: rss_bytes(pid) for pid in product.worker_pids()}
        asyncio.run(shooting.fire(SEED + 1, SHOTS))
        withheld = Range(product.port, good=[contained.api_key], bad=bad, forbidden=b"thought")
        asyncio.run(withheld.fire(SEED + 2, WITHHELD_SHOTS))
        seconds, tally = time.monotonic() - began, shooting.tally
        tally.failures += withheld.tally.failures
        _assert_unharmed(product, customer, tally, before)
        _assert_no_key_passed(model_server, [*good, contained.api_key, *bad[:2]])
        assert tally.shots.total() >= 20_000
        # Good answers, refusals of every kind, and what is not HTTP were all met.
        assert {200, 400, 401, 403, 404, 405, 415} <= set(tally.statuses), tally.statuses
        # Others are given the reasoning that is kept from this account.
        assert tally.reasoned > 100
        told = f"{tally.shots.total()} + {withheld.tally.shots.total()} shots in {seconds:.0f} s"
        sys.stdout.write(f"{told}; answers {dict(tally.statuses)}; silence {dict(tally.silent)}\n")


def _assert_unharmed(product: Product, customer: Customer, tally: Tally, before: dict[int, int]) -> None:
    assert not tally.failures, "\n".join(tally.failures[:10]) + f"\n… {len(tally.failures)} in all"
    # No worker died; each is the one it was.
    assert sorted(before) == sorted(product.worker_pids())
    for pid, size in before.items():
        assert rss_bytes(pid) - size < GROWTH_BYTES, (size, rss_bytes(pid))
    assert get(f"{product.url}/readyz")[0] == 200
    body = b'{"model":"small-1","messages":[{"role":"user","content":"still there say:2"}]}'
    answer = ask(customer, "/v1/chat/completions", body)
    assert answer.status == 200
    assert b"word0 word1" in answer.body
    assert product.row(answer.exchange_id).output_tokens == 2
    assert "stillwatch_faults_total 0.0" in product.metrics()
    assert not [row for row in product.rows() if (row.status or 0) >= 500]
    product.assert_healthy_log()


def _assert_no_key_passed(model_server: ModelServerProcess, keys: list[str]) -> None:
    received = model_server.received()
    assert len(received) > 5_000
    for seen in received:
        for key in keys:
            assert key.encode() not in seen.text, seen
        assert seen.target.partition("?")[0] in {
            "/v1/chat/completions",
            "/v1/responses",
            "/v1/completions",
            "/v1/embeddings",
            "/v1/messages",
            "/v1/messages/count_tokens",
        }
        assert seen.header("x-request-id")
